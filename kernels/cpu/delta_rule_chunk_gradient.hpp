// SPDX-License-Identifier: Apache-2.0
// Gradient of the chunked (gated) delta rule: one chunk of 16 tokens, one panel of columns. With the terms of
// delta_rule_chunk.hpp, L = strict_lower(K Kᵀ ⊙ D) and u_i = e_n / e_i the forward pass is
//   X = V − diag(e) K S − L N,   N = diag(beta) X,   O = scale · diag(e) Q S + P N,   S' = e_n S + Kᵀ diag(u) N
// and, dO and dS' given, the way back
//   M = Pᵀ dO + diag(u) K dS' − Lᵀ Y,   Y = diag(beta) M = dV
//   dS = e_n dS' + scale · Qᵀ diag(e) dO − Kᵀ diag(e) Y
//   dQ = scale (diag(e) dO Sᵀ + (lower(dO Nᵀ) ⊙ D) K)
//   dK = diag(u) N dS'ᵀ − diag(e) Y Sᵀ + scale (lower(dO Nᵀ) ⊙ D)ᵀ Q − (G + Gᵀ) K,   G = strict_lower(Y Nᵀ) ⊙ D
//   dbeta_i = M_i · X_i
// A decay f_t is a factor of everything that reaches from before token t to t or behind it:
//   dg_t = Σ_{j < t <= i} (P ⊙ dO Nᵀ − L ⊙ Y Nᵀ)_ij + Σ_{i >= t} (dO_i · scale e_i Sᵀq_i − Y_i · e_i Sᵀk_i)
//        + Σ_{i < t} N_i · u_i dS'ᵀk_i + e_n ⟨dS', S⟩
// Each of these summands carries the decays it is about: nothing large cancels, and e^{-inf} gives a plain zero.
#pragma once

#include "kernels/cpu/delta_rule_chunk.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

/// What is summed over the columns of a chunk.
struct alignas(64) ChunkSums {
    float out_fresh[kTokens][kTokens];   ///< [j][i] = dO_i · N_j
    float read_fresh[kTokens][kTokens];  ///< [j][i] = Y_i · N_j
    float beta[kTokens];                 ///< M_i · X_i
    float read[kTokens];                 ///< Y_i · e_i Sᵀk_i
    float written[kTokens];              ///< N_i · u_i dS'ᵀk_i
    float state;                         ///< ⟨dS', S⟩
};

/// N vectors of columns. Rows of everything are kStride floats apart: tokens [kTokens][kStride], channels [K rounded up].
template <int N>
struct GradientPanel {
    static constexpr int kStride = 2 * kLanes;
    static constexpr int kBlock = kTokens * kStride;
    static constexpr int kWidth = N * kLanes;
    static constexpr int kPairRows = kTokenVectors == 1   ? 8
                                     : kTokenVectors == 2 ? 2
                                                          : 1;           ///< with 2 · kTokenVectors vectors each
    static constexpr int kChannelRows = kTokenVectors == 4 ? 2 : kRows;  ///< with kTokenVectors vectors each

    const ChunkTerms& terms;  ///< without beta in minus_A
    const float *kT, *qT;
    std::int64_t K;
    float scale;

    /// From S before the chunk: X into `error`, e_i Sᵀk_i into `read`, S behind the chunk into `after` unless it is nullptr.
    void forward(const float* v, const float* S, float* error, float* read, float* after) const {
        alignas(64) float fresh[kBlock];
        for (int i = 0; i < kTokens; i += kRows) {
            Vec x[kRows][N] = {};
            multiply<kRows, N, kTokens, 1, kStride>(x, kT + i, S, K);
            scale_rows(x, terms.since_begin + i);
            store_block(x, read + i * kStride, kStride);
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n)
                    x[m][n] = load(v + (i + m) * kStride + n * kLanes) - x[m][n];
            }
            multiply<kRows, N, 1, kTokens, kStride>(x, terms.minus_A[i], fresh, i);
            RANKSCOPE_UNROLL
            for (int j = 0; j < kRows; ++j) {
                const float* column = &terms.minus_A[i][i + j];
                const float beta = terms.beta[i + j];
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) {
                    const Vec written = beta * x[j][n];
                    store(fresh + (i + j) * kStride + n * kLanes, written);
                    RANKSCOPE_UNROLL
                    for (int m = j + 1; m < kRows; ++m)
                        x[m][n] += broadcast(column[m * kTokens]) * written;
                }
            }
            store_block(x, error + i * kStride, kStride);
        }
        if (after == nullptr) return;
        scale_tokens(fresh, fresh, terms.until_end);
        for (std::int64_t c = 0; c < K; c += kRows) {
            Vec s[kRows][N];
            load_block(s, S + c * kStride, kStride);
            scale_all(s, terms.decay);
            multiply<kRows, N, 1, kTokens, kStride>(s, kT + c * kTokens, fresh, kTokens);
            store_block(s, after + c * kStride, kStride);
        }
    }

    /// dS' becomes dS, `d_v` [kTokens][kStride] is Y; the products with Sᵀ and dS'ᵀ are added to dqT and dkT [channel][kTokens],
    /// the rest to `sums`.
    void backward(const float* d_out, const float* S, const float* error, const float* read, float* dS, float* d_v,
                  ChunkSums& sums, float* dqT, float* dkT) const {
        alignas(64) float fresh[kBlock], M[kBlock];
        scale_tokens(fresh, error, terms.beta);
        reach(d_out, dS, fresh, M, sums);
        solve(M, d_v);
        add_row_products(sums.beta, M, error);
        add_row_products(sums.read, d_v, read);
        alignas(64) float freshT[kWidth * kTokens], outT[kWidth * kTokens], readT[kWidth * kTokens];
        pack_transposed(freshT, fresh, kStride, kWidth, kTokens);
        pack_transposed(outT, d_out, kStride, kWidth, kTokens);
        pack_transposed(readT, d_v, kStride, kWidth, kTokens);
        add_token_products(sums.out_fresh, fresh, outT);
        add_token_products(sums.read_fresh, fresh, readT);
        alignas(64) float out_scale[kTokens], read_scale[kTokens];
        for (int i = 0; i < kTokens; ++i) {
            out_scale[i] = scale * terms.since_begin[i];
            read_scale[i] = -terms.since_begin[i];
        }
        alignas(64) float pairT[2 * kWidth * kTokens];  // [column][queries' half, keys' half]
        for (int j = 0; j < kWidth; ++j) {
            for (int t = 0; t < kTokens; t += kLanes) {
                store(pairT + 2 * j * kTokens + t, load(out_scale + t) * load(outT + j * kTokens + t));
                store(pairT + (2 * j + 1) * kTokens + t, load(read_scale + t) * load(readT + j * kTokens + t));
                store(freshT + j * kTokens + t, load(terms.until_end + t) * load(freshT + j * kTokens + t));
            }
        }
        for (std::int64_t c = 0; c < K; c += kPairRows) {
            Vec d[kPairRows][2 * kTokenVectors];
            RANKSCOPE_UNROLL
            for (int m = 0; m < kPairRows; ++m) {
                RANKSCOPE_UNROLL
                for (int t = 0; t < kTokenVectors; ++t) {
                    d[m][t] = load(dqT + (c + m) * kTokens + t * kLanes);
                    d[m][kTokenVectors + t] = load(dkT + (c + m) * kTokens + t * kLanes);
                }
            }
            multiply<kPairRows, 2 * kTokenVectors, 1, kStride, 2 * kTokens>(d, S + c * kStride, pairT, kWidth);
            RANKSCOPE_UNROLL
            for (int m = 0; m < kPairRows; ++m) {
                RANKSCOPE_UNROLL
                for (int t = 0; t < kTokenVectors; ++t) {
                    store(dqT + (c + m) * kTokens + t * kLanes, d[m][t]);
                    store(dkT + (c + m) * kTokens + t * kLanes, d[m][kTokenVectors + t]);
                }
            }
        }
        for (std::int64_t c = 0; c < K; c += kChannelRows) {
            Vec d[kChannelRows][kTokenVectors];
            load_block(d, dkT + c * kTokens, kTokens);
            multiply<kChannelRows, kTokenVectors, 1, kStride, kTokens>(d, dS + c * kStride, freshT, kWidth);
            store_block(d, dkT + c * kTokens, kTokens);
        }
        scale_tokens(fresh, d_out, out_scale);
        scale_tokens(M, d_v, read_scale);
        Vec inner{};
        for (std::int64_t c = 0; c < K; c += kRows) {
            Vec d[kRows][N];
            load_block(d, dS + c * kStride, kStride);
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n)
                    inner += d[m][n] * load(S + (c + m) * kStride + n * kLanes);
            }
            scale_all(d, terms.decay);
            multiply<kRows, N, 1, kTokens, kStride>(d, qT + c * kTokens, fresh, kTokens);
            multiply<kRows, N, 1, kTokens, kStride>(d, kT + c * kTokens, M, kTokens);
            store_block(d, dS + c * kStride, kStride);
        }
        sums.state += sum(inner);
    }

private:
    // M without its own chunk's later tokens: what O and S' want of N. Adds N_i · u_i dS'ᵀk_i.
    void reach(const float* d_out, const float* dS, const float* fresh, float* M, ChunkSums& sums) const {
        alignas(64) float kept[kBlock];
        for (int i = 0; i < kTokens; i += kRows) {
            Vec x[kRows][N] = {};
            multiply<kRows, N, kTokens, 1, kStride>(x, kT + i, dS, K);
            scale_rows(x, terms.until_end + i);
            store_block(x, kept + i * kStride, kStride);
            multiply<kRows, N, kTokens, 1, kStride>(x, &terms.P[i][i], d_out + i * kStride, kTokens - i);
            store_block(x, M + i * kStride, kStride);
        }
        add_row_products(sums.written, fresh, kept);
    }

    // From the last token to the first: M in place, Y = diag(beta) M.
    void solve(float* M, float* Y) const {
        for (int i = kTokens - kRows; i >= 0; i -= kRows) {
            Vec x[kRows][N];
            load_block(x, M + i * kStride, kStride);
            if (i + kRows < kTokens) {
                multiply<kRows, N, kTokens, 1, kStride>(x, &terms.minus_A[i + kRows][i], Y + (i + kRows) * kStride,
                                                        kTokens - i - kRows);
            }
            RANKSCOPE_UNROLL
            for (int j = kRows - 1; j >= 0; --j) {
                const float* row = &terms.minus_A[i + j][i];
                const float beta = terms.beta[i + j];
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) {
                    const Vec y = beta * x[j][n];
                    store(Y + (i + j) * kStride + n * kLanes, y);
                    RANKSCOPE_UNROLL
                    for (int m = 0; m < j; ++m)
                        x[m][n] += broadcast(row[m]) * y;
                }
            }
            store_block(x, M + i * kStride, kStride);
        }
    }

    static void scale_rows(Vec (&x)[kRows][N], const float* factors) {
        RANKSCOPE_UNROLL
        for (int m = 0; m < kRows; ++m) {
            RANKSCOPE_UNROLL
            for (int n = 0; n < N; ++n)
                x[m][n] *= broadcast(factors[m]);
        }
    }

    static void scale_all(Vec (&x)[kRows][N], float factor) {
        RANKSCOPE_UNROLL
        for (int m = 0; m < kRows; ++m) {
            RANKSCOPE_UNROLL
            for (int n = 0; n < N; ++n)
                x[m][n] *= factor;
        }
    }

    static void scale_tokens(float* to, const float* from, const float* factors) {
        for (int i = 0; i < kTokens; ++i) {
            for (int n = 0; n < N; ++n)
                store(to + i * kStride + n * kLanes, factors[i] * load(from + i * kStride + n * kLanes));
        }
    }

    // to[i] += a_i · b_i
    static void add_row_products(float* to, const float* a, const float* b) {
        for (int first = 0; first < kTokens; first += kLanes) {
            Vec rows[kLanes];
            for (int r = 0; r < kLanes; ++r) {
                const std::int64_t at = (first + r) * kStride;
                rows[r] = load(a + at) * load(b + at);
                for (int n = 1; n < N; ++n)
                    rows[r] += load(a + at + n * kLanes) * load(b + at + n * kLanes);
            }
            store(to + first, load(to + first) + lane_sums(rows));
        }
    }

    // to[j][i] += Σ_c a[j][c] · bT[c][i]
    static void add_token_products(float (*to)[kTokens], const float* a, const float* bT) {
        for (int j = 0; j < kTokens; j += kChannelRows) {
            Vec acc[kChannelRows][kTokenVectors];
            load_block(acc, to[j], kTokens);
            multiply<kChannelRows, kTokenVectors, 1, kStride, kTokens>(acc, a + j * kStride, bT, kWidth);
            store_block(acc, to[j], kTokens);
        }
    }
};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
