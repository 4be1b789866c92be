// SPDX-License-Identifier: Apache-2.0
// Gradient of the chunked delta rule for all tokens. A strip of up to kStripPanels panels of columns of one value head goes
// forward once, keeping S before every chunk, then backward, block of chunks after block of chunks. d_q and d_k are sums
// over the strips of a key head (all columns, all its value heads), d_beta and d_g over those of a value head; they are
// added in the order of the strips. Where there are fewer key heads than threads, strips run at the same time and leave
// their share in memory of their own, which is then added in that same order: threads change no bit.
#pragma once

#include "kernels/cpu/delta_rule_chunk_gradient.hpp"
#include "kernels/cpu/scratch.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kGradientBlock = 4;  ///< chunks
constexpr std::int64_t kGradientWidth = 2 * kLanes;
constexpr std::int64_t kStripPanels = 128 / kGradientWidth;
constexpr std::int64_t kStripWidth = kStripPanels * kGradientWidth;

/// Where a strip leaves what it shares with other strips: rows of tokens.
struct GradientRows {
    float *d_q, *d_k;
    std::int64_t key_stride;
    float *d_beta, *d_g;  ///< d_g may be nullptr
    std::int64_t gate_stride;
    bool add_keys, add_gates;  ///< to what is there instead of overwriting it
};

/// d_q and d_k of a chunk from what its columns gave, in place: the products among its tokens. Gates in `rows`.
inline void finish_chunk(const HeadIndex& head, const ChunkTerms& terms, const ChunkSums& sums, const float* kT, const float* qT, float* dqT,
                         float* dkT, const GradientRows& rows) {
    const std::int64_t K = head.a.K;
    alignas(64) float queries[kTokens][kTokens] = {};  // [j][i] = scale (dO_i · N_j) D_ij
    alignas(64) float keys[2 * kTokens][kTokens] = {}; // the same transposed, then -(G + Gᵀ)
    float spans[kTokens][kTokens];                     // [i][j]: its share of d_g between j and i
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
            for (int t = 0; t < kTokenVectors; ++t) asked[t] += load(qT + c * kTokens + t * kLanes) * load(dqT + c * kTokens + t * kLanes);
        }
        for (int t = 0; t < kTokenVectors; ++t) store(behind + t * kLanes, asked[t] - load(sums.read + t * kLanes));
        float columns[kTokens] = {}, from_t = 0, before_t[kTokens];
        float written = 0;
        for (int t = 0; t < kTokens; ++t) {
            before_t[t] = written;
            written += sums.written[t];
        }
        for (int t = kTokens - 1; t >= 0; --t) {
            from_t += behind[t];
            float across = 0;
            for (int j = 0; j < kTokens; ++j) columns[j] += spans[t][j];
            for (int j = 0; j < t; ++j) across += columns[j];
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
            for (int r = 0; r < kLanes; ++r) x[r] = load(from + (c + r) * kTokens + part * kLanes);
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

class GradientStrip {
public:
    GradientStrip(const DeltaRuleBackwardArgs<float>& w, HeadIndex head, std::int64_t first, const GradientRows& rows)
        : w_(w), a_(head.a), head_(head), out_(rows), first_(first), panels_((strip_width() + kGradientWidth - 1) / kGradientWidth),
          chunks_((a_.T + kTokens - 1) / kTokens), rows_(round_up(a_.K, kLanes)), cells_(rows_ * kGradientWidth) {
        constexpr std::int64_t kTermFloats = sizeof(ChunkTerms) / sizeof(float), kSumFloats = sizeof(ChunkSums) / sizeof(float);
        const std::int64_t packed = rows_ * kTokens;
        float* memory = scratch(static_cast<std::size_t>(kGradientBlock * (kTermFloats + kSumFloats + 4 * packed) + panels_ * cells_
                                                         + chunks_ * panels_ * (cells_ + 2 * kBlock)));
        const auto take = [&](std::int64_t floats) {
            float* begin = memory;
            memory += floats;
            return begin;
        };
        terms_ = reinterpret_cast<ChunkTerms*>(take(kGradientBlock * kTermFloats));
        sums_ = reinterpret_cast<ChunkSums*>(take(kGradientBlock * kSumFloats));
        kT_ = take(kGradientBlock * packed);
        qT_ = take(kGradientBlock * packed);
        dqT_ = take(2 * kGradientBlock * packed);
        dkT_ = dqT_ + kGradientBlock * packed;
        dS_ = take(panels_ * cells_);
        S_ = take(chunks_ * panels_ * cells_);
        kept_ = take(chunks_ * panels_ * 2 * kBlock);
    }

    void run() {
        start(S_, a_.initial_state);
        for (std::int64_t begin = 0; begin < chunks_; begin += kGradientBlock) {
            const std::int64_t end = begin + kGradientBlock < chunks_ ? begin + kGradientBlock : chunks_;
            prepare(begin, end, false);
            for (std::int64_t p = 0; p < panels_; ++p) {
                for (std::int64_t n = begin; n < end; ++n) forward(p, n, n - begin);
            }
        }
        start(dS_, w_.d_final_state);
        for (std::int64_t begin = (chunks_ - 1) / kGradientBlock * kGradientBlock; begin >= 0; begin -= kGradientBlock) {
            const std::int64_t end = begin + kGradientBlock < chunks_ ? begin + kGradientBlock : chunks_;
            const std::int64_t packed = rows_ * kTokens;
            prepare(begin, end, true);
            zero_floats(reinterpret_cast<float*>(sums_), kGradientBlock * static_cast<std::int64_t>(sizeof(ChunkSums) / sizeof(float)));
            zero_floats(dqT_, 2 * kGradientBlock * packed);
            for (std::int64_t p = 0; p < panels_; ++p) {
                for (std::int64_t n = end - 1; n >= begin; --n) backward(p, n, n - begin);
            }
            for (std::int64_t n = 0; n < end - begin; ++n) {
                const ChunkTerms& terms = terms_[n];
                float *dqT = dqT_ + n * packed, *dkT = dkT_ + n * packed;
                finish_chunk(head_, terms, sums_[n], kT_ + n * packed, qT_ + n * packed, dqT, dkT, out_);
                unpack_transposed(out_.d_q + terms.begin * out_.key_stride, out_.key_stride, a_.K, terms.count, dqT, out_.add_keys);
                unpack_transposed(out_.d_k + terms.begin * out_.key_stride, out_.key_stride, a_.K, terms.count, dkT, out_.add_keys);
            }
        }
        if (w_.d_initial_state == nullptr) return;
        for (std::int64_t p = 0; p < panels_; ++p) {
            float* to = w_.d_initial_state + head_.state() + first_ + p * kGradientWidth;
            for (std::int64_t c = 0; c < a_.K; ++c) copy_floats(to + c * a_.V, dS_ + p * cells_ + c * kGradientWidth, width(p));
        }
    }

private:
    static constexpr std::int64_t kBlock = GradientPanel<2>::kBlock;

    [[nodiscard]] std::int64_t strip_width() const { return kStripWidth < a_.V - first_ ? kStripWidth : a_.V - first_; }

    [[nodiscard]] std::int64_t width(std::int64_t p) const {
        const std::int64_t left = strip_width() - p * kGradientWidth;
        return left < kGradientWidth ? left : kGradientWidth;
    }

    [[nodiscard]] float* state(std::int64_t p, std::int64_t n) const { return S_ + (n * panels_ + p) * cells_; }

    [[nodiscard]] float* kept(std::int64_t p, std::int64_t n) const { return kept_ + (n * panels_ + p) * 2 * kBlock; }

    // Panels from the state of this head, or zeros.
    void start(float* to, const float* from) const {
        zero_floats(to, panels_ * cells_);
        if (from == nullptr) return;
        for (std::int64_t p = 0; p < panels_; ++p) {
            pad_rows(to + p * cells_, kGradientWidth, from + head_.state() + first_ + p * kGradientWidth, a_.V, width(p), a_.K);
        }
    }

    void prepare(std::int64_t begin, std::int64_t end, bool queries) {
        for (std::int64_t n = begin; n < end; ++n) {
            ChunkTerms& terms = terms_[n - begin];
            float* kT = kT_ + (n - begin) * rows_ * kTokens;
            float* qT = queries ? qT_ + (n - begin) * rows_ * kTokens : nullptr;
            terms.begin = n * kTokens;
            terms.count = kTokens < a_.T - terms.begin ? kTokens : a_.T - terms.begin;
            pack_transposed(kT, a_.k + head_.key(terms.begin), a_.H * a_.K, a_.K, terms.count);
            if (queries) pack_transposed(qT, a_.q + head_.key(terms.begin), a_.H * a_.K, a_.K, terms.count);
            terms.compute<false>(head_, kT, qT);
        }
    }

    // Rows of the value heads' arrays, padded with zeros to a whole block.
    void load_rows(float* to, const float* from, const ChunkTerms& terms, std::int64_t p) const {
        from += head_.value(terms.begin) + first_ + p * kGradientWidth;
        if (terms.count < kTokens || width(p) < kGradientWidth) zero_floats(to, kBlock);
        copy_rows(to, kGradientWidth, from, a_.HV * a_.V, terms.count, width(p));
    }

    void forward(std::int64_t p, std::int64_t n, std::int64_t in_block) const {
        alignas(64) float v[kBlock];
        load_rows(v, a_.v, terms_[in_block], p);
        float* after = n + 1 < chunks_ ? state(p, n + 1) : nullptr;
        const auto run = [&](const auto& panel) { panel.forward(v, state(p, n), kept(p, n), kept(p, n) + kBlock, after); };
        with_panel(p, in_block, run);
    }

    void backward(std::int64_t p, std::int64_t n, std::int64_t in_block) const {
        const ChunkTerms& terms = terms_[in_block];
        const std::int64_t packed = in_block * rows_ * kTokens;
        alignas(64) float d_out[kBlock], d_v[kBlock];
        load_rows(d_out, w_.d_out, terms, p);
        with_panel(p, in_block, [&](const auto& panel) {
            panel.backward(d_out, state(p, n), kept(p, n), kept(p, n) + kBlock, dS_ + p * cells_, d_v, sums_[in_block], dqT_ + packed, dkT_ + packed);
        });
        float* to = w_.d_v + head_.value(terms.begin) + first_ + p * kGradientWidth;
        copy_rows(to, a_.HV * a_.V, d_v, kGradientWidth, terms.count, width(p));
    }

    static void copy_rows(float* to, std::int64_t to_stride, const float* from, std::int64_t from_stride, std::int64_t count, std::int64_t width) {
        for (std::int64_t i = 0; i < count; ++i) {
            Vec row[2];
            load_row<2>(from + i * from_stride, width, row);
            store_row<2>(to + i * to_stride, width, row);
        }
    }

    template <class Run>
    void with_panel(std::int64_t p, std::int64_t in_block, const Run& run) const {
        const float *kT = kT_ + in_block * rows_ * kTokens, *qT = qT_ + in_block * rows_ * kTokens;
        if (width(p) > kLanes) {
            run(GradientPanel<2>{terms_[in_block], kT, qT, a_.K, a_.scale});
        } else {
            run(GradientPanel<1>{terms_[in_block], kT, qT, a_.K, a_.scale});
        }
    }

    const DeltaRuleBackwardArgs<float>& w_;
    const DeltaRuleArgs<float>& a_;
    HeadIndex head_;
    GradientRows out_;
    std::int64_t first_, panels_, chunks_, rows_, cells_;
    ChunkTerms* terms_;
    ChunkSums* sums_;
    float *kT_, *qT_, *dqT_, *dkT_, *dS_, *S_, *kept_;
};

/// Which strips there are and where each leaves its rows.
class GradientStrips {
public:
    explicit GradientStrips(const DeltaRuleBackwardArgs<float>& w)
        : w_(w), a_(w.forward), per_head_((a_.V + kStripWidth - 1) / kStripWidth), per_key_head_(a_.HV / a_.H * per_head_) {}

    [[nodiscard]] std::int64_t per_key_head() const { return per_key_head_; }

    /// Strip s of a key head; `own` is its memory when it must not touch the results of others.
    void run(std::int64_t key_head, std::int64_t s, float* own) const {
        const HeadIndex head = head_of(key_head, s);
        const bool first = s == 0, first_of_head = s % per_head_ == 0;
        GradientRows rows{w_.d_q + head.key(0), w_.d_k + head.key(0), a_.H * a_.K, w_.d_beta + head.gate(0), nullptr, a_.HV, !first, !first_of_head};
        if (w_.d_g != nullptr) rows.d_g = w_.d_g + head.gate(0);
        if (own != nullptr && !first) {
            rows.d_q = own;
            rows.d_k = own + a_.T * a_.K;
            rows.key_stride = a_.K;
            rows.add_keys = false;
            if (!first_of_head) {
                rows.d_beta = own + 2 * a_.T * a_.K;
                if (w_.d_g != nullptr) rows.d_g = rows.d_beta + a_.T;
                rows.gate_stride = 1;
                rows.add_gates = false;
            }
        }
        GradientStrip(w_, head, s % per_head_ * kStripWidth, rows).run();
    }

    [[nodiscard]] std::int64_t own_floats() const { return 2 * a_.T * (a_.K + 1); }

    /// Adds what strip s left in `own` for token t.
    void add(std::int64_t key_head, std::int64_t s, const float* own, std::int64_t t) const {
        const HeadIndex head = head_of(key_head, s);
        float *d_q = w_.d_q + head.key(t), *d_k = w_.d_k + head.key(t);
        const float *own_q = own + t * a_.K, *own_k = own_q + a_.T * a_.K;
        for (std::int64_t c = 0; c < a_.K; ++c) d_q[c] += own_q[c];
        for (std::int64_t c = 0; c < a_.K; ++c) d_k[c] += own_k[c];
        if (s % per_head_ == 0) return;
        const float* gates = own + 2 * a_.T * a_.K + t;
        w_.d_beta[head.gate(t)] += gates[0];
        if (w_.d_g != nullptr) w_.d_g[head.gate(t)] += gates[a_.T];
    }

private:
    [[nodiscard]] HeadIndex head_of(std::int64_t key_head, std::int64_t s) const {
        return {a_, key_head / a_.H, key_head % a_.H * (a_.HV / a_.H) + s / per_head_};
    }

    const DeltaRuleBackwardArgs<float>& w_;
    const DeltaRuleArgs<float>& a_;
    std::int64_t per_head_, per_key_head_;
};

inline void chunked_backward(const DeltaRuleBackwardArgs<float>& w) {
    const DeltaRuleArgs<float>& a = w.forward;
    const GradientStrips strips(w);
    const std::int64_t key_heads = a.B * a.H, each = strips.per_key_head();
    if (key_heads >= threads() || each == 1) {
        parallel_for(key_heads, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                for (std::int64_t s = 0; s < each; ++s) strips.run(i, s, nullptr);
            }
        });
        return;
    }
    Scratch memory;
    float* own = memory.get(static_cast<std::size_t>(key_heads * each * strips.own_floats()));
    const auto own_of = [&](std::int64_t i, std::int64_t s) { return own + (i * each + s) * strips.own_floats(); };
    parallel_for(key_heads * each, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) strips.run(i / each, i % each, own_of(i / each, i % each));
    });
    constexpr std::int64_t kRowsWorthAThread = 64;
    parallel_for(key_heads * a.T, kRowsWorthAThread, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            for (std::int64_t s = 1; s < each; ++s) strips.add(i / a.T, s, own_of(i / a.T, s), i % a.T);
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
