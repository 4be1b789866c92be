// SPDX-License-Identifier: Apache-2.0
// The recurrence as written in delta_rule.hpp, one token after the other, and its gradient by hand (every S kept).
#include <cmath>
#include <vector>

#include "kernels/delta_rule.hpp"

namespace rankscope::kernels {
namespace {

template <class Real>
struct Head {
    const DeltaRuleArgs<Real>& a;
    std::int64_t b, hv;
    std::int64_t begin = a.offsets != nullptr ? a.offsets[b] : b * a.T;
    std::int64_t T = a.offsets != nullptr ? a.offsets[b + 1] - begin : a.T;

    [[nodiscard]] std::int64_t h() const { return hv / (a.HV / a.H); }

    [[nodiscard]] std::int64_t key(std::int64_t t) const { return ((begin + t) * a.H + h()) * a.K; }

    [[nodiscard]] std::int64_t value(std::int64_t t) const { return ((begin + t) * a.HV + hv) * a.V; }

    [[nodiscard]] std::int64_t gate(std::int64_t t) const { return (begin + t) * a.HV + hv; }

    [[nodiscard]] std::int64_t state() const { return (b * a.HV + hv) * a.K * a.V; }

    [[nodiscard]] Real decay(std::int64_t t) const { return a.g != nullptr ? std::exp(a.g[gate(t)]) : Real(1); }

    [[nodiscard]] std::vector<Real> initial() const {
        std::vector<Real> S(static_cast<std::size_t>(a.K * a.V), Real(0));
        if (a.initial_state != nullptr) S.assign(a.initial_state + state(), a.initial_state + state() + a.K * a.V);
        return S;
    }

    // S <- e^g S;  e = v - Sᵀk;  S <- S + k ⊗ beta e. Leaves S̄ in `decayed` and e in `error` when they are given.
    void step(std::int64_t t, std::vector<Real>& S, std::vector<Real>* decayed, std::vector<Real>& error) const {
        const Real* k = a.k + key(t);
        const Real* v = a.v + value(t);
        const Real factor = decay(t);
        for (Real& s : S) s *= factor;
        if (decayed != nullptr) *decayed = S;
        for (std::int64_t j = 0; j < a.V; ++j) {
            Real read = 0;
            for (std::int64_t c = 0; c < a.K; ++c) read += k[c] * S[static_cast<std::size_t>(c * a.V + j)];
            error[static_cast<std::size_t>(j)] = v[j] - read;
        }
        const Real beta = a.beta[gate(t)];
        for (std::int64_t c = 0; c < a.K; ++c) {
            for (std::int64_t j = 0; j < a.V; ++j) S[static_cast<std::size_t>(c * a.V + j)] += k[c] * beta * error[static_cast<std::size_t>(j)];
        }
    }
};

template <class Real>
void backward_head(const DeltaRuleBackwardArgs<Real>& w, const Head<Real>& head) {
    const DeltaRuleArgs<Real>& a = w.forward;
    const auto V = static_cast<std::size_t>(a.V);
    std::vector<std::vector<Real>> decayed(static_cast<std::size_t>(head.T));
    std::vector<std::vector<Real>> errors(static_cast<std::size_t>(head.T), std::vector<Real>(V));
    std::vector<Real> S = head.initial();
    for (std::int64_t t = 0; t < head.T; ++t) head.step(t, S, &decayed[static_cast<std::size_t>(t)], errors[static_cast<std::size_t>(t)]);

    std::vector<Real> dS(S.size(), Real(0));
    if (w.d_final_state != nullptr) dS.assign(w.d_final_state + head.state(), w.d_final_state + head.state() + a.K * a.V);
    std::vector<Real> du(V);
    for (std::int64_t t = head.T - 1; t >= 0; --t) {
        const Real *q = a.q + head.key(t), *k = a.k + head.key(t), *d_o = w.d_out + head.value(t);
        const Real beta = a.beta[head.gate(t)];
        const std::vector<Real>& bar = decayed[static_cast<std::size_t>(t)];
        const std::vector<Real>& e = errors[static_cast<std::size_t>(t)];
        std::fill(du.begin(), du.end(), Real(0));
        for (std::int64_t c = 0; c < a.K; ++c) {
            Real dq = 0, dk = 0;
            for (std::size_t j = 0; j < V; ++j) {
                const std::size_t i = static_cast<std::size_t>(c) * V + j;
                dS[i] += a.scale * q[c] * d_o[j];
                dq += (bar[i] + k[c] * beta * e[j]) * d_o[j];
                dk += dS[i] * beta * e[j];
                du[j] += dS[i] * k[c];
            }
            w.d_q[head.key(t) + c] += a.scale * dq;
            w.d_k[head.key(t) + c] += dk;
        }
        Real d_beta = 0;
        for (std::size_t j = 0; j < V; ++j) {
            d_beta += du[j] * e[j];
            w.d_v[head.value(t) + static_cast<std::int64_t>(j)] = beta * du[j];
        }
        w.d_beta[head.gate(t)] = d_beta;
        Real d_g = 0;
        const Real factor = head.decay(t);
        for (std::int64_t c = 0; c < a.K; ++c) {
            for (std::size_t j = 0; j < V; ++j) {
                const std::size_t i = static_cast<std::size_t>(c) * V + j;
                const Real de = beta * du[j];
                w.d_k[head.key(t) + c] -= bar[i] * de;
                dS[i] -= k[c] * de;
                d_g += dS[i] * bar[i];
                dS[i] *= factor;
            }
        }
        if (w.d_g != nullptr) w.d_g[head.gate(t)] = d_g;
    }
    if (w.d_initial_state != nullptr) std::copy(dS.begin(), dS.end(), w.d_initial_state + head.state());
}

}  // namespace

template <class Real>
void delta_rule_reference(const DeltaRuleArgs<Real>& a) {
    std::vector<Real> error(static_cast<std::size_t>(a.V));
    for (std::int64_t b = 0; b < a.B; ++b) {
        for (std::int64_t hv = 0; hv < a.HV; ++hv) {
            const Head<Real> head{a, b, hv};
            std::vector<Real> S = head.initial();
            std::size_t next = 0;
            for (std::int64_t t = 0; t < head.T; ++t) {
                head.step(t, S, nullptr, error);
                const Real* q = a.q + head.key(t);
                for (std::int64_t j = 0; j < a.V; ++j) {
                    Real o = 0;
                    for (std::int64_t c = 0; c < a.K; ++c) o += q[c] * S[static_cast<std::size_t>(c * a.V + j)];
                    a.out[head.value(t) + j] = a.scale * o;
                }
                if (next < a.state_positions.size() && a.state_positions[next] == t) {
                    const auto p = static_cast<std::int64_t>(next++);
                    std::copy(S.begin(), S.end(), a.states + ((p * a.B + b) * a.HV + hv) * a.K * a.V);
                }
            }
            if (a.final_state != nullptr) std::copy(S.begin(), S.end(), a.final_state + head.state());
        }
    }
}

template <class Real>
void delta_rule_reference_backward(const DeltaRuleBackwardArgs<Real>& w) {
    const DeltaRuleArgs<Real>& a = w.forward;
    const std::int64_t begin = a.offsets != nullptr ? a.offsets[0] : 0, end = a.offsets != nullptr ? a.offsets[a.B] : a.B * a.T;
    for (Real* keys : {w.d_q, w.d_k}) std::fill(keys + begin * a.H * a.K, keys + end * a.H * a.K, Real(0));
    for (std::int64_t b = 0; b < a.B; ++b) {
        for (std::int64_t hv = 0; hv < a.HV; ++hv) backward_head(w, Head<Real>{a, b, hv});
    }
}

template void delta_rule_reference<float>(const DeltaRuleArgs<float>&);
template void delta_rule_reference<double>(const DeltaRuleArgs<double>&);
template void delta_rule_reference_backward<float>(const DeltaRuleBackwardArgs<float>&);
template void delta_rule_reference_backward<double>(const DeltaRuleBackwardArgs<double>&);

}  // namespace rankscope::kernels
