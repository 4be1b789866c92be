// SPDX-License-Identifier: Apache-2.0
// Chunked (gated) delta rule, forward (arXiv 2406.06484, 2412.06464): the tokens of a chunk meet S in two products, and
// each other through one unit lower triangular solve. With the terms of delta_rule_chunk.hpp, per panel of columns:
//   N = (I + A)^{-1} diag(beta) (V − diag(e) K S)
//   O = scale · diag(e) Q S + P N
//   S <- e_n S + Kᵀ diag(e_n / e_i) N
// S is passed over once for 16 tokens instead of once for each, and decays cost one multiplication per chunk. The keys and
// queries of a chunk are packed first; then panel after panel of S passes through the first-level cache.
#pragma once

#include "kernels/cpu/delta_rule_chunk.hpp"
#include "kernels/cpu/next_lines.hpp"
#include "kernels/cpu/scratch.hpp"
#include "kernels/cpu/token_shares.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kBlockChunks = 2;  ///< of one head before the next one's turn, where keys are wider than kOneChunk
constexpr std::int64_t kOneChunk = 64;
constexpr std::int64_t kHeadGroup = 8;
constexpr int kPanelVectors = 2;
constexpr std::int64_t kPanelWidth = kPanelVectors * kLanes;

// Whether a call is larger than caches: rows of v are then read whole and those of the next head asked for in time, and out is written
// past the caches, whence it would be driven anyway and where its lines would be read first. With AVX-512 that takes two fifths
// (K = 16) to three quarters (128) of the time; with AVX2, which computes longer for the same lines, it gains nothing.
constexpr std::int64_t kFarFrom = std::int64_t{8} << 20;  ///< bytes of q, k, v and out

inline bool is_far(const DeltaRuleArgs<float>& a) {
    if (!kStoresPastCaches || kLanes < 16) return false;
    const std::int64_t tokens = a.offsets != nullptr ? a.offsets[a.B] - a.offsets[0] : a.B * a.T;
    const auto bytes = static_cast<std::int64_t>(2 * sizeof(float)) * tokens * (a.H * a.K + a.HV * a.V);
    return bytes >= kFarFrom && a.V % kLanes == 0 && reinterpret_cast<std::uintptr_t>(a.out) % sizeof(Vec) == 0;
}

// N of one panel from diag(beta) (V - …) in place; rows are kStride floats apart.
template <int N, int kStride>
inline void solve(const ChunkTerms& terms, float* fresh) {
    for (int i = 0; i < kTokens; i += kRows) {
        Vec x[kRows][N];
        load_block(x, fresh + i * kStride, kStride);
        multiply<kRows, N, 1, kTokens, kStride>(x, terms.minus_A[i], fresh, i);
        const float* a = &terms.minus_A[i][i];
        RANKSCOPE_UNROLL
        for (int j = 0; j < kRows; ++j) {
            RANKSCOPE_UNROLL
            for (int m = j + 1; m < kRows; ++m) {
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) x[m][n] += broadcast(a[m * kTokens + j]) * x[j][n];
            }
        }
        store_block(x, fresh + i * kStride, kStride);
    }
}

// S <- decay S + Kᵀ X for rows in steps of kRows; X [kTokens][kStride].
template <int N, int kStride>
inline void update_state(float* S, float decay, const float* kT, const float* X, std::int64_t K) {
    for (std::int64_t c = 0; c < K; c += kRows) {
        Vec s[kRows][N];
        load_block(s, S + c * kStride, kStride);
        RANKSCOPE_UNROLL
        for (int m = 0; m < kRows; ++m) {
            RANKSCOPE_UNROLL
            for (int n = 0; n < N; ++n) s[m][n] *= decay;
        }
        multiply<kRows, N, 1, kTokens, kStride>(s, kT + c * kTokens, X, kTokens);
        store_block(s, S + c * kStride, kStride);
    }
}

// Columns first … first + width of one head, N vectors wide, S [K rounded up][kStride] zero behind the real part.
template <int N>
struct ChunkPanel {
    HeadIndex head;
    std::int64_t first, width;

    static constexpr int kStride = kPanelWidth;

    /// `near_v`: rows of v [kTokens][kStride] that were read before; the call is then far.
    void run(const ChunkTerms& terms, const float* kT, const float* qT, float* S, const float* near_v, NextLines& next) const {
        const DeltaRuleArgs<float>& a = head.a;
        const float* v = a.v + head.value(terms.begin) + first;
        float* out = a.out + head.value(terms.begin) + first;
        const std::int64_t stride = a.HV * a.V;
        if (terms.count < kTokens || width < N * kLanes) {  // through a full block of its own, so that nothing outside is touched
            alignas(64) float whole_v[kTokens * kStride] = {};
            alignas(64) float whole_out[kTokens * kStride];
            for (int i = 0; i < terms.count; ++i) copy_floats(whole_v + i * kStride, v + i * stride, width);
            compute<false>(terms, kT, qT, S, whole_v, whole_out, kStride, next);
            for (int i = 0; i < terms.count; ++i) copy_floats(out + i * stride, whole_out + i * kStride, width);
        } else if (near_v != nullptr) {
            compute<true>(terms, kT, qT, S, near_v, out, stride, next);
        } else {
            compute<false>(terms, kT, qT, S, v, out, stride, next);
        }
        if (terms.position >= 0) write_state(S, head.captured(terms.position) + first);
    }

    template <bool kFar>
    void compute(const ChunkTerms& terms, const float* kT, const float* qT, float* S, const float* v, float* out, std::int64_t stride, NextLines& next) const {
        const std::int64_t v_stride = kFar ? kStride : stride;
        const DeltaRuleArgs<float>& a = head.a;
        alignas(64) float fresh[kTokens * kStride];
        for (int i = 0; i < kTokens; i += kRows) {
            Vec x[kRows][N] = {};
            multiply<kRows, N, kTokens, 1, kStride>(x, kT + i, S, a.K);
            if constexpr (kFar) next.some();
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                const Vec beta = broadcast(terms.beta[i + m]), e = broadcast(terms.since_begin[i + m]);
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) x[m][n] = beta * (load(v + (i + m) * v_stride + n * kLanes) - e * x[m][n]);
            }
            store_block(x, fresh + i * kStride, kStride);
        }
        solve<N, kStride>(terms, fresh);
        if constexpr (kFar) next.some();
        for (int i = 0; i < kTokens; i += kRows) {
            Vec o[kRows][N] = {};
            multiply<kRows, N, kTokens, 1, kStride>(o, qT + i, S, a.K);
            if constexpr (kFar) next.some();
            RANKSCOPE_UNROLL
            for (int m = 0; m < kRows; ++m) {
                const Vec e = broadcast(a.scale * terms.since_begin[i + m]);
                RANKSCOPE_UNROLL
                for (int n = 0; n < N; ++n) o[m][n] *= e;
            }
            multiply<kRows, N, 1, kTokens, kStride>(o, terms.P[i], fresh, i);
            RANKSCOPE_UNROLL
            for (int j = 0; j < kRows; ++j) {
                const float* row = fresh + (i + j) * kStride;
                RANKSCOPE_UNROLL
                for (int m = j; m < kRows; ++m) {  // the triangle alone: zero times NaN would show a later token to an earlier one
                    RANKSCOPE_UNROLL
                    for (int n = 0; n < N; ++n) o[m][n] += broadcast(terms.P[i + m][i + j]) * load(row + n * kLanes);
                }
            }
            store_out<kFar>(o, out + i * stride, stride);
        }
        for (int i = 0; i < kTokens; ++i) {
            for (int n = 0; n < N; ++n) {
                float* x = fresh + i * kStride + n * kLanes;
                store(x, terms.until_end[i] * load(x));
            }
        }
        if constexpr (kFar) next.some();
        update_state<N, kStride>(S, terms.decay, kT, fresh, a.K);
    }

    template <bool kFar>
    static void store_out(const Vec (&o)[kRows][N], float* out, std::int64_t stride) {
        if constexpr (kFar) {
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

// Panels [begin, end) of up to kHeadGroup neighbouring heads of one sequence for all tokens. Rows of one head lie HV·V floats apart, each
// on a page of its own and, where that is a power of two, few of them in a cache at a time; those of neighbouring heads lie
// side by side. So all heads of the group do a chunk of tokens before any goes on (two chunks where S is wide and changing
// from one to the next costs more), and meanwhile the lines of the next one are asked for, a few with every panel (is_far: those of
// the next head alone, several times in a panel).
class ChunkedHeads {
public:
    ChunkedHeads(const DeltaRuleArgs<float>& a, std::int64_t first, std::int64_t count, std::int64_t begin, std::int64_t end)
        : a_(a), first_(first), count_(count), begin_(begin), end_(end), T_(head(0).T), rows_(round_up(a.K, kLanes)) {
        const std::int64_t packed = kBlockChunks * rows_ * kTokens;
        constexpr std::int64_t kTermFloats = sizeof(ChunkTerms) / sizeof(float);
        const std::int64_t values = far_ ? kBlockChunks * (end - begin) * kTokens * kPanelWidth : 0;
        float* memory = scratch(static_cast<std::size_t>(count * (end - begin) * rows_ * kPanelWidth + 2 * packed + values + kBlockChunks * kTermFloats));
        terms_ = reinterpret_cast<ChunkTerms*>(memory);
        kT_ = memory + kBlockChunks * kTermFloats;
        qT_ = kT_ + packed;
        v_ = qT_ + packed;
        S_ = v_ + values;
    }

    void run() {
        for (std::int64_t i = 0; i < count_; ++i) {
            for (std::int64_t p = begin_; p < end_; ++p) {
                zero_floats(state(i, p), rows_ * kPanelWidth);
                if (a_.initial_state == nullptr) continue;
                pad_rows(state(i, p), kPanelWidth, a_.initial_state + head(i).state() + p * kPanelWidth, a_.V, width(p), a_.K);
            }
        }
        std::size_t next_position = 0;
        for (std::int64_t t = 0; t < T_;) {
            const std::int64_t chunks = cut(t, next_position);
            for (std::int64_t i = 0; i < count_; ++i) {
                prepare(i, chunks);
                if (far_) look_ahead(i, chunks, t);
                for (std::int64_t p = begin_; p < end_; ++p) {
                    for (std::int64_t n = 0; n < chunks; ++n) {
                        if (!far_) fetch(i, t + n * kTokens, p);
                        run_panel(i, p, n);
                    }
                }
            }
        }
        if (far_) order_stores();
        if (a_.final_state == nullptr) return;
        for (std::int64_t i = 0; i < count_; ++i) {
            for (std::int64_t p = begin_; p < end_; ++p) {
                ChunkPanel<kPanelVectors>{head(i), p * kPanelWidth, width(p)}.write_state(state(i, p), a_.final_state + head(i).state() + p * kPanelWidth);
            }
        }
    }

private:
    [[nodiscard]] HeadIndex head(std::int64_t i) const { return {a_, (first_ + i) / a_.HV, (first_ + i) % a_.HV}; }

    [[nodiscard]] float* state(std::int64_t i, std::int64_t p) const { return S_ + (i * (end_ - begin_) + p - begin_) * rows_ * kPanelWidth; }

    [[nodiscard]] std::int64_t width(std::int64_t p) const {
        const std::int64_t left = a_.V - p * kPanelWidth;
        return left < kPanelWidth ? left : kPanelWidth;
    }

    // The borders of up to block_chunks_ chunks from token t on; moves t behind them. A chunk ends where a state is wanted.
    std::int64_t cut(std::int64_t& t, std::size_t& next_position) {
        std::int64_t n = 0;
        for (; n < block_chunks_ && t < T_; ++n) {
            ChunkTerms& terms = terms_[n];
            terms.begin = t;
            terms.count = kTokens < T_ - t ? kTokens : T_ - t;
            terms.position = -1;
            if (next_position < a_.state_positions.size() && a_.state_positions[next_position] < t + terms.count) {
                terms.count = a_.state_positions[next_position] + 1 - t;
                terms.position = static_cast<std::int64_t>(next_position++);
            }
            t += terms.count;
        }
        return n;
    }

    void prepare(std::int64_t i, std::int64_t chunks) {
        for (std::int64_t n = 0; n < chunks; ++n) {
            float *kT = kT_ + n * rows_ * kTokens, *qT = qT_ + n * rows_ * kTokens;
            const std::int64_t from = head(i).key(terms_[n].begin);
            pack_transposed(kT, a_.k + from, a_.H * a_.K, a_.K, terms_[n].count);
            pack_transposed(qT, a_.q + from, a_.H * a_.K, a_.K, terms_[n].count);
            terms_[n].compute(head(i), kT, qT);
            if (far_ && terms_[n].count == kTokens) read_values(i, n);
        }
    }

    [[nodiscard]] float* values(std::int64_t p, std::int64_t n) const { return v_ + (n * (end_ - begin_) + p - begin_) * kTokens * kPanelWidth; }

    // Rows of v into [panel][kTokens][kPanelWidth].
    void read_values(std::int64_t i, std::int64_t n) const {
        for (std::int64_t r = 0; r < kTokens; ++r) {
            const float* row = a_.v + head(i).value(terms_[n].begin + r) + begin_ * kPanelWidth;
            for (std::int64_t p = begin_; p < end_; ++p, row += kPanelWidth) {
                float* to = values(p, n) + r * kPanelWidth;
                for (std::int64_t m = 0; m < width(p); m += kLanes) store(to + m, load(row + m));
            }
        }
    }

    void run_panel(std::int64_t i, std::int64_t p, std::int64_t n) {
        const float *kT = kT_ + n * rows_ * kTokens, *qT = qT_ + n * rows_ * kTokens;
        const float* near_v = far_ ? values(p, n) : nullptr;
        if (width(p) > kLanes) {
            ChunkPanel<2>{head(i), p * kPanelWidth, width(p)}.run(terms_[n], kT, qT, state(i, p), near_v, next_);
        } else {
            ChunkPanel<1>{head(i), p * kPanelWidth, width(p)}.run(terms_[n], kT, qT, state(i, p), near_v, next_);
        }
    }

    // Asks for the rows of the chunk at token t of all heads, which lie side by side: a share of their lines with every panel
    // of every head, so that no step waits for more lines than the processor can have on their way.
    void fetch(std::int64_t i, std::int64_t t, std::int64_t p) const {
        if (t >= T_) return;
        const std::int64_t count = kTokens < T_ - t ? kTokens : T_ - t;
        const std::int64_t shares = count_ * (end_ - begin_), share = i * (end_ - begin_) + p - begin_;
        const HeadIndex from = head(0), last = head(count_ - 1);
        const std::int64_t columns = end_ * kPanelWidth < a_.V ? end_ * kPanelWidth : a_.V;
        const std::int64_t value = from.value(t) + begin_ * kPanelWidth, values = last.value(t) + columns - value;
        const std::int64_t key = from.key(t), keys = last.key(t) + a_.K - key;
        fetch_lines(a_.k + key, a_.q + key, a_.H * a_.K, keys, count, share, shares);
        fetch_lines(a_.v + value, a_.out + value, a_.HV * a_.V, values, count, share, shares);
    }

    // A share of `count` rows of two arrays.
    static void fetch_lines(const float* one, const float* other, std::int64_t stride, std::int64_t width, std::int64_t count,
                            std::int64_t share, std::int64_t shares) {
        const std::int64_t lines = (width + 15) / 16;
        const std::int64_t first = count * lines * share / shares;
        std::int64_t left = count * lines * (share + 1) / shares - first;
        std::int64_t row = first / lines, line = first % lines;
        for (; left > 0; --left) {
            __builtin_prefetch(one + row * stride + line * 16, 0, 2);
            __builtin_prefetch(other + row * stride + line * 16, 0, 2);
            if (++line == lines) line = 0, ++row;
        }
    }

    // After head i come the same tokens of the next one, or the tokens from `after` on of the first.
    void look_ahead(std::int64_t i, std::int64_t chunks, std::int64_t after) {
        const bool turn = i + 1 == count_;
        const HeadIndex next = head(turn ? 0 : i + 1);
        const std::int64_t begin = turn ? after : terms_[0].begin;
        std::int64_t end = turn ? after + block_chunks_ * kTokens : after;
        if (end > T_) end = T_;
        const std::int64_t columns = (end_ * kPanelWidth < a_.V ? end_ * kPanelWidth : a_.V) - begin_ * kPanelWidth;
        const std::int64_t value = next.value(begin) + begin_ * kPanelWidth, key = next.key(begin);
        constexpr std::int64_t kPoints = 2 * (kTokens / kRows) + 2;
        next_.start({a_.v + value, a_.HV * a_.V, columns}, {a_.k + key, a_.H * a_.K, a_.K}, {a_.q + key, a_.H * a_.K, a_.K}, end > begin ? end - begin : 0,
                    chunks * (end_ - begin_) * kPoints);
    }

    const DeltaRuleArgs<float>& a_;
    std::int64_t first_, count_, begin_, end_;
    std::int64_t T_;  ///< of their sequence
    std::int64_t rows_;
    bool far_ = is_far(a_);
    NextLines next_;
    std::int64_t block_chunks_ = a_.K <= kOneChunk ? 1 : kBlockChunks;
    ChunkTerms* terms_;
    float *kT_, *qT_, *v_, *S_;
};

inline void chunked_forward(const DeltaRuleArgs<float>& a) {
    const std::int64_t heads = a.B * a.HV, panels = (a.V + kPanelWidth - 1) / kPanelWidth;
    // Heads first; their columns too when there are fewer heads than threads. Columns never meet, so no cut changes a bit.
    std::int64_t parts = (threads() + heads - 1) / heads;
    if (parts > panels) parts = panels;
    const TokenShares shares(a.B, a.T, a.offsets, a.HV * parts);
    parallel_for(shares.total(), 1, [&](std::int64_t from, std::int64_t to) {
        const std::int64_t end = shares.item_at(to);
        for (std::int64_t i = shares.item_at(from); i < end;) {
            const std::int64_t first = i / parts, part = i % parts;
            std::int64_t count = 1;
            if (parts == 1) {  // neighbours of the same sequence
                count = a.HV - first % a.HV;
                if (count > kHeadGroup) count = kHeadGroup;
                if (count > end - i) count = end - i;
            }
            ChunkedHeads(a, first, count, panels * part / parts, panels * (part + 1) / parts).run();
            i += count;
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
