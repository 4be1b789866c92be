// SPDX-License-Identifier: Apache-2.0
// The gradient of the fp64 reference, which judges all others, against central differences of its forward pass.
#include "delta_rule_case.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace rankscope::kernels::testing {
namespace {

// The scalar loss whose gradients `backward` states: <out, d_out> + <S_T, d_final_state>.
double loss(const DeltaRuleCase& problem) {
    DeltaRuleRun<double> run(problem);
    delta_rule_reference(run.forward());
    const double outputs = std::inner_product(run.d_out.begin(), run.d_out.end(), run.out.begin(), 0.0);
    return std::inner_product(run.d_final.begin(), run.d_final.end(), run.final_state.begin(), outputs);
}

void check(DeltaRuleCase problem, std::vector<double> DeltaRuleCase::* input, const std::vector<double>& gradient, const char* name) {
    constexpr double kStep = 1e-6;
    for (std::size_t i = 0; i < (problem.*input).size(); ++i) {
        double& x = (problem.*input)[i];
        const double old = x;
        x = old + kStep;
        const double above = loss(problem);
        x = old - kStep;
        const double below = loss(problem);
        x = old;
        const double slope = (above - below) / (2 * kStep);
        EXPECT_NEAR(gradient[i], slope, 1e-7 * (1 + std::abs(slope))) << name << '[' << i << ']';
    }
}

TEST(DeltaRuleReference, GradientIsTheSlopeOfTheLoss) {
    for (const bool gate : {false, true}) {
        const DeltaRuleCase problem({.B = 2, .T = 5, .H = 2, .HV = 4, .K = 3, .V = 4, .gate = gate, .initial = true}, 21);
        DeltaRuleRun<double> run(problem);
        delta_rule_reference_backward(run.backward());
        check(problem, &DeltaRuleCase::q, run.d_q, "q");
        check(problem, &DeltaRuleCase::k, run.d_k, "k");
        check(problem, &DeltaRuleCase::v, run.d_v, "v");
        check(problem, &DeltaRuleCase::beta, run.d_beta, "beta");
        check(problem, &DeltaRuleCase::g, run.d_g, "g");
        check(problem, &DeltaRuleCase::initial, run.d_initial, "initial_state");
    }
}

}  // namespace
}  // namespace rankscope::kernels::testing
