// SPDX-License-Identifier: Apache-2.0
// Recurrent (gated) delta rule, forward. The columns of S do not depend on each other, so the work is cut into panels of
// up to four vectors of columns whose part of S stays in the first-level cache for all tokens. One pass over the panel per
// token: while row c of S is in registers it is decayed and updated, read by q_t, and read by k_{t+1} for the next token.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/simd.hpp"
#include "kernels/delta_rule.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kPanel = 4 * kLanes;

// Scratch memory of a thread, aligned for whole vectors, reused from call to call.
inline float* scratch(std::size_t floats) {
    thread_local std::vector<float> buffer;
    if (buffer.size() < floats + 16) buffer.resize(floats + 16);
    auto address = reinterpret_cast<std::uintptr_t>(buffer.data());
    return reinterpret_cast<float*>((address + 63) & ~std::uintptr_t{63});
}

// kVectors vectors of columns beginning at column `first`; `width` of them are real, the rest stays zero.
template <int kVectors>
struct Panel {
    const DeltaRuleArgs<float>& a;
    std::int64_t b, hv, first, width;
    float* S;  ///< [K][kVectors * kLanes]

    static constexpr std::int64_t kWidth = kVectors * kLanes;

    [[nodiscard]] std::int64_t key(std::int64_t t) const { return ((b * a.T + t) * a.H + hv / (a.HV / a.H)) * a.K; }

    [[nodiscard]] std::int64_t value(std::int64_t t) const { return ((b * a.T + t) * a.HV + hv) * a.V + first; }

    [[nodiscard]] std::int64_t gate(std::int64_t t) const { return (b * a.T + t) * a.HV + hv; }

    [[nodiscard]] std::int64_t state() const { return (b * a.HV + hv) * a.K * a.V + first; }

    [[nodiscard]] float decay(std::int64_t t) const { return a.g != nullptr ? std::exp(a.g[gate(t)]) : 1.0F; }

    void load_row(const float* from, Vec* to) const {
        if (width == kWidth) {
            for (int n = 0; n < kVectors; ++n) to[n] = load(from + n * kLanes);
            return;
        }
        alignas(64) float row[kWidth] = {};
        std::copy(from, from + width, row);
        for (int n = 0; n < kVectors; ++n) to[n] = load(row + n * kLanes);
    }

    void store_row(float* to, const Vec* from) const {
        if (width == kWidth) {
            for (int n = 0; n < kVectors; ++n) store(to + n * kLanes, from[n]);
            return;
        }
        alignas(64) float row[kWidth];
        for (int n = 0; n < kVectors; ++n) store(row + n * kLanes, from[n]);
        std::copy(row, row + width, to);
    }

    void begin() const {
        if (a.initial_state == nullptr) {
            std::fill(S, S + a.K * kWidth, 0.0F);
            return;
        }
        for (std::int64_t c = 0; c < a.K; ++c) {
            Vec row[kVectors];
            load_row(a.initial_state + state() + c * a.V, row);
            for (int n = 0; n < kVectors; ++n) store(S + c * kWidth + n * kLanes, row[n]);
        }
    }

    void write_state(float* to) const {
        for (std::int64_t c = 0; c < a.K; ++c) std::copy(S + c * kWidth, S + c * kWidth + width, to + c * a.V);
    }

    // Sᵀk
    void read(const float* k, Vec* u) const {
        Vec even[kVectors] = {}, odd[kVectors] = {};
        std::int64_t c = 0;
        for (; c + 1 < a.K; c += 2) {
            for (int n = 0; n < kVectors; ++n) {
                even[n] += k[c] * load(S + c * kWidth + n * kLanes);
                odd[n] += k[c + 1] * load(S + (c + 1) * kWidth + n * kLanes);
            }
        }
        for (; c < a.K; ++c) {
            for (int n = 0; n < kVectors; ++n) even[n] += k[c] * load(S + c * kWidth + n * kLanes);
        }
        for (int n = 0; n < kVectors; ++n) u[n] = even[n] + odd[n];
    }

    template <bool kGated>
    void run() const {
        begin();
        Vec u[kVectors];
        read(a.k + key(0), u);
        std::size_t next_position = 0;
        for (std::int64_t t = 0; t < a.T; ++t) {
            const float* q = a.q + key(t);
            const float* k = a.k + key(t);
            const float* k_next = t + 1 < a.T ? a.k + key(t + 1) : k;
            const float factor = kGated ? decay(t) : 1.0F;
            const float beta = a.beta[gate(t)];
            Vec v[kVectors], delta[kVectors], o[kVectors] = {}, u_next[kVectors] = {};
            load_row(a.v + value(t), v);
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
            store_row(a.out + value(t), o);
            if (next_position < a.state_positions.size() && a.state_positions[next_position] == t) {
                const auto p = static_cast<std::int64_t>(next_position++);
                write_state(a.states + p * a.B * a.HV * a.K * a.V + state());
            }
        }
        if (a.final_state != nullptr) write_state(a.final_state + state());
    }
};

template <int kVectors>
void run_panel(const DeltaRuleArgs<float>& a, std::int64_t b, std::int64_t hv, std::int64_t first, std::int64_t width) {
    const Panel<kVectors> panel{a, b, hv, first, width, scratch(static_cast<std::size_t>(a.K * Panel<kVectors>::kWidth))};
    if (a.g != nullptr) {
        panel.template run<true>();
    } else {
        panel.template run<false>();
    }
}

inline void recurrent_forward(const DeltaRuleArgs<float>& a) {
    const std::int64_t panels = (a.V + kPanel - 1) / kPanel;
    parallel_for(a.B * a.HV * panels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::int64_t head = i / panels, first = i % panels * kPanel;
            const std::int64_t width = std::min(kPanel, a.V - first);
            switch ((width + kLanes - 1) / kLanes) {
                case 1: run_panel<1>(a, head / a.HV, head % a.HV, first, width); break;
                case 2: run_panel<2>(a, head / a.HV, head % a.HV, first, width); break;
                case 3: run_panel<3>(a, head / a.HV, head % a.HV, first, width); break;
                default: run_panel<4>(a, head / a.HV, head % a.HV, first, width); break;
            }
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
