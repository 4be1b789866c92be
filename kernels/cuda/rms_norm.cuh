// SPDX-License-Identifier: Apache-2.0
// A row is read twice: its squares first, then, out of the caches, its numbers. Narrow rows have a warp, wide ones a block.
#pragma once

#include "kernels/cuda/pieces.cuh"
#include "kernels/rms_norm_device.hpp"

namespace rankscope::cuda {

constexpr int kRowThreads = 256;
constexpr int kRowWarps = kRowThreads / simt::kWarp;
constexpr std::int64_t kWarpWidth = 1024;  ///< numbers of a row that one warp takes

struct RmsNormProblem {
    kernels::DeviceRmsNormArgs a;  ///< gate_stride filled in
    bool aligned = false;          ///< rows are pieces of eight, aligned to 16 bytes
    bool by_block = false;
};

// Sum over the block, for every thread; the same bits whatever the order of warps.
RANKSCOPE_DEVICE float block_sum(float x, float* sums) {
    RANKSCOPE_UNROLLED
    for (int mask = simt::kWarp / 2; mask > 0; mask /= 2) x += simt::shuffle_xor(x, mask);
    if (simt::thread() % simt::kWarp == 0) sums[simt::thread() / simt::kWarp] = x;
    simt::sync_block();
    float total = 0;
    for (int w = 0; w < kRowWarps; ++w) total += sums[w];
    return total;
}

RANKSCOPE_DEVICE float warp_sum(float x) {
    RANKSCOPE_UNROLLED
    for (int mask = simt::kWarp / 2; mask > 0; mask /= 2) x += simt::shuffle_xor(x, mask);
    return x;
}

template <class Stream, class Element>
class RmsNormRow {
public:
    /// Row `row`, of which this is thread `lane` of `team`.
    RANKSCOPE_DEVICE RmsNormRow(const RmsNormProblem& problem, std::int64_t row, int lane, int team)
        : a(problem.a), row(row), lane(lane), team(team), width(static_cast<int>(a.width)) {}

    /// Σ s² of this thread's numbers; writes s where there is an addition.
    template <int kPiece>
    RANKSCOPE_DEVICE float squares() {
        const auto* x = static_cast<const Stream*>(a.x) + row * a.width;
        const auto* add = static_cast<const Element*>(a.add) + (a.add != nullptr ? row * a.width : 0);
        auto* sum = static_cast<Stream*>(a.sum) + (a.add != nullptr ? row * a.width : 0);
        float square = 0;
        for (int i = lane * kPiece; i < width; i += team * kPiece) {
            float s[kPiece];
            load_whole(x + i, s);
            if (a.add != nullptr) {
                float more[kPiece];
                load_whole(add + i, more);
                RANKSCOPE_UNROLLED
                for (int j = 0; j < kPiece; ++j) s[j] += more[j];
                store_whole(sum + i, s);
                // As it is rounded.
                load_whole(sum + i, s);
            }
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) square += s[j] * s[j];
        }
        return square;
    }

    template <int kPiece>
    RANKSCOPE_DEVICE void write(float inverse) {
        const auto* s = static_cast<const Stream*>(a.add != nullptr ? a.sum : a.x) + row * a.width;
        auto* out = static_cast<Element*>(a.out) + row * a.width;
        const auto* gate = static_cast<const Element*>(a.gate);
        if (a.act != kernels::NormGate::None) gate += row / a.heads * a.gate_stride + row % a.heads * a.width;
        for (int i = lane * kPiece; i < width; i += team * kPiece) {
            float y[kPiece], w[kPiece];
            load_whole(s + i, y);
            load_whole(a.weight + i, w);
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) y[j] = y[j] * inverse * w[j];
            if (a.act != kernels::NormGate::None) {
                float z[kPiece];
                load_whole(gate + i, z);
                RANKSCOPE_UNROLLED
                for (int j = 0; j < kPiece; ++j) y[j] *= a.act == kernels::NormGate::Swish ? z[j] * sigmoid(z[j]) : sigmoid(z[j]);
            }
            store_whole(out + i, y);
        }
        if (lane == 0 && a.inverse != nullptr) a.inverse[row] = inverse;
    }

    [[nodiscard]] RANKSCOPE_DEVICE float inverse_of(float square) const {
        return 1.0F / sqrtf(square / static_cast<float>(width) + a.eps);
    }

private:
    const kernels::DeviceRmsNormArgs& a;
    std::int64_t row;
    int lane, team, width;
};

/// Blocks: a row each, or kRowWarps rows.
template <class Stream, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kRowThreads, 4) rms_norm_kernel(RmsNormProblem p) {
    if (p.by_block) {
        RmsNormRow<Stream, Element> row(p, simt::block_x(), simt::thread(), kRowThreads);
        const float square =
            block_sum(p.aligned ? row.template squares<8>() : row.template squares<1>(), reinterpret_cast<float*>(simt::shared_memory()));
        if (p.aligned) {
            row.template write<8>(row.inverse_of(square));
        } else {
            row.template write<1>(row.inverse_of(square));
        }
        return;
    }
    const std::int64_t index = static_cast<std::int64_t>(simt::block_x()) * kRowWarps + simt::thread() / simt::kWarp;
    if (index >= p.a.rows) return;
    RmsNormRow<Stream, Element> row(p, index, simt::thread() % simt::kWarp, simt::kWarp);
    const float square = warp_sum(p.aligned ? row.template squares<8>() : row.template squares<1>());
    if (p.aligned) {
        row.template write<8>(row.inverse_of(square));
    } else {
        row.template write<1>(row.inverse_of(square));
    }
}

}  // namespace rankscope::cuda
