// SPDX-License-Identifier: Apache-2.0
// A team of lanes has a row: as few as its pieces need, for wide rows the block. What they hold between the sum and the output stays in
// registers, so that a row is read once; rows that are too wide or not aligned for that are read again, out of the caches.
#pragma once

#include "kernels/cuda/pieces.cuh"
#include "kernels/rms_norm_device.hpp"

namespace rankscope::cuda {

constexpr int kRowThreads = 256;
constexpr int kRowWarps = kRowThreads / simt::kWarp;
constexpr std::int64_t kWarpWidth = 1024;  ///< numbers of a row that one warp takes

constexpr int kNormPiece = 8, kNormPieces = 4;  ///< neighbours that are read at once, and how many times that a lane holds

struct RmsNormProblem {
    kernels::DeviceRmsNormArgs a;  ///< gate_stride filled in
    bool aligned = false;          ///< rows are pieces of eight, aligned to 16 bytes
    bool held = false;             ///< and one row fits the registers of its team
    int team = simt::kWarp;        ///< lanes of a row: a power of two up to a warp, or kRowThreads
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

// Sum over `lanes` neighbouring lanes, a power of two, for each of them. The whole warp takes part.
RANKSCOPE_DEVICE float warp_sum(float x, int lanes = simt::kWarp) {
    for (int mask = lanes / 2; mask > 0; mask /= 2) x += simt::shuffle_xor(x, mask);
    return x;
}

// x as it is stored.
RANKSCOPE_DEVICE float rounded(float x, float) {
    return x;
}

RANKSCOPE_DEVICE float rounded(float x, Bf16) {
    return first_of(pack_bf16(x, 0.0F));
}

template <class Stream, class Element>
class RmsNormRow {
public:
    /// Row `row`, of which this thread is lane `lane`. Teams without a row take part in sums alone.
    RANKSCOPE_DEVICE RmsNormRow(const RmsNormProblem& problem, std::int64_t row, int lane)
        : a(problem.a), row(row), lane(lane), team(problem.team), width(row < a.rows ? static_cast<int>(a.width) : 0) {}

    RANKSCOPE_DEVICE void run_held() {
        float s[kNormPieces][kNormPiece];
        float square = 0;
        RANKSCOPE_UNROLLED
        for (int q = 0; q < kNormPieces; ++q) {
            const int i = (q * team + lane) * kNormPiece;
            if (i < width) read(i, s[q], square);
        }
        const float inverse = inverse_of(square);
        RANKSCOPE_UNROLLED
        for (int q = 0; q < kNormPieces; ++q) {
            const int i = (q * team + lane) * kNormPiece;
            if (i < width) write(i, s[q], inverse);
        }
    }

    template <int kPiece>
    RANKSCOPE_DEVICE void run() {
        float s[kPiece];
        float square = 0;
        for (int i = lane * kPiece; i < width; i += team * kPiece) read(i, s, square);
        const float inverse = inverse_of(square);
        const auto* from = static_cast<const Stream*>(a.add != nullptr ? a.sum : a.x) + row * a.width;
        for (int i = lane * kPiece; i < width; i += team * kPiece) {
            load_whole(from + i, s);
            write(i, s, inverse);
        }
    }

private:
    // s of the piece at column i, whose squares are added to `square`; stores it where there is an addition.
    template <int kPiece>
    RANKSCOPE_DEVICE void read(int i, float (&s)[kPiece], float& square) const {
        const std::int64_t at = row * a.width + i;
        load_whole(static_cast<const Stream*>(a.x) + at, s);
        if (a.add != nullptr) {
            float more[kPiece];
            load_whole(static_cast<const Element*>(a.add) + at, more);
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) s[j] = rounded(s[j] + more[j], Stream{});
            store_whole(static_cast<Stream*>(a.sum) + at, s);
        }
        RANKSCOPE_UNROLLED
        for (int j = 0; j < kPiece; ++j) square += s[j] * s[j];
    }

    // Of the whole row, from the squares of this lane.
    [[nodiscard]] RANKSCOPE_DEVICE float inverse_of(float square) const {
        square = team > simt::kWarp ? block_sum(square, reinterpret_cast<float*>(simt::shared_memory())) : warp_sum(square, team);
        const float inverse = 1.0F / sqrtf(square / static_cast<float>(a.width) + a.eps);
        if (lane == 0 && row < a.rows && a.inverse != nullptr) a.inverse[row] = inverse;
        return inverse;
    }

    // The output of the piece at column i.
    template <int kPiece>
    RANKSCOPE_DEVICE void write(int i, const float (&s)[kPiece], float inverse) const {
        float y[kPiece], w[kPiece];
        load_whole(a.weight + i, w);
        RANKSCOPE_UNROLLED
        for (int j = 0; j < kPiece; ++j) y[j] = s[j] * inverse * w[j];
        if (a.act != kernels::NormGate::None) {
            float z[kPiece];
            load_whole(static_cast<const Element*>(a.gate) + row / a.heads * a.gate_stride + row % a.heads * a.width + i, z);
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) y[j] *= a.act == kernels::NormGate::Swish ? z[j] * sigmoid(z[j]) : sigmoid(z[j]);
        }
        store_whole(static_cast<Element*>(a.out) + row * a.width + i, y);
    }

    const kernels::DeviceRmsNormArgs& a;
    std::int64_t row;
    int lane, team;
    int width;  ///< none, where there is no row
};

/// Blocks: kRowThreads / team rows each.
template <class Stream, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kRowThreads, 3) rms_norm_kernel(RmsNormProblem p) {
    const std::int64_t row = static_cast<std::int64_t>(simt::block_x()) * (kRowThreads / p.team) + simt::thread() / p.team;
    RmsNormRow<Stream, Element> norm(p, row, simt::thread() % p.team);
    if (p.held) {
        norm.run_held();
    } else if (p.aligned) {
        norm.template run<kNormPiece>();
    } else {
        norm.template run<1>();
    }
}

}  // namespace rankscope::cuda
