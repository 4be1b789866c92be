// SPDX-License-Identifier: Apache-2.0
// Chunks of half a vector of tokens, for narrow keys. What tokens of a chunk cost each other grows with its length (C · V multiply-adds
// a token, next to 3 · K · V with S), what a chunk costs S shrinks with it (2 · K · V loads and stores a chunk): below some width
// short chunks are the cheaper ones. Keys and queries of a chunk share the lanes of a vector, so that nothing is empty and one
// product gives K Kᵀ and K Qᵀ.
#pragma once

#include "kernels/cpu/delta_rule_chunk.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr int kHalfTokens = kLanes / 2;

struct HalfChunkTerms : ChunkGates<kHalfTokens> {
    static constexpr int kStep = kLanes, kRow = kLanes, kQuery = 1, kKey = kLanes;

    /// [j]: row j of -A, then column j of P.
    float minus_A[kHalfTokens][kLanes];

    static std::int64_t packed_floats(std::int64_t rows) { return rows * kLanes; }
    static const float* keys(const float* packed) { return packed; }
    static const float* queries(const float* packed, std::int64_t) { return packed + kHalfTokens; }

    void prepare(const HeadIndex& head, float* packed, std::int64_t) {
        pack(head, packed);
        compute_gates(head);
        Vec products[kHalfTokens][1] = {};
        multiply<kHalfTokens, 1, kLanes, 1, kLanes>(products, packed, packed, head.a.K);
        alignas(64) float D[kHalfTokens][kLanes];
        decays(D, head.a.scale);
        for (int j = 0; j < kHalfTokens; ++j) {
            // Selected, not multiplied by zero: what belongs to a later token may have overflowed.
            Mask wanted;
            for (int n = 0; n < kLanes; ++n) wanted[n] = n < kHalfTokens ? -(n < j) : -(n - kHalfTokens >= j);
            store(minus_A[j], wanted ? load(D[j]) * products[j][0] : Vec{});
        }
    }

    [[nodiscard]] const float* weights() const { return minus_A[0] + kHalfTokens; }

private:
    void pack(const HeadIndex& head, float* to) const {
        const std::int64_t from = head.key(begin), stride = head.a.H * head.a.K;
        for (std::int64_t c = 0; c < head.a.K; c += kLanes) {
            const std::int64_t width = kLanes < head.a.K - c ? kLanes : head.a.K - c;
            Vec x[kLanes];
            load_rows<kHalfTokens>(x, head.a.k + from + c, stride, width, count);
            load_rows<kHalfTokens>(x + kHalfTokens, head.a.q + from + c, stride, width, count);
            transpose(x);
            RANKSCOPE_UNROLL
            for (int r = 0; r < kLanes; ++r) store(to + (c + r) * kLanes, x[r]);
        }
    }

    // [j]: -beta_j D_ji for i < j, then scale · D_ij for i >= j; the other places hold numbers that nobody takes.
    void decays(float (*D)[kLanes], float scale) const {
        float row[kHalfTokens] = {};
        for (int j = 0; j < kHalfTokens; ++j) {
            for (int i = 0; i < kHalfTokens; ++i) row[i] = i == j ? 1.0F : row[i] * factor[j];
            for (int i = 0; i < kHalfTokens; ++i) D[j][i] = -beta[j] * row[i];
        }
        for (int i = 0; i < kHalfTokens; ++i) row[i] = 0;
        for (int j = kHalfTokens - 1; j >= 0; --j) {
            const float next = j + 1 < kHalfTokens ? factor[j + 1] : 1.0F;
            for (int i = 0; i < kHalfTokens; ++i) row[i] = i == j ? 1.0F : row[i] * next;
            for (int i = 0; i < kHalfTokens; ++i) D[j][kHalfTokens + i] = scale * row[i];
        }
    }
};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
