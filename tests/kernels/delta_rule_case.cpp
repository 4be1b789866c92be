// SPDX-License-Identifier: Apache-2.0
#include "delta_rule_case.hpp"

#include <sstream>

namespace rankscope::kernels::testing {
namespace {

constexpr double kUntouched = 12345.5;

std::vector<double> normal(std::int64_t count, std::mt19937& random) {
    std::normal_distribution<float> draw;
    std::vector<double> x(static_cast<std::size_t>(count));
    for (double& value : x) value = draw(random);
    return x;
}

void normalise(std::vector<double>& rows, std::int64_t width) {
    for (std::size_t begin = 0; begin < rows.size(); begin += static_cast<std::size_t>(width)) {
        double squares = 1e-6;
        for (std::int64_t c = 0; c < width; ++c) squares += rows[begin + static_cast<std::size_t>(c)] * rows[begin + static_cast<std::size_t>(c)];
        for (std::int64_t c = 0; c < width; ++c) {
            double& x = rows[begin + static_cast<std::size_t>(c)];
            x = static_cast<float>(x / std::sqrt(squares));
        }
    }
}

template <class Real>
std::vector<Real> convert(const std::vector<double>& x) {
    return {x.begin(), x.end()};
}

template <class Real>
std::vector<Real> results(std::int64_t count, std::size_t guard) {
    return std::vector<Real>(static_cast<std::size_t>(count) + guard, static_cast<Real>(kUntouched));
}

template <class Real>
const Real* given(const std::vector<Real>& x) {
    return x.empty() ? nullptr : x.data();
}

}  // namespace

std::string DeltaRuleShape::name() const {
    std::ostringstream text;
    text << "B" << B << " T" << T << " H" << H << " HV" << HV << " K" << K << " V" << V;
    if (gate) text << " g>-" << decay;
    if (initial) text << " S0";
    for (const std::int64_t p : positions) text << " @" << p;
    return text.str();
}

DeltaRuleCase::DeltaRuleCase(DeltaRuleShape shape_in, unsigned seed) : shape(std::move(shape_in)) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> unit(0, 1);
    const DeltaRuleShape& s = shape;
    scale = static_cast<float>(1 / std::sqrt(static_cast<double>(s.K)));
    q = normal(s.B * s.T * s.H * s.K, random);
    k = normal(s.B * s.T * s.H * s.K, random);
    normalise(q, s.K);
    normalise(k, s.K);
    v = normal(s.B * s.T * s.HV * s.V, random);
    beta.resize(static_cast<std::size_t>(s.B * s.T * s.HV));
    for (double& x : beta) x = 2 * unit(random);
    if (s.gate) {
        g.resize(beta.size());
        for (double& x : g) x = static_cast<float>(-s.decay * static_cast<double>(unit(random)));
    }
    if (s.initial) initial = normal(s.B * s.HV * s.K * s.V, random);
    d_out = normal(s.B * s.T * s.HV * s.V, random);
    d_final = normal(s.B * s.HV * s.K * s.V, random);
}

template <class Real>
DeltaRuleRun<Real>::DeltaRuleRun(const DeltaRuleCase& problem)
    : shape(problem.shape),
      scale(problem.scale),
      q(convert<Real>(problem.q)),
      k(convert<Real>(problem.k)),
      v(convert<Real>(problem.v)),
      beta(convert<Real>(problem.beta)),
      g(convert<Real>(problem.g)),
      initial(convert<Real>(problem.initial)),
      d_out(convert<Real>(problem.d_out)),
      d_final(convert<Real>(problem.d_final)) {
    const DeltaRuleShape& s = shape;
    const std::int64_t cells = s.B * s.HV * s.K * s.V, gates = s.B * s.T * s.HV;
    out = results<Real>(gates * s.V, kGuard);
    final_state = results<Real>(cells, kGuard);
    states = results<Real>(cells * std::ssize(s.positions), kGuard);
    d_q = results<Real>(s.B * s.T * s.H * s.K, kGuard);
    d_k = d_q;
    d_v = out;
    d_beta = results<Real>(gates, kGuard);
    d_g = d_beta;
    d_initial = final_state;
}

template <class Real>
DeltaRuleArgs<Real> DeltaRuleRun<Real>::forward() {
    DeltaRuleArgs<Real> a;
    a.B = shape.B;
    a.T = shape.T;
    a.H = shape.H;
    a.HV = shape.HV;
    a.K = shape.K;
    a.V = shape.V;
    a.scale = static_cast<Real>(scale);
    a.q = q.data();
    a.k = k.data();
    a.v = v.data();
    a.beta = beta.data();
    a.g = given(g);
    a.initial_state = given(initial);
    a.out = out.data();
    a.final_state = final_state.data();
    a.state_positions = shape.positions;
    a.states = states.data();
    return a;
}

template <class Real>
DeltaRuleBackwardArgs<Real> DeltaRuleRun<Real>::backward() {
    DeltaRuleBackwardArgs<Real> w;
    w.forward = forward();
    w.forward.out = nullptr;
    w.forward.final_state = nullptr;
    w.forward.states = nullptr;
    w.forward.state_positions = {};
    w.d_out = d_out.data();
    w.d_final_state = given(d_final);
    w.d_q = d_q.data();
    w.d_k = d_k.data();
    w.d_v = d_v.data();
    w.d_beta = d_beta.data();
    w.d_g = d_g.data();
    w.d_initial_state = d_initial.data();
    return w;
}

template <class Real>
bool DeltaRuleRun<Real>::guards_intact() const {
    for (const std::vector<Real>* x : {&out, &final_state, &states, &d_q, &d_k, &d_v, &d_beta, &d_g, &d_initial}) {
        for (auto at = x->end() - kGuard; at != x->end(); ++at) {
            if (*at != static_cast<Real>(kUntouched)) return false;
        }
    }
    return true;
}

template struct DeltaRuleRun<float>;
template struct DeltaRuleRun<double>;

}  // namespace rankscope::kernels::testing
