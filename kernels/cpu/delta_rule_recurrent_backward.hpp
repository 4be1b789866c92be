// SPDX-License-Identifier: Apache-2.0
// Gradient of the recurrent (gated) delta rule. Notation of the reference: S̄ = e^g S_{t-1}, e = v - S̄ᵀk, u = beta e,
// S_t = S̄ + k uᵀ. Columns are cut into panels as in the forward pass. A first sweep keeps the state at every kSpan-th token;
// then, from the last span to the first, the states inside the span are computed again and walked backwards. What is
// summed over columns (d_q, d_k, d_beta, d_g) is accumulated panel after panel by the one thread that owns the key head,
// in a fixed order: the bits do not depend on the number of threads.
#pragma once

#include "kernels/cpu/delta_rule_head.hpp"
#include "kernels/cpu/scratch.hpp"
#include "kernels/cpu/token_shares.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kSpan = 32;
constexpr std::int64_t kBackwardPanel = 2 * kLanes;

template <int kVectors>
struct BackwardPanel {
    const DeltaRuleBackwardArgs<float>& w;
    HeadIndex head;
    std::int64_t first, width;
    bool first_of_key_head;  ///< overwrite d_q and d_k; otherwise add
    bool first_of_head;      ///< the same for d_beta and d_g

    static constexpr std::int64_t kWidth = kVectors * kLanes;

    const DeltaRuleArgs<float>& a = head.a;
    std::int64_t rows = round_up(a.K, kLanes);  ///< of S, zero rows at the end: their keys are zero as well
    std::int64_t cells = rows * kWidth;
    float *borders = nullptr, *states = nullptr, *errors = nullptr, *keys = nullptr, *queries = nullptr, *dS = nullptr,
          *dk_parts = nullptr;

    [[nodiscard]] std::int64_t spans() const { return (head.T + kSpan - 1) / kSpan; }

    void run() {
        const std::int64_t need = spans() * cells + (kSpan + 2) * cells + kSpan * kWidth + 2 * kSpan * rows;
        borders = scratch(static_cast<std::size_t>(need));
        states = borders + spans() * cells;
        dS = states + (kSpan + 1) * cells;
        errors = dS + cells;
        keys = errors + kSpan * kWidth;
        queries = keys + kSpan * rows;
        zero_floats(borders, cells);
        if (a.initial_state != nullptr) pad_rows(borders, kWidth, a.initial_state + head.state() + first, a.V, width, a.K);
        for (std::int64_t s = 0; s + 1 < spans(); ++s) {
            load_keys(s * kSpan, kSpan);
            float* next = borders + (s + 1) * cells;
            step(s * kSpan, 0, borders + s * cells, next);
            for (std::int64_t i = 1; i < kSpan; ++i) step(s * kSpan + i, i, next, next);
        }
        zero_floats(dS, cells);
        if (w.d_final_state != nullptr) pad_rows(dS, kWidth, w.d_final_state + head.state() + first, a.V, width, a.K);
        for (std::int64_t s = spans() - 1; s >= 0; --s) {
            const std::int64_t begin = s * kSpan, count = kSpan < head.T - begin ? kSpan : head.T - begin;
            load_keys(begin, count);
            copy_floats(states, borders + s * cells, cells);
            for (std::int64_t i = 0; i < count; ++i) step(begin + i, i, states + i * cells, states + (i + 1) * cells);
            for (std::int64_t i = count - 1; i >= 0; --i) step_back(begin + i, i);
        }
        if (w.d_initial_state == nullptr) return;
        for (std::int64_t c = 0; c < a.K; ++c) copy_floats(w.d_initial_state + head.state() + first + c * a.V, dS + c * kWidth, width);
    }

    void load_keys(std::int64_t begin, std::int64_t count) const {
        pad_rows(keys, rows, a.k + head.key(begin), a.H * a.K, a.K, count);
        pad_rows(queries, rows, a.q + head.key(begin), a.H * a.K, a.K, count);
    }

    // One token forward; `to` may be `from`. Keeps e for the way back.
    void step(std::int64_t t, std::int64_t i, const float* from, float* to) const {
        const float* k = keys + i * rows;
        const float factor = head.decay(t), beta = a.beta[head.gate(t)];
        Vec even[kVectors] = {}, odd[kVectors] = {}, v[kVectors], u[kVectors];
        for (std::int64_t c = 0; c < rows; c += 2) {
            for (int n = 0; n < kVectors; ++n) {
                even[n] += k[c] * load(from + c * kWidth + n * kLanes);
                odd[n] += k[c + 1] * load(from + (c + 1) * kWidth + n * kLanes);
            }
        }
        load_row<kVectors>(a.v + head.value(t) + first, width, v);
        for (int n = 0; n < kVectors; ++n) {
            const Vec e = v[n] - factor * (even[n] + odd[n]);
            store(errors + i * kWidth + n * kLanes, e);
            u[n] = beta * e;
        }
        for (std::int64_t c = 0; c < rows; ++c) {
            for (int n = 0; n < kVectors; ++n) {
                const std::int64_t at = c * kWidth + n * kLanes;
                store(to + at, factor * load(from + at) + k[c] * u[n]);
            }
        }
    }

    void step_back(std::int64_t t, std::int64_t i) const {
        const float *k = keys + i * rows, *q = queries + i * rows;
        const float *before = states + i * cells, *after = before + cells;
        const float factor = head.decay(t), beta = a.beta[head.gate(t)];
        Vec d_o[kVectors], u[kVectors], du[kVectors] = {}, de[kVectors];
        load_row<kVectors>(w.d_out + head.value(t) + first, width, d_o);
        Vec d_beta{}, d_g{};
        for (int n = 0; n < kVectors; ++n) {
            d_o[n] *= a.scale;
            u[n] = beta * load(errors + i * kWidth + n * kLanes);
        }
        for (std::int64_t c = 0; c < rows; ++c) {  // dS += scale q d_oᵀ;  du = dSᵀk
            for (int n = 0; n < kVectors; ++n) {
                float* row = dS + c * kWidth + n * kLanes;
                const Vec d = load(row) + q[c] * d_o[n];
                store(row, d);
                du[n] += k[c] * d;
            }
        }
        for (int n = 0; n < kVectors; ++n) {
            d_beta += du[n] * load(errors + i * kWidth + n * kLanes);
            de[n] = beta * du[n];
        }
        store_row<kVectors>(w.d_v + head.value(t) + first, width, de);
        for (std::int64_t block = 0; block < rows; block += kLanes) {
            Vec dq[kLanes], dk[kLanes];
            for (int r = 0; r < kLanes; ++r) {
                const std::int64_t c = block + r;
                Vec sum_q{}, sum_k{}, sum_s{};
                for (int n = 0; n < kVectors; ++n) {
                    const std::int64_t at = c * kWidth + n * kLanes;
                    const Vec s = load(before + at), d = load(dS + at);
                    sum_q += load(after + at) * d_o[n];
                    sum_k += d * u[n];
                    sum_s += s * de[n];
                    const Vec d_bar = d - k[c] * de[n];
                    d_g += d_bar * s;
                    store(dS + at, factor * d_bar);
                }
                dq[r] = sum_q;
                dk[r] = sum_k - factor * sum_s;
            }
            const std::int64_t count = kLanes < a.K - block ? kLanes : a.K - block;
            add(w.d_q + head.key(t) + block, count, lane_sums(dq), first_of_key_head);
            add(w.d_k + head.key(t) + block, count, lane_sums(dk), first_of_key_head);
        }
        float* beta_to = w.d_beta + head.gate(t);
        *beta_to = (first_of_head ? 0.0F : *beta_to) + sum(d_beta);
        if (w.d_g == nullptr) return;
        float* g_to = w.d_g + head.gate(t);
        *g_to = (first_of_head ? 0.0F : *g_to) + factor * sum(d_g);
    }

    static void add(float* to, std::int64_t count, Vec x, bool overwrite) {
        if (!overwrite) {
            Vec old;
            load_row<1>(to, count, &old);
            x += old;
        }
        store_row<1>(to, count, &x);
    }
};

inline void recurrent_backward(const DeltaRuleBackwardArgs<float>& w) {
    const DeltaRuleArgs<float>& a = w.forward;
    const std::int64_t group = a.HV / a.H;
    const TokenShares shares(a.B, a.T, a.offsets, a.H);
    parallel_for(shares.total(), 1, [&](std::int64_t from, std::int64_t to) {
        const std::int64_t end = shares.item_at(to);
        for (std::int64_t i = shares.item_at(from); i < end; ++i) {
            for (std::int64_t j = 0; j < group; ++j) {
                const HeadIndex head{a, i / a.H, i % a.H * group + j};
                for (std::int64_t first = 0; first < a.V; first += kBackwardPanel) {
                    const std::int64_t width = kBackwardPanel < a.V - first ? kBackwardPanel : a.V - first;
                    if (width > kLanes) {
                        BackwardPanel<2>{w, head, first, width, first == 0 && j == 0, first == 0}.run();
                    } else {
                        BackwardPanel<1>{w, head, first, width, first == 0 && j == 0, first == 0}.run();
                    }
                }
            }
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
