// SPDX-License-Identifier: Apache-2.0
// Chunked (gated) delta rule, forward (arXiv 2406.06484, 2412.06464): the tokens of a chunk meet S in two products, and
// each other through one unit lower triangular solve. With the terms of delta_rule_chunk.hpp, per panel of columns:
//   N = (I + A)^{-1} diag(beta) (V − diag(e) K S)
//   O = scale · diag(e) Q S + P N
//   S <- e_n S + Kᵀ diag(e_n / e_i) N
// S is passed over once for all tokens of a chunk instead of once for each, and decays cost one multiplication per chunk. The keys and
// queries of a chunk are packed first; then panel after panel of S passes through the first-level cache. Chunks are half a vector long
// (HalfChunkTerms); with vectors of 4 lanes, where that would be 2 tokens, 16 (ChunkTerms).
#pragma once

#include "kernels/cpu/delta_rule_chunk_panel.hpp"
#include "kernels/cpu/delta_rule_half_chunk.hpp"
#include "kernels/cpu/scratch.hpp"
#include "kernels/cpu/token_shares.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kBlockTokens = 32, kNarrowBlockTokens = 16;  ///< of one head before the next one's turn
constexpr std::int64_t kNarrowKeys = 64;                             ///< keys
constexpr std::int64_t kHeadGroup = 8, kSmallHeadGroup = 16;
constexpr std::int64_t kSmallState = 8192;  ///< elements of a head: those of kSmallHeadGroup fit half a second-level cache of 1 MiB

// Measured (kernels/README.md), with AVX-512 alone: AVX2, which computes longer for the same lines, gains nothing. Bytes of q, k, v and out.
constexpr std::int64_t kAheadFrom = std::int64_t{2} << 20;
constexpr std::int64_t kPastFrom = std::int64_t{8} << 20;

inline std::int64_t traffic_bytes(const DeltaRuleArgs<float>& a) {
    const std::int64_t tokens = a.offsets != nullptr ? a.offsets[a.B] - a.offsets[0] : a.B * a.T;
    return static_cast<std::int64_t>(2 * sizeof(float)) * tokens * (a.H * a.K + a.HV * a.V);
}

inline Traffic traffic_of(const DeltaRuleArgs<float>& a) {
    if (!kStoresPastCaches || kLanes < 16 || a.V % kLanes != 0) return Traffic::Near;
    const std::int64_t bytes = traffic_bytes(a);
    if (bytes < kAheadFrom) return Traffic::Near;
    return bytes >= kPastFrom && reinterpret_cast<std::uintptr_t>(a.out) % sizeof(Vec) == 0 ? Traffic::Past : Traffic::Ahead;
}

// Panels [begin, end) of neighbouring heads of one sequence for all tokens. Rows of one head lie HV·V floats apart, each
// on a page of its own and, where that is a power of two, few of them in a cache at a time; those of neighbouring heads lie
// side by side. So all heads of the group do a block of tokens before any goes on (a longer one where S is wide and changing
// from one to the next costs more), and meanwhile the lines of the next one are asked for, a few with every panel (traffic not Near: those
// of the next head alone, several times in a panel).
template <class Terms>
class ChunkedHeads {
public:
    ChunkedHeads(const DeltaRuleArgs<float>& a, std::int64_t first, std::int64_t count, std::int64_t begin, std::int64_t end)
        : a_(a), first_(first), count_(count), begin_(begin), end_(end), T_(head(0).T), rows_(round_up(a.K, kLanes)) {
        const std::int64_t packed = kMostChunks * Terms::packed_floats(rows_);
        constexpr std::int64_t kTermFloats = sizeof(Terms) / sizeof(float);
        const std::int64_t values = ahead() ? kMostChunks * (end - begin) * Terms::kCount * kPanelWidth : 0;
        float* memory = scratch(static_cast<std::size_t>(count * (end - begin) * rows_ * kPanelWidth + packed + values + kMostChunks * kTermFloats));
        terms_ = reinterpret_cast<Terms*>(memory);
        packed_ = memory + kMostChunks * kTermFloats;
        v_ = packed_ + packed;
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
                if (ahead()) look_ahead(i, chunks, t);
                for (std::int64_t p = begin_; p < end_; ++p) {
                    for (std::int64_t n = 0; n < chunks; ++n) {
                        if (!ahead()) fetch(i, t + n * Terms::kCount, p);
                        run_panel(i, p, n);
                    }
                }
            }
        }
        if (traffic_ == Traffic::Past) order_stores();
        if (a_.final_state == nullptr) return;
        for (std::int64_t i = 0; i < count_; ++i) {
            for (std::int64_t p = begin_; p < end_; ++p) {
                ChunkPanel<kPanelVectors, Terms>{head(i), p * kPanelWidth, width(p)}.write_state(state(i, p), a_.final_state + head(i).state() + p * kPanelWidth);
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
            Terms& terms = terms_[n];
            terms.begin = t;
            terms.count = Terms::kCount < T_ - t ? Terms::kCount : T_ - t;
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
            terms_[n].prepare(head(i), packed(n), rows_);
            if (ahead() && terms_[n].count == Terms::kCount) read_values(i, n);
        }
    }

    [[nodiscard]] float* packed(std::int64_t n) const { return packed_ + n * Terms::packed_floats(rows_); }

    [[nodiscard]] float* values(std::int64_t p, std::int64_t n) const { return v_ + (n * (end_ - begin_) + p - begin_) * Terms::kCount * kPanelWidth; }

    // Rows of v into [panel][kCount][kPanelWidth].
    void read_values(std::int64_t i, std::int64_t n) const {
        for (std::int64_t r = 0; r < Terms::kCount; ++r) {
            const float* row = a_.v + head(i).value(terms_[n].begin + r) + begin_ * kPanelWidth;
            for (std::int64_t p = begin_; p < end_; ++p, row += kPanelWidth) {
                float* to = values(p, n) + r * kPanelWidth;
                for (std::int64_t m = 0; m < width(p); m += kLanes) store(to + m, load(row + m));
            }
        }
    }

    void run_panel(std::int64_t i, std::int64_t p, std::int64_t n) {
        const float *kT = Terms::keys(packed(n)), *qT = Terms::queries(packed(n), rows_);
        const float* near_v = ahead() ? values(p, n) : nullptr;
        if (width(p) > kLanes) {
            ChunkPanel<2, Terms>{head(i), p * kPanelWidth, width(p)}.run(traffic_, terms_[n], kT, qT, state(i, p), near_v, next_);
        } else {
            ChunkPanel<1, Terms>{head(i), p * kPanelWidth, width(p)}.run(traffic_, terms_[n], kT, qT, state(i, p), near_v, next_);
        }
    }

    [[nodiscard]] bool ahead() const { return traffic_ != Traffic::Near; }

    // Asks for the rows of the chunk at token t of all heads, which lie side by side: a share of their lines with every panel
    // of every head, so that no step waits for more lines than the processor can have on their way.
    void fetch(std::int64_t i, std::int64_t t, std::int64_t p) const {
        if (t >= T_) return;
        const std::int64_t count = Terms::kCount < T_ - t ? Terms::kCount : T_ - t;
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
        std::int64_t end = turn ? after + block_chunks_ * Terms::kCount : after;
        if (end > T_) end = T_;
        const std::int64_t columns = (end_ * kPanelWidth < a_.V ? end_ * kPanelWidth : a_.V) - begin_ * kPanelWidth;
        const std::int64_t value = next.value(begin) + begin_ * kPanelWidth, key = next.key(begin);
        const std::int64_t written = traffic_ == Traffic::Ahead ? columns : 0;
        next_.start({a_.v + value, a_.HV * a_.V, columns}, {a_.k + key, a_.H * a_.K, a_.K}, {a_.q + key, a_.H * a_.K, a_.K},
                    {a_.out + value, a_.HV * a_.V, written}, end > begin ? end - begin : 0,
                    chunks * (end_ - begin_) * ChunkPanel<kPanelVectors, Terms>::kPoints);
    }

    const DeltaRuleArgs<float>& a_;
    std::int64_t first_, count_, begin_, end_;
    std::int64_t T_;  ///< of their sequence
    std::int64_t rows_;
    Traffic traffic_ = traffic_of(a_);
    NextLines next_;
    static constexpr std::int64_t kMostChunks = kBlockTokens / Terms::kCount;
    std::int64_t block_chunks_ = (a_.K <= kNarrowKeys ? kNarrowBlockTokens : kBlockTokens) / Terms::kCount;
    Terms* terms_;
    float *packed_, *v_, *S_;
};

template <class Terms>
inline void run_chunks(const DeltaRuleArgs<float>& a) {
    const std::int64_t group = a.K * a.V <= kSmallState ? kSmallHeadGroup : kHeadGroup;
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
                if (count > group) count = group;
                if (count > end - i) count = end - i;
            }
            ChunkedHeads<Terms>(a, first, count, panels * part / parts, panels * (part + 1) / parts).run();
            i += count;
        }
    });
}

inline void chunked_forward(const DeltaRuleArgs<float>& a) {
    if constexpr (kLanes >= 8) {
        run_chunks<HalfChunkTerms>(a);
    } else {
        run_chunks<ChunkTerms>(a);
    }
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
