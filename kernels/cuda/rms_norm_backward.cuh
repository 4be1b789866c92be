// SPDX-License-Identifier: Apache-2.0
// With y = x r and through = d_out · act(gate) · weight:
//   d_x = r (through − y · mean(through · y)) + d_sum,   d_weight = Σ_rows d_out · act(gate) · y
// A thread has the same columns of every row it sees, 32 at most, so that rows are read once and the sums of d_weight stay in registers.
// Heads need 8 at most: kernels of their own, so that three times as many threads wait for memory.
#pragma once

#include "kernels/cuda/rms_norm.cuh"

namespace rankscope::cuda {

constexpr int kMostHeld = 32, kFewHeld = 8;                          ///< numbers of a row in one thread
constexpr std::int64_t kBlockWidth = kMostHeld * kRowThreads;        ///< numbers of a row that one block takes
constexpr std::int64_t kFewHeldWidth = kFewHeld * simt::kWarp;       ///< that a warp takes with few, in one piece a lane
constexpr int kBlockRows = 16, kWarpRows = 16;                    ///< rows of one block, and of one warp, whatever the device

struct RmsNormBackwardProblem {
    kernels::DeviceRmsNormBackwardArgs b;  ///< gate_stride filled in
    float* partial = nullptr;              ///< [blocks, width] of d_weight
    bool aligned = false, by_block = false;  ///< aligned: as RmsNormProblem has it
};

template <int kHeld, int kPiece, class Element>
class RmsNormRowsBackward {
public:
    static constexpr int kPieces = kHeld / kPiece;

    RANKSCOPE_DEVICE explicit RmsNormRowsBackward(const RmsNormBackwardProblem& problem)
        : b(problem.b), a(b.forward), by_block(problem.by_block), width(static_cast<int>(a.width)),
          sums(reinterpret_cast<float*>(simt::shared_memory())) {
        lane = by_block ? simt::thread() : simt::thread() % simt::kWarp;
        team = by_block ? kRowThreads : simt::kWarp;
        RANKSCOPE_UNROLLED
        for (int q = 0; q < kPieces; ++q) {
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) d_weight[q][j] = 0;
        }
    }

    RANKSCOPE_DEVICE void run(float* partial) {
        const int warp = simt::thread() / simt::kWarp;
        for (int n = 0; n < (by_block ? kBlockRows : kWarpRows); ++n) {
            const std::int64_t row = static_cast<std::int64_t>(simt::block_x()) * (by_block ? kBlockRows : kRowWarps * kWarpRows)
                                     + (by_block ? n : n * kRowWarps + warp);
            if (row < a.rows) run_row(row, n % 2);
        }
        float* to = partial + static_cast<std::int64_t>(simt::block_x()) * width;
        if (by_block) {
            each([&](int q, int i) { store_whole(to + i, d_weight[q]); });
            return;
        }
        each([&](int q, int i) { store_whole(sums + warp * width + i, d_weight[q]); });
        simt::sync_block();
        for (int i = simt::thread(); i < width; i += kRowThreads) {
            float total = 0;
            for (int w = 0; w < kRowWarps; ++w) total += sums[w * width + i];
            to[i] = total;
        }
    }

private:
    // The pieces of a row that this thread has, by number and by their first column.
    template <class Body>
    RANKSCOPE_DEVICE void each(const Body& body) const {
        RANKSCOPE_UNROLLED
        for (int q = 0; q < kPieces; ++q) {
            const int i = (q * team + lane) * kPiece;
            if (i < width) body(q, i);
        }
    }

    // Sum over the team. Sums of the next row but one are written behind a barrier that everybody reaches after reading these.
    RANKSCOPE_DEVICE float team_sum(float x, int turn) { return by_block ? block_sum(x, sums + turn * kRowWarps) : warp_sum(x); }

    RANKSCOPE_DEVICE void run_row(std::int64_t row, int turn) {
        const auto* x_row = static_cast<const float*>(a.x) + row * a.width;
        const auto* d_row = static_cast<const Element*>(b.d_out) + row * a.width;
        const bool gated = a.act != kernels::NormGate::None;
        const auto* gate = static_cast<const Element*>(a.gate);
        if (gated) gate += row / a.heads * a.gate_stride + row % a.heads * a.width;
        auto* d_gate = static_cast<Element*>(b.d_gate);
        if (gated) d_gate += row * a.width;
        const float r = a.inverse[row];
        float x[kPieces][kPiece], through[kPieces][kPiece] = {};
        float dot = 0;
        each([&](int q, int i) {
            float d[kPiece], w[kPiece];
            load_whole(x_row + i, x[q]);
            load_whole(d_row + i, d);
            load_whole(a.weight + i, w);
            if (gated) {
                float z[kPiece];
                load_whole(gate + i, z);
                RANKSCOPE_UNROLLED
                for (int j = 0; j < kPiece; ++j) {
                    const float s = sigmoid(z[j]), slope = s * (1.0F - s), swish = s * (1.0F + z[j] * (1.0F - s));
                    const bool swishes = a.act == kernels::NormGate::Swish;
                    const float before = d[j];
                    d[j] *= swishes ? z[j] * s : s;
                    z[j] = before * w[j] * (x[q][j] * r) * (swishes ? swish : slope);
                }
                store_whole(d_gate + i, z);
            }
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) {
                const float y = x[q][j] * r;
                d_weight[q][j] += d[j] * y;
                through[q][j] = d[j] * w[j];
                dot += through[q][j] * y;
            }
        });
        const float mean = team_sum(dot, turn) / static_cast<float>(width);
        each([&](int q, int i) {
            float d[kPiece];
            RANKSCOPE_UNROLLED
            for (int j = 0; j < kPiece; ++j) d[j] = r * (through[q][j] - x[q][j] * r * mean);
            if (b.d_sum != nullptr) {
                float more[kPiece];
                load_whole(b.d_sum + row * a.width + i, more);
                RANKSCOPE_UNROLLED
                for (int j = 0; j < kPiece; ++j) d[j] += more[j];
            }
            store_whole(b.d_x + row * a.width + i, d);
            if (b.d_add != nullptr) store_whole(static_cast<Element*>(b.d_add) + row * a.width + i, d);
        });
    }

    const kernels::DeviceRmsNormBackwardArgs& b;
    const kernels::DeviceRmsNormArgs& a;
    bool by_block;
    int lane, team, width;
    float* sums;
    float d_weight[kPieces][kPiece];
};

/// Blocks of kBlockRows rows, or of kRowWarps · kWarpRows narrow ones.
template <int kHeld, int kPiece, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kRowThreads, kHeld == kFewHeld ? 3 : 1) rms_norm_backward_kernel(RmsNormBackwardProblem p) {
    RmsNormRowsBackward<kHeld, kPiece, Element>(p).run(p.partial);
}

}  // namespace rankscope::cuda
