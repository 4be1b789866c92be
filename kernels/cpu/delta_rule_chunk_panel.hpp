// SPDX-License-Identifier: Apache-2.0
// One chunk of tokens and one panel of columns of S. `Terms`: what a chunk is (ChunkTerms, HalfChunkTerms).
#pragma once

#include "kernels/cpu/delta_rule_chunk.hpp"
#include "kernels/cpu/next_lines.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr int kPanelVectors = 2;
constexpr std::int64_t kPanelWidth = kPanelVectors * kLanes;

/// Where q, k, v and out of a call come from and go to.
enum class Traffic {
    Near,   ///< a cache of the core
    Ahead,  ///< caches behind it: rows of v are read whole, and the lines of the next head are asked for between pieces of work
    Past,   ///< memory: in addition out is written past the caches, whence it would be driven anyway and where its lines would be read first
};

// N of one panel from diag(beta) (V - …) in place; rows are kStride floats apart.
template <int N, int kStride, class Terms>
inline void solve(const Terms& terms, float* fresh) {
    for (int i = 0; i < Terms::kCount; i += kRows) {
        Vec x[kRows][N];
        load_block(x, fresh + i * kStride, kStride);
        multiply<kRows, N, 1, Terms::kRow, kStride>(x, terms.minus_A[i], fresh, i);
        const float* a = &terms.minus_A[i][i];
        RANKSCOPE_UNROLL
        for (int j = 0; j < kRows; ++j) {
            RANKSCOPE_UNROLL
            for (int m = j + 1; m < kRows; ++m) {
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) x[m][n] += broadcast(a[m * Terms::kRow + j]) * x[j][n];
            }
        }
        store_block(x, fresh + i * kStride, kStride);
    }
}

// S <- decay S + Kᵀ X for rows in steps of kRows; kT [channel][kStep], X [kCount][kStride].
template <int N, int kStride, class Terms>
inline void update_state(float* S, float decay, const float* kT, const float* X, std::int64_t K) {
    for (std::int64_t c = 0; c < K; c += kRows) {
        Vec s[kRows][N];
        load_block(s, S + c * kStride, kStride);
        RANKSCOPE_UNROLL
        for (int m = 0; m < kRows; ++m) {
            RANKSCOPE_UNROLL
            for (int n = 0; n < N; ++n) s[m][n] = rounded(decay * s[m][n]);
        }
        multiply<kRows, N, 1, Terms::kStep, kStride>(s, kT + c * Terms::kStep, X, Terms::kCount);
        store_block(s, S + c * kStride, kStride);
    }
}

// Columns first … first + width of one head, N vectors wide, S [K rounded up][kStride] zero behind the real part.
template <int N, class Terms>
struct ChunkPanel {
    HeadIndex head;
    std::int64_t first, width;

    static constexpr int kStride = kPanelWidth;

    /// `near_v`: where traffic is not Near, rows of v [kCount][kStride] that were read before.
    void run(Traffic traffic, const Terms& terms, const float* kT, const float* qT, float* S, const float* near_v, NextLines& next) const {
        const DeltaRuleArgs<float>& a = head.a;
        const float* v = a.v + head.value(terms.begin) + first;
        float* out = a.out + head.value(terms.begin) + first;
        const std::int64_t stride = a.HV * a.V;
        if (terms.count < Terms::kCount || width < N * kLanes) {  // through a full block of its own, so that nothing outside is touched
            alignas(64) float whole_v[Terms::kCount * kStride] = {};
            alignas(64) float whole_out[Terms::kCount * kStride];
            for (int i = 0; i < terms.count; ++i) copy_floats(whole_v + i * kStride, v + i * stride, width);
            compute<Traffic::Near>(terms, kT, qT, S, whole_v, whole_out, kStride, next);
            for (int i = 0; i < terms.count; ++i) copy_floats(out + i * stride, whole_out + i * kStride, width);
        } else if (traffic == Traffic::Past) {
            compute<Traffic::Past>(terms, kT, qT, S, near_v, out, stride, next);
        } else if (traffic == Traffic::Ahead) {
            compute<Traffic::Ahead>(terms, kT, qT, S, near_v, out, stride, next);
        } else {
            compute<Traffic::Near>(terms, kT, qT, S, v, out, stride, next);
        }
        if (terms.position >= 0) write_state(S, head.captured(terms.position) + first);
    }

    template <Traffic kTraffic>
    void compute(const Terms& terms, const float* kT, const float* qT, float* S, const float* v, float* out, std::int64_t stride, NextLines& next) const {
        constexpr bool kAhead = kTraffic != Traffic::Near;
        const std::int64_t v_stride = kAhead ? kStride : stride;
        const DeltaRuleArgs<float>& a = head.a;
        alignas(64) float fresh[Terms::kCount * kStride];
        for (int i = 0; i < Terms::kCount; i += kRows) {
            Vec x[kRows][N] = {};
            multiply<kRows, N, Terms::kStep, 1, kStride>(x, kT + i, S, a.K);
            if constexpr (kAhead) next.some();
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                const Vec beta = broadcast(terms.beta[i + m]), e = broadcast(terms.since_begin[i + m]);
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) x[m][n] = rounded(beta * (load(v + (i + m) * v_stride + n * kLanes) - e * x[m][n]));
            }
            store_block(x, fresh + i * kStride, kStride);
        }
        solve<N, kStride>(terms, fresh);
        if constexpr (kAhead) next.some();
        const float* P = terms.weights();
        for (int i = 0; i < Terms::kCount; i += kRows) {
            Vec o[kRows][N] = {};
            multiply<kRows, N, Terms::kStep, 1, kStride>(o, qT + i, S, a.K);
            if constexpr (kAhead) next.some();
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                const Vec e = broadcast(a.scale * terms.since_begin[i + m]);
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) o[m][n] = rounded(e * o[m][n]);
            }
            multiply<kRows, N, Terms::kKey, Terms::kQuery, kStride>(o, P + i * Terms::kQuery, fresh, i);
            RANKSCOPE_UNROLL
            for (int j = 0; j < kRows; ++j) {
                const float* row = fresh + (i + j) * kStride;
                RANKSCOPE_UNROLL
                for (int m = j; m < kRows; ++m) {  // the triangle alone: zero times NaN would show a later token to an earlier one
                    const Vec weight = broadcast(P[(i + m) * Terms::kQuery + (i + j) * Terms::kKey]);
                    RANKSCOPE_UNROLL
                    for (int n = 0; n < N; ++n) o[m][n] += weight * load(row + n * kLanes);
                }
            }
            store_out<kTraffic>(o, out + i * stride, stride);
        }
        for (int i = 0; i < Terms::kCount; ++i) {
            for (int n = 0; n < N; ++n) {
                float* x = fresh + i * kStride + n * kLanes;
                store(x, terms.until_end[i] * load(x));
            }
        }
        if constexpr (kAhead) next.some();
        update_state<N, kStride, Terms>(S, terms.decay, kT, fresh, a.K);
    }

    /// How often compute() asks for a share of the next lines.
    static constexpr std::int64_t kPoints = 2 * (Terms::kCount / kRows) + 2;

    template <Traffic kTraffic>
    static void store_out(const Vec (&o)[kRows][N], float* out, std::int64_t stride) {
        if constexpr (kTraffic == Traffic::Past) {
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) store_past_caches(out + m * stride + n * kLanes, o[m][n]);
            }
        } else {
            store_block(o, out, stride);
        }
    }

    void write_state(const float* S, float* to) const {
        for (std::int64_t c = 0; c < head.a.K; ++c) copy_floats(to + c * head.a.V, S + c * kStride, width);
    }
};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
