// SPDX-License-Identifier: Apache-2.0
// Gradient of the chunked delta rule, strip after strip. d_q and d_k are sums over the strips of a key head (all columns, all
// its value heads), d_beta and d_g over those of a value head; they are added in the order of the strips. Where there are
// fewer key heads than threads, strips run at the same time and leave their share in memory of their own, which is then
// added in that same order: threads change no bit.
#pragma once

#include "kernels/cpu/delta_rule_gradient_strip.hpp"
#include "kernels/cpu/token_shares.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

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
        GradientRows rows{
            w_.d_q + head.key(0), w_.d_k + head.key(0), a_.H * a_.K, w_.d_beta + head.gate(0), nullptr, a_.HV, !first,
            !first_of_head};
        if (w_.d_g != nullptr) rows.d_g = w_.d_g + head.gate(0);
        if (own != nullptr && !first) {
            rows.d_q = own;
            rows.d_k = own + head.T * a_.K;
            rows.key_stride = a_.K;
            rows.add_keys = false;
            if (!first_of_head) {
                rows.d_beta = own + 2 * head.T * a_.K;
                if (w_.d_g != nullptr) rows.d_g = rows.d_beta + head.T;
                rows.gate_stride = 1;
                rows.add_gates = false;
            }
        }
        GradientStrip(w_, head, s % per_head_ * kStripWidth, rows).run();
    }

    /// What a strip leaves for each token.
    [[nodiscard]] std::int64_t own_floats() const { return 2 * (a_.K + 1); }

    [[nodiscard]] std::int64_t tokens(std::int64_t key_head) const { return head_of(key_head, 0).T; }

    /// Adds what strip s left in `own` for token t.
    void add(std::int64_t key_head, std::int64_t s, const float* own, std::int64_t t) const {
        const HeadIndex head = head_of(key_head, s);
        float *d_q = w_.d_q + head.key(t), *d_k = w_.d_k + head.key(t);
        const float *own_q = own + t * a_.K, *own_k = own_q + head.T * a_.K;
        for (std::int64_t c = 0; c < a_.K; ++c)
            d_q[c] += own_q[c];
        for (std::int64_t c = 0; c < a_.K; ++c)
            d_k[c] += own_k[c];
        if (s % per_head_ == 0) return;
        const float* gates = own + 2 * head.T * a_.K + t;
        w_.d_beta[head.gate(t)] += gates[0];
        if (w_.d_g != nullptr) w_.d_g[head.gate(t)] += gates[head.T];
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
        const TokenShares shares(a.B, a.T, a.offsets, a.H);
        parallel_for(shares.total(), 1, [&](std::int64_t from, std::int64_t to) {
            const std::int64_t end = shares.item_at(to);
            for (std::int64_t i = shares.item_at(from); i < end; ++i) {
                for (std::int64_t s = 0; s < each; ++s)
                    strips.run(i, s, nullptr);
            }
        });
        return;
    }
    const TokenShares shares(a.B, a.T, a.offsets, a.H * each);  // a key head's strips one after the other
    Scratch memory;
    float* own = memory.get(static_cast<std::size_t>(shares.tokens_before(key_heads * each) * strips.own_floats()));
    const auto own_of = [&](std::int64_t i, std::int64_t s) { return own + shares.tokens_before(i * each + s) * strips.own_floats(); };
    parallel_for(shares.total(), 1, [&](std::int64_t from, std::int64_t to) {
        const std::int64_t end = shares.item_at(to);
        for (std::int64_t i = shares.item_at(from); i < end; ++i)
            strips.run(i / each, i % each, own_of(i / each, i % each));
    });
    // Every token of every key head is a row here; there are few heads, so their tokens are cut as well.
    constexpr std::int64_t kRowsWorthAThread = 64;
    const TokenShares rows(a.B, a.T, a.offsets, a.H);
    parallel_for(rows.tokens() * a.H, kRowsWorthAThread, [&](std::int64_t from, std::int64_t to) {
        for (std::int64_t i = 0; i < key_heads; ++i) {
            const std::int64_t first = rows.tokens_before(i), tokens = strips.tokens(i);
            const std::int64_t begin = from > first ? from - first : 0, end = to - first < tokens ? to - first : tokens;
            for (std::int64_t t = begin; t < end; ++t) {
                for (std::int64_t s = 1; s < each; ++s)
                    strips.add(i, s, own_of(i, s), t);
            }
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
