// SPDX-License-Identifier: Apache-2.0
// Recurrent (gated) delta rule, forward. The columns of S do not depend on each other, so the work is cut into panels of
// up to four vectors of columns whose part of S stays in the first-level cache for all tokens. One pass over the panel per
// token: while row c of S is in registers it is decayed and updated, read by q_t, and read by k_{t+1} for the next token.
// Narrow keys take so little time that fetching the rows of v and out counts: they lie HV·V floats apart, those of neighbouring
// panels and heads side by side. So a group of panels does a few tokens before any goes on, and asks for the next ones.
#pragma once

#include "kernels/cpu/delta_rule_head.hpp"
#include "kernels/cpu/scratch.hpp"
#include "kernels/cpu/token_shares.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kPanel = 4 * kLanes;

// kVectors vectors of columns beginning at column `first`; `width` of them are real, the rest stays zero.
template <int kVectors>
struct Panel {
    HeadIndex head;
    std::int64_t first, width;
    float* S;  ///< [K][kVectors * kLanes]

    static constexpr std::int64_t kWidth = kVectors * kLanes;

    void begin() const {
        const DeltaRuleArgs<float>& a = head.a;
        if (a.initial_state == nullptr) {
            zero_floats(S, a.K * kWidth);
        } else {
            pad_rows(S, kWidth, a.initial_state + head.state() + first, a.V, width, a.K);
        }
    }

    void write_state(float* to) const {
        for (std::int64_t c = 0; c < head.a.K; ++c) copy_floats(to + c * head.a.V, S + c * kWidth, width);
    }

    // Sᵀk
    void read(const float* k, Vec* u) const {
        for (int n = 0; n < kVectors; ++n) u[n] = Vec{};
        for (std::int64_t c = 0; c < head.a.K; ++c) {
            for (int n = 0; n < kVectors; ++n) u[n] += k[c] * load(S + c * kWidth + n * kLanes);
        }
    }

    // Tokens [from, to), the first requested state at or behind `from` being number next_position.
    template <bool kGated>
    void run(std::int64_t from, std::int64_t to, std::size_t next_position) const {
        const DeltaRuleArgs<float>& a = head.a;
        Vec u[kVectors];
        read(a.k + head.key(from), u);
        for (std::int64_t t = from; t < to; ++t) {
            if (t + to - from < head.T) fetch(t + to - from);
            const float* q = a.q + head.key(t);
            const float* k = a.k + head.key(t);
            const float* k_next = t + 1 < head.T ? a.k + head.key(t + 1) : k;
            const float factor = kGated ? head.decay(t) : 1.0F;
            const float beta = a.beta[head.gate(t)];
            Vec v[kVectors], delta[kVectors], o[kVectors] = {}, u_next[kVectors] = {};
            load_row<kVectors>(a.v + head.value(t) + first, width, v);
            for (int n = 0; n < kVectors; ++n) delta[n] = beta * (v[n] - factor * u[n]);  // beta (v - S̄ᵀk)
            float* row = S;
            for (std::int64_t c = 0; c < a.K; ++c, row += kWidth) {
                const Vec kc = broadcast(k[c]), qc = broadcast(q[c]), nc = broadcast(k_next[c]);
                for (int n = 0; n < kVectors; ++n) {
                    Vec s = load(row + n * kLanes);
                    if constexpr (kGated) s = s * factor;
                    s += kc * delta[n];
                    store(row + n * kLanes, s);
                    o[n] += qc * s;
                    u_next[n] += nc * s;
                }
            }
            for (int n = 0; n < kVectors; ++n) {
                o[n] *= a.scale;
                u[n] = u_next[n];
            }
            store_row<kVectors>(a.out + head.value(t) + first, width, o);
            if (next_position < a.state_positions.size() && a.state_positions[next_position] == t) {
                write_state(head.captured(static_cast<std::int64_t>(next_position++)) + first);
            }
        }
    }

    void fetch(std::int64_t t) const {
        const DeltaRuleArgs<float>& a = head.a;
        for (std::int64_t c = 0; c < width; c += 16) {
            __builtin_prefetch(a.v + head.value(t) + first + c, 0, 2);
            __builtin_prefetch(a.out + head.value(t) + first + c, 0, 2);
        }
        for (std::int64_t c = 0; first == 0 && c < a.K; c += 16) {
            __builtin_prefetch(a.k + head.key(t) + c, 0, 2);
            __builtin_prefetch(a.q + head.key(t) + c, 0, 2);
        }
    }
};

// Panels [begin, end) of all heads, counted head after head, for all tokens.
class RecurrentPanels {
public:
    RecurrentPanels(const DeltaRuleArgs<float>& a, std::int64_t begin, std::int64_t end)
        : a_(a), panels_((a.V + kPanel - 1) / kPanel), begin_(begin), end_(end),
          S_(scratch(static_cast<std::size_t>((end - begin) * a.K * kPanel))) {}

    void run() const {
        std::int64_t longest = 0;  // neighbours may be of sequences of different lengths
        each([&](const auto& panel) {
            panel.begin();
            if (panel.head.T > longest) longest = panel.head.T;
        });
        const std::int64_t tokens = a_.K <= kNarrow ? kTurn : longest;
        std::size_t next_position = 0;
        for (std::int64_t t = 0; t < longest; t += tokens) {
            const std::int64_t until = t + tokens;
            each([&](const auto& panel) {
                const std::int64_t end = until < panel.head.T ? until : panel.head.T;
                if (t >= end) return;
                if (a_.g != nullptr) {
                    panel.template run<true>(t, end, next_position);
                } else {
                    panel.template run<false>(t, end, next_position);
                }
            });
            while (next_position < a_.state_positions.size() && a_.state_positions[next_position] < until) ++next_position;
        }
        if (a_.final_state == nullptr) return;
        each([&](const auto& panel) { panel.write_state(a_.final_state + panel.head.state() + panel.first); });
    }

private:
    static constexpr std::int64_t kNarrow = 64;  ///< keys; S of wider ones should stay in the first-level cache for longer
    static constexpr std::int64_t kTurn = 16;    ///< tokens

    template <class Body>
    void each(const Body& body) const {
        for (std::int64_t i = begin_; i < end_; ++i) {
            const HeadIndex head{a_, i / panels_ / a_.HV, i / panels_ % a_.HV};
            const std::int64_t first = i % panels_ * kPanel;
            const std::int64_t width = kPanel < a_.V - first ? kPanel : a_.V - first;
            float* S = S_ + (i - begin_) * a_.K * kPanel;
            switch ((width + kLanes - 1) / kLanes) {
                case 1: body(Panel<1>{head, first, width, S}); break;
                case 2: body(Panel<2>{head, first, width, S}); break;
                case 3: body(Panel<3>{head, first, width, S}); break;
                default: body(Panel<4>{head, first, width, S}); break;
            }
        }
    }

    const DeltaRuleArgs<float>& a_;
    std::int64_t panels_, begin_, end_;
    float* S_;
};

inline void recurrent_forward(const DeltaRuleArgs<float>& a) {
    const std::int64_t panels = (a.V + kPanel - 1) / kPanel;
    // Waking a thread costs as much as some 100,000 multiply-adds: a decode step of a small model stays on one.
    constexpr std::int64_t kWorthAThread = 100'000;
    constexpr std::int64_t kHeadsInTurn = 8;
    const std::int64_t work = 3 * a.K * (a.V < kPanel ? a.V : kPanel);  // of a token
    const TokenShares shares(a.B, a.T, a.offsets, a.HV * panels);
    parallel_for(shares.total(), 1 + kWorthAThread / work, [&](std::int64_t from, std::int64_t to) {
        const std::int64_t begin = shares.item_at(from), end = shares.item_at(to), group = kHeadsInTurn * panels;
        for (std::int64_t i = begin; i < end; i += group) RecurrentPanels(a, i, i + group < end ? i + group : end).run();
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
