// SPDX-License-Identifier: Apache-2.0
// Everything about a chunk that S takes no part in, one block for each chunk and value head: T, P and gates.
#pragma once

#include "kernels/cuda/delta_rule_pairs.cuh"

#include <cmath>

namespace rankscope::cuda {

constexpr int kSlice = 64;  ///< channels in shared memory at a time
constexpr int kBlock = 16;  ///< width of the triangular blocks

template <class Element>
struct PrepareShared {
    static constexpr int C = Chunk<Element>::tokens;
    static constexpr int kPitch = kSlice + kPad;
    static constexpr int kSquare = C + 1;
    static constexpr std::size_t bytes =
        2 * C * kPitch * sizeof(Element) + (2 * C * kSquare + (C / kBlock - 1) * kBlock * kBlock + 2 * C) * sizeof(float);
    static_assert(bytes % 16 == 0);

    Tile<Element> k, q;
    float *A, *D;   ///< [C][kSquare]; D makes room for (1 + A)⁻¹
    float* blocks;  ///< [C/16 − 1][16][16]
    float *factor, *beta;

    RANKSCOPE_DEVICE explicit PrepareShared(char* memory) {
        auto* elements = reinterpret_cast<Element*>(memory);
        k = {elements, kPitch};
        q = {elements + C * kPitch, kPitch};
        A = reinterpret_cast<float*>(elements + 2 * C * kPitch);
        D = A + C * kSquare;
        blocks = D + C * kSquare;
        factor = blocks + (C / kBlock - 1) * kBlock * kBlock;
        beta = factor + C;
    }
};

/// D = (1 + A)⁻¹ for A strictly lower triangular: 16×16 blocks on the diagonal by substitution, one column a thread, then
/// the block diagonals below, the nearest first: D_ij = −D_ii Σ_{j<=m<i} A_im D_mj.
template <class Shared>
RANKSCOPE_DEVICE void invert(const Shared& s) {
    constexpr int C = Shared::C, pitch = Shared::kSquare;
    const int t = simt::thread();
    if (t < C) {
        const int first = t / kBlock * kBlock, column = t % kBlock;
        float x[kBlock];
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kBlock; ++i)
            x[i] = i == column ? 1.0F : 0.0F;
        RANKSCOPE_UNROLLED
        for (int j = 0; j < kBlock; ++j) {
            RANKSCOPE_UNROLLED
            for (int i = j + 1; i < kBlock; ++i)
                x[i] -= s.A[(first + i) * pitch + first + j] * x[j];
        }
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kBlock; ++i)
            s.D[(first + i) * pitch + first + column] = x[i];
    }
    RANKSCOPE_ROLLED
    for (int distance = 1; distance < C / kBlock; ++distance) {
        const int count = (C / kBlock - distance) * kBlock * kBlock;
        simt::sync_block();
        for (int e = t; e < count; e += kThreads) {
            const int j = e / (kBlock * kBlock) * kBlock, row = j + distance * kBlock + e / kBlock % kBlock;
            float sum = 0;
            for (int m = j; m < j + distance * kBlock; ++m)
                sum += s.A[row * pitch + m] * s.D[m * pitch + j + e % kBlock];
            s.blocks[e] = sum;
        }
        simt::sync_block();
        for (int e = t; e < count; e += kThreads) {
            const int j = e / (kBlock * kBlock) * kBlock, i = j + distance * kBlock, row = e / kBlock % kBlock;
            float sum = 0;
            for (int m = 0; m <= row; ++m)
                sum +=
                    s.D[(i + row) * pitch + i + m] * s.blocks[e / (kBlock * kBlock) * kBlock * kBlock + m * kBlock + e % kBlock];
            s.D[(i + row) * pitch + j + e % kBlock] = -sum;
        }
    }
    simt::sync_block();
}

template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 2) delta_rule_prepare(DeltaRuleProblem p) {
    constexpr int C = Chunk<Element>::tokens, kRowWarps = C / 16, kColumnWarps = kWarps / kRowWarps;
    constexpr int kPairs = C / 16 / kColumnWarps;  // of 8 columns for each warp
    const PrepareShared<Element> s(simt::shared_memory());
    constexpr int pitch = PrepareShared<Element>::kSquare;
    const DeviceDeltaRuleArgs& a = p.a;
    const std::int64_t slot = simt::block_x(), head = simt::block_y();
    const std::int64_t b = sequence_of_slot<Element>(p, slot);
    const Sequence sequence = sequence_at<Element>(p, b);
    const std::int64_t first = (slot - sequence.slot) * C;
    if (first >= sequence.length) return;
    const int rows = static_cast<int>(sequence.length - first < C ? sequence.length - first : C);
    const std::int64_t token = sequence.begin + first;
    const std::int64_t key_head = head / (a.HV / a.H);
    const auto* k = static_cast<const Element*>(a.k) + token * a.k_stride + key_head * a.K;
    const auto* q = static_cast<const Element*>(a.q) + token * a.q_stride + key_head * a.K;
    const int t = simt::thread(), warp = t / simt::kWarp;
    const int row_warp = warp % kRowWarps, first_pair = warp / kRowWarps * kPairs;

    if (t < C) {
        const std::int64_t gate = (token + t) * a.HV + head;
        s.factor[t] = t < rows && a.g != nullptr ? expf(a.g[gate]) : 1.0F;
        s.beta[t] = t < rows ? a.beta[gate] : 0.0F;
    }
    float kk[kPairs][2][4] = {}, qk[kPairs][2][4] = {};
    const int width = static_cast<int>(a.K);
    RANKSCOPE_ROLLED
    for (int slice = 0; slice < width; slice += kSlice) {
        const int here = width - slice < kSlice ? width - slice : kSlice, padded = rounded_up(here, 16);
        simt::sync_block();
        load_rows(s.k, k + slice, a.k_stride, rows, here, C, padded, p.aligned);
        load_rows(s.q, q + slice, a.q_stride, rows, here, C, padded, p.aligned);
        simt::commit_copies();
        simt::wait_copies<0>();
        simt::sync_block();
        add_pair_products(s.k, s.q, s.k, row_warp, first_pair, padded, kk, qk);
    }
    write_decays<C>(s.factor, s.D, pitch);
    simt::sync_block();
    const std::int64_t index = slot * a.HV + head;
    if (t < C) {
        float* gates = p.gates + index * 3 * C;
        gates[t] = s.factor[0] * s.D[t * pitch];
        gates[C + t] = s.D[(C - 1) * pitch + t];
        gates[2 * C + t] = s.factor[t];
    }
    const Tile<Element> attend{static_cast<Element*>(p.attend) + index * C * C, C};
    const Tile<Element> lower_keys{static_cast<Element*>(p.lower) + index * C * C, C};
    RANKSCOPE_UNROLLED
    for (int pair = 0; pair < kPairs; ++pair) {
        RANKSCOPE_UNROLLED
        for (int i = 0; i < 2; ++i) {
            RANKSCOPE_UNROLLED
            for (int half = 0; half < 2; ++half) {
                const int row = row_warp * 16 + lane() / 4 + half * 8;
                const int column = (first_pair + pair) * 16 + i * 8 + lane() % 4 * 2;
                float weight[2], key_weight[2];
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 2; ++x) {
                    // Selected, not multiplied by zero: what lies above the diagonal was never computed.
                    const bool lower = column + x <= row, strict = column + x < row;
                    const float decay = lower ? s.D[row * pitch + column + x] : 0.0F;
                    weight[x] = lower ? a.scale * (decay * qk[pair][i][half * 2 + x]) : 0.0F;
                    key_weight[x] = strict ? decay * kk[pair][i][half * 2 + x] : 0.0F;
                    s.A[row * pitch + column + x] = strict ? s.beta[row] * key_weight[x] : 0.0F;
                }
                put_pair(attend.at(row, column), weight[0], weight[1]);
                if (p.lower != nullptr) put_pair(lower_keys.at(row, column), key_weight[0], key_weight[1]);
            }
        }
    }
    simt::sync_block();
    invert(s);
    const Tile<Element> solve{static_cast<Element*>(p.solve) + index * C * C, C};
    for (int e = t; e < C * C / 2; e += kThreads) {
        const int row = e / (C / 2), column = e % (C / 2) * 2;
        const float left = column <= row ? s.D[row * pitch + column] : 0.0F;
        const float right = column < row ? s.D[row * pitch + column + 1] : 0.0F;
        put_pair(solve.at(row, column), left * s.beta[column], right * s.beta[column + 1]);
        if (p.inverse != nullptr) put_pair(static_cast<Element*>(p.inverse) + index * C * C + row * C + column, left, right);
    }
}

}  // namespace rankscope::cuda
