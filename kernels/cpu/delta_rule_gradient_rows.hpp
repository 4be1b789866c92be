// SPDX-License-Identifier: Apache-2.0
// What follows the panels of a chunk in the gradient of the delta rule: the products among its tokens, which no column takes
// part in any more, and the rows of tokens they end up in. Notation of delta_rule_chunk_gradient.hpp.
#pragma once

#include "kernels/cpu/delta_rule_chunk_gradient.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

/// Where a strip leaves what it shares with other strips: rows of tokens.
struct GradientRows {
    float *d_q, *d_k;
    std::int64_t key_stride;
    float *d_beta, *d_g;  ///< d_g may be nullptr
    std::int64_t gate_stride;
    bool add_keys, add_gates;  ///< to what is there instead of overwriting it
};

/// d_q and d_k of a chunk from what its columns gave, in place: the products among its tokens. Gates in `rows`.
inline void finish_chunk(const HeadIndex& head, const ChunkTerms& terms, const ChunkSums& sums, const float* kT, const float* qT,
                         float* dqT, float* dkT, const GradientRows& rows) {
    const std::int64_t K = head.a.K;
    alignas(64) float queries[kTokens][kTokens] = {};   // [j][i] = scale (dO_i · N_j) D_ij
    alignas(64) float keys[2 * kTokens][kTokens] = {};  // the same transposed, then -(G + Gᵀ)
    float spans[kTokens][kTokens];                      // [i][j]: its share of d_g between j and i
    for (ChunkTerms::Decays D(terms); D.more(); D.next()) {
        const int i = D.row;
        for (int j = 0; j <= i; ++j) {
            const float w = head.a.scale * D.values[j] * sums.out_fresh[j][i];
            queries[j][i] = w;
            keys[i][j] = w;
            if (j == i) continue;
            const float g = -D.values[j] * sums.read_fresh[j][i];
            keys[kTokens + i][j] = g;
            keys[kTokens + j][i] = g;
        }
        for (int j = 0; j < kTokens; ++j) {
            spans[i][j] = j < i ? terms.P[i][j] * sums.out_fresh[j][i] + terms.minus_A[i][j] * sums.read_fresh[j][i] : 0.0F;
        }
    }
    if (rows.d_g != nullptr) {
        alignas(64) float behind[kTokens];  // Σ over tokens from t on
        Vec asked[kTokenVectors] = {};
        for (std::int64_t c = 0; c < K; ++c) {
            for (int t = 0; t < kTokenVectors; ++t)
                asked[t] += load(qT + c * kTokens + t * kLanes) * load(dqT + c * kTokens + t * kLanes);
        }
        for (int t = 0; t < kTokenVectors; ++t)
            store(behind + t * kLanes, asked[t] - load(sums.read + t * kLanes));
        float columns[kTokens] = {}, from_t = 0, before_t[kTokens];
        float written = 0;
        for (int t = 0; t < kTokens; ++t) {
            before_t[t] = written;
            written += sums.written[t];
        }
        for (int t = kTokens - 1; t >= 0; --t) {
            from_t += behind[t];
            float across = 0;
            for (int j = 0; j < kTokens; ++j)
                columns[j] += spans[t][j];
            for (int j = 0; j < t; ++j)
                across += columns[j];
            if (t >= terms.count) continue;
            float* to = rows.d_g + (terms.begin + t) * rows.gate_stride;
            *to = (rows.add_gates ? *to : 0.0F) + (across + from_t + before_t[t] + terms.decay * sums.state);
        }
    }
    for (int t = 0; t < terms.count; ++t) {
        float* to = rows.d_beta + (terms.begin + t) * rows.gate_stride;
        *to = (rows.add_gates ? *to : 0.0F) + sums.beta[t];
    }
    constexpr int M = kTokenVectors == 4 ? 2 : kRows;
    for (std::int64_t c = 0; c < K; c += M) {
        Vec q[M][kTokenVectors], k[M][kTokenVectors];
        load_block(q, dqT + c * kTokens, kTokens);
        multiply<M, kTokenVectors, 1, kTokens, kTokens>(q, kT + c * kTokens, queries[0], kTokens);
        store_block(q, dqT + c * kTokens, kTokens);
        load_block(k, dkT + c * kTokens, kTokens);
        multiply<M, kTokenVectors, 1, kTokens, kTokens>(k, qT + c * kTokens, keys[0], kTokens);
        multiply<M, kTokenVectors, 1, kTokens, kTokens>(k, kT + c * kTokens, keys[kTokens], kTokens);
        store_block(k, dkT + c * kTokens, kTokens);
    }
}

/// The reverse of pack_transposed: `count` rows of K floats from [channel][kTokens], overwritten or added to.
inline void unpack_transposed(float* to, std::int64_t stride, std::int64_t K, std::int64_t count, const float* from, bool add) {
    for (std::int64_t c = 0; c < K; c += kLanes) {
        const std::int64_t width = kLanes < K - c ? kLanes : K - c;
        for (int part = 0; part < kTokenVectors; ++part) {
            Vec x[kLanes];
            RANKSCOPE_UNROLL
            for (int r = 0; r < kLanes; ++r)
                x[r] = load(from + (c + r) * kTokens + part * kLanes);
            transpose(x);
            for (int r = 0; r < kLanes && part * kLanes + r < count; ++r) {
                float* row = to + (part * kLanes + r) * stride + c;
                if (add) {
                    Vec old;
                    load_row<1>(row, width, &old);
                    x[r] += old;
                }
                store_row<1>(row, width, &x[r]);
            }
        }
    }
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
