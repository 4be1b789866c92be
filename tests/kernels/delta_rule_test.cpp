// SPDX-License-Identifier: Apache-2.0
// Every implementation of the delta rule against the fp64 recurrence, forward and backward.
#include "delta_rule_case.hpp"
#include "kernels/parallel.hpp"

#include <gtest/gtest.h>

namespace rankscope::kernels::testing {
namespace {

// Unit keys, gates in the usual range; a few percent of fp32 resolution times the number of summands.
constexpr double kTolerance = 1e-5;
constexpr double kStrongDecayTolerance = 5e-5;

std::int64_t below(std::mt19937& random, std::int64_t limit) {
    return std::uniform_int_distribution<std::int64_t>(0, limit - 1)(random);
}

// Widths that kernels get wrong: 1, around vector and chunk sizes, and anything.
std::int64_t width(std::mt19937& random) {
    static constexpr std::int64_t kSpecial[] = {1, 2, 3, 7, 8, 13, 15, 16, 17, 31, 32, 33, 48, 60, 63, 64, 65, 80, 96, 100, 127, 128, 129, 192, 255, 256};
    if (below(random, 2) == 0) return kSpecial[below(random, std::ssize(kSpecial))];
    return 1 + below(random, 256);
}

DeltaRuleShape random_shape(std::mt19937& random) {
    static constexpr std::int64_t kLengths[] = {1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 192, 256, 257, 300};
    DeltaRuleShape s;
    s.B = 1 + below(random, 3);
    s.T = below(random, 2) == 0 ? kLengths[below(random, std::ssize(kLengths))] : 1 + below(random, 300);
    s.H = 1 + below(random, 3);
    s.HV = s.H * (1 + below(random, 3));
    s.K = width(random);
    s.V = width(random);
    s.gate = below(random, 3) != 0;
    s.initial = below(random, 2) == 0;
    s.decay = below(random, 3) == 0 ? 30 : 1;
    if (below(random, 2) == 0) {
        for (std::int64_t t = below(random, s.T); t < s.T; t += 1 + below(random, s.T)) s.positions.push_back(t);
    }
    // The work of the scalar reference is bounded, so that many shapes fit the time of a test.
    while (s.B * s.T * s.HV * s.K * s.V > 40'000'000) {
        if (s.B > 1) {
            s.B = 1;
        } else if (s.HV > s.H) {
            s.HV = s.H;
        } else {
            s.H = s.HV = 1;
            break;
        }
    }
    return s;
}

double tolerance(const DeltaRuleShape& s) {
    return s.gate && s.decay > 1 ? kStrongDecayTolerance : kTolerance;
}

void expect_close(const std::vector<float>& got, const std::vector<double>& want, double bound, const char* what) {
    EXPECT_LE(relative_error(got, want), bound) << what;
}

void check_forward(const DeltaRuleImplementation& kernel, const DeltaRuleCase& problem) {
    DeltaRuleRun<float> run(problem);
    DeltaRuleRun<double> reference(problem);
    ASSERT_TRUE(kernel.supports(run.forward()));
    kernel.run(run.forward());
    delta_rule_reference(reference.forward());
    const double bound = tolerance(problem.shape);
    expect_close(run.out, reference.out, bound, "out");
    expect_close(run.final_state, reference.final_state, bound, "final_state");
    expect_close(run.states, reference.states, bound, "states");
    EXPECT_TRUE(run.guards_intact());
}

void check_backward(const DeltaRuleImplementation& kernel, const DeltaRuleCase& problem) {
    DeltaRuleRun<float> run(problem);
    DeltaRuleRun<double> reference(problem);
    kernel.run_backward(run.backward());
    delta_rule_reference_backward(reference.backward());
    const double bound = tolerance(problem.shape) * 2;
    expect_close(run.d_q, reference.d_q, bound, "d_q");
    expect_close(run.d_k, reference.d_k, bound, "d_k");
    expect_close(run.d_v, reference.d_v, bound, "d_v");
    expect_close(run.d_beta, reference.d_beta, bound, "d_beta");
    expect_close(run.d_g, reference.d_g, bound, "d_g");
    expect_close(run.d_initial, reference.d_initial, bound, "d_initial_state");
    EXPECT_TRUE(run.guards_intact());
}

class DeltaRule : public ::testing::TestWithParam<DeltaRuleImplementation> {};

TEST_P(DeltaRule, FollowsTheReferenceAtRandomShapes) {
    std::mt19937 random(7);
    for (unsigned i = 0; i < 60; ++i) {
        const DeltaRuleCase problem(random_shape(random), i);
        SCOPED_TRACE(problem.shape.name());
        check_forward(GetParam(), problem);
    }
}

TEST_P(DeltaRule, HasTheGradientsOfTheReferenceAtRandomShapes) {
    std::mt19937 random(11);
    for (unsigned i = 0; i < 30; ++i) {
        const DeltaRuleCase problem(random_shape(random), i);
        SCOPED_TRACE(problem.shape.name());
        check_backward(GetParam(), problem);
    }
}

INSTANTIATE_TEST_SUITE_P(Implementations, DeltaRule,
                         ::testing::ValuesIn(tested_implementations()),
                         implementation_name);

}  // namespace
}  // namespace rankscope::kernels::testing
