// SPDX-License-Identifier: Apache-2.0
// Recurrent (gated) delta rule, forward. The columns of S do not depend on each other, so the work is cut into panels of
// up to four vectors of columns whose part of S stays in the first-level cache for all tokens. One pass over the panel per
// token: while row c of S is in registers it is decayed and updated, read by q_t, and read by k_{t+1} for the next token.
#pragma once

#include "kernels/cpu/delta_rule_head.hpp"
#include "kernels/cpu/scratch.hpp"
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

    template <bool kGated>
    void run() const {
        const DeltaRuleArgs<float>& a = head.a;
        begin();
        Vec u[kVectors];
        read(a.k + head.key(0), u);
        std::size_t next_position = 0;
        for (std::int64_t t = 0; t < a.T; ++t) {
            const float* q = a.q + head.key(t);
            const float* k = a.k + head.key(t);
            const float* k_next = t + 1 < a.T ? a.k + head.key(t + 1) : k;
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
        if (a.final_state != nullptr) write_state(a.final_state + head.state() + first);
    }
};

template <int kVectors>
void run_panel(const HeadIndex& head, std::int64_t first, std::int64_t width) {
    const Panel<kVectors> panel{head, first, width, scratch(static_cast<std::size_t>(head.a.K * Panel<kVectors>::kWidth))};
    if (head.a.g != nullptr) {
        panel.template run<true>();
    } else {
        panel.template run<false>();
    }
}

inline void recurrent_forward(const DeltaRuleArgs<float>& a) {
    const std::int64_t panels = (a.V + kPanel - 1) / kPanel;
    // Waking a thread costs as much as some 100,000 multiply-adds: a decode step of a small model stays on one.
    constexpr std::int64_t kWorthAThread = 100'000;
    const std::int64_t work = 3 * a.T * a.K * (a.V < kPanel ? a.V : kPanel);
    parallel_for(a.B * a.HV * panels, 1 + kWorthAThread / work, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const HeadIndex head{a, i / panels / a.HV, i / panels % a.HV};
            const std::int64_t first = i % panels * kPanel;
            const std::int64_t width = kPanel < a.V - first ? kPanel : a.V - first;
            switch ((width + kLanes - 1) / kLanes) {
                case 1: run_panel<1>(head, first, width); break;
                case 2: run_panel<2>(head, first, width); break;
                case 3: run_panel<3>(head, first, width); break;
                default: run_panel<4>(head, first, width); break;
            }
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
