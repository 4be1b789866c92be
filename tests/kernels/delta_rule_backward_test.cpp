// SPDX-License-Identifier: Apache-2.0
// Gradients of every implementation: chosen widths and lengths against the fp64 reference, the slope of the loss, strong
// decay, several heads and strips of columns at once, and the choice between chunks and the recurrence.
#include "kernels/parallel.hpp"

#include "delta_rule_case.hpp"
#include <gtest/gtest.h>

#include <numeric>

namespace rankscope::kernels::testing {
namespace {

constexpr double kTolerance = 2e-5;

using Gradient = std::vector<float> DeltaRuleRun<float>::*;
using ExactGradient = std::vector<double> DeltaRuleRun<double>::*;

struct NamedGradient {
    const char* name;
    Gradient single;
    ExactGradient exact;
    std::vector<double> DeltaRuleCase::*input;
};

constexpr NamedGradient kGradients[] = {
    {"q", &DeltaRuleRun<float>::d_q, &DeltaRuleRun<double>::d_q, &DeltaRuleCase::q},
    {"k", &DeltaRuleRun<float>::d_k, &DeltaRuleRun<double>::d_k, &DeltaRuleCase::k},
    {"v", &DeltaRuleRun<float>::d_v, &DeltaRuleRun<double>::d_v, &DeltaRuleCase::v},
    {"beta", &DeltaRuleRun<float>::d_beta, &DeltaRuleRun<double>::d_beta, &DeltaRuleCase::beta},
    {"g", &DeltaRuleRun<float>::d_g, &DeltaRuleRun<double>::d_g, &DeltaRuleCase::g},
    {"initial_state", &DeltaRuleRun<float>::d_initial, &DeltaRuleRun<double>::d_initial, &DeltaRuleCase::initial},
};

class DeltaRuleBackward : public ::testing::TestWithParam<DeltaRuleImplementation> {
protected:
    ~DeltaRuleBackward() override { set_threads(0); }

    static void expect_reference(const DeltaRuleCase& problem, double tolerance = kTolerance) {
        SCOPED_TRACE(problem.shape.name());
        DeltaRuleRun<float> run(problem);
        DeltaRuleRun<double> reference(problem);
        GetParam().run_backward(run.backward());
        delta_rule_reference_backward(reference.backward());
        for (const NamedGradient& each : kGradients)
            EXPECT_LE(relative_error(run.*each.single, reference.*each.exact), tolerance) << each.name;
        EXPECT_TRUE(run.guards_intact());
    }
};

TEST_P(DeltaRuleBackward, PrunedWidthsAndLengthsAroundChunks) {
    for (const std::int64_t K : {1, 13, 16, 48, 64, 80, 96, 128, 200, 256}) {
        for (const std::int64_t T : {1, 15, 16, 17, 63, 64, 65, 200}) {
            expect_reference(DeltaRuleCase({.T = T, .H = 1, .HV = 2, .K = K, .V = 40, .gate = K % 32 != 0, .initial = T % 2 == 1},
                                           static_cast<unsigned>(K + T)));
        }
    }
}

TEST_P(DeltaRuleBackward, AnyNumberOfColumns) {
    for (const std::int64_t V : {1, 7, 8, 9, 16, 17, 31, 32, 33, 64, 127, 128, 129, 145, 256, 300}) {
        expect_reference(DeltaRuleCase({.B = 2, .T = 37, .H = 2, .HV = 4, .K = 24, .V = V, .gate = true, .initial = true},
                                       static_cast<unsigned>(V)));
    }
}

TEST_P(DeltaRuleBackward, DecaysDownToMinusTwenty) {
    for (const std::int64_t T : {17, 130}) {
        DeltaRuleCase problem({.T = T, .H = 2, .HV = 2, .K = 48, .V = 33, .gate = true, .initial = true, .decay = 20}, 31);
        expect_reference(problem, 5e-5);
        for (double& g : problem.g)
            g = -20;
        expect_reference(problem, 5e-5);
        // Almost nothing is forgotten but for one token in nine.
        for (std::size_t i = 0; i < problem.g.size(); ++i)
            problem.g[i] = i % 9 == 0 ? -20 : static_cast<float>(-1e-3);
        expect_reference(problem);
    }
}

TEST_P(DeltaRuleBackward, EveryTokensDecayHasItsOwnGradient) {
    // Not relative to the largest of them: where much is forgotten they span many powers of ten.
    DeltaRuleCase problem({.T = 32, .K = 16, .V = 16, .gate = true, .initial = true}, 32);
    for (std::size_t i = 0; i < problem.g.size(); ++i)
        problem.g[i] = i % 4 == 3 ? -12 : static_cast<float>(-0.1);
    DeltaRuleRun<float> run(problem);
    DeltaRuleRun<double> reference(problem);
    GetParam().run_backward(run.backward());
    delta_rule_reference_backward(reference.backward());
    for (std::size_t i = 0; i < problem.g.size(); ++i)
        EXPECT_NEAR(run.d_g[i], reference.d_g[i], 1e-3 * std::abs(reference.d_g[i])) << i;
}

// The loss whose gradients `backward` states: <out, d_out> + <S_T, d_final_state>, in fp64.
double loss(const DeltaRuleCase& problem) {
    DeltaRuleRun<double> run(problem);
    delta_rule_reference(run.forward());
    const double outputs = std::inner_product(run.d_out.begin(), run.d_out.end(), run.out.begin(), 0.0);
    return std::inner_product(run.d_final.begin(), run.d_final.end(), run.final_state.begin(), outputs);
}

TEST_P(DeltaRuleBackward, IsTheSlopeOfTheLoss) {
    DeltaRuleCase problem({.T = 35, .H = 1, .HV = 2, .K = 5, .V = 3, .gate = true, .initial = true}, 33);
    DeltaRuleRun<float> run(problem);
    GetParam().run_backward(run.backward());
    constexpr double kStep = 1e-5;
    for (const NamedGradient& each : kGradients) {
        const std::vector<float>& gradient = run.*each.single;
        std::vector<double>& input = problem.*each.input;
        double largest = 0;
        for (std::size_t i = 0; i < input.size(); ++i)
            largest = std::max(largest, std::abs(static_cast<double>(gradient[i])));
        for (std::size_t i = 0; i < input.size(); ++i) {
            const double old = input[i];
            input[i] = old + kStep;
            const double above = loss(problem);
            input[i] = old - kStep;
            const double below = loss(problem);
            input[i] = old;
            EXPECT_NEAR(gradient[i], (above - below) / (2 * kStep), kTolerance * largest) << each.name << '[' << i << ']';
        }
    }
}

TEST_P(DeltaRuleBackward, NoGateAndNoGradientOfTheFinalState) {
    const DeltaRuleCase problem({.T = 50, .H = 2, .HV = 4, .K = 20, .V = 36}, 34);
    DeltaRuleRun<float> run(problem);
    DeltaRuleRun<double> reference(problem);
    DeltaRuleBackwardArgs<float> w = run.backward();
    DeltaRuleBackwardArgs<double> exact = reference.backward();
    w.d_final_state = nullptr;
    exact.d_final_state = nullptr;
    GetParam().run_backward(w);
    delta_rule_reference_backward(exact);
    for (const NamedGradient& each : kGradients)
        EXPECT_LE(relative_error(run.*each.single, reference.*each.exact), kTolerance) << each.name;
}

TEST_P(DeltaRuleBackward, MoreThreadsThanKeyHeadsChangeNoBit) {
    // 300 columns and 3 value heads a key head: several strips share d_q and d_k.
    const DeltaRuleCase problem({.B = 2, .T = 70, .H = 1, .HV = 3, .K = 20, .V = 300, .gate = true, .initial = true}, 35);
    set_threads(1);
    DeltaRuleRun<float> one(problem);
    GetParam().run_backward(one.backward());
    for (const int count : {2, 3, 5, 32}) {
        SCOPED_TRACE(std::to_string(count) + " threads");
        set_threads(count);
        DeltaRuleRun<float> many(problem);
        GetParam().run_backward(many.backward());
        for (const NamedGradient& each : kGradients)
            EXPECT_EQ(many.*each.single, one.*each.single) << each.name;
        EXPECT_TRUE(many.guards_intact());
    }
    expect_reference(problem);
}

TEST(DeltaRuleBackwardChoice, ShortSequencesGoThroughTheRecurrenceAndAllFollowTheReference) {
    for (const std::int64_t T : {1, 5, 64, 200}) {
        for (const std::int64_t K : {8, 64, 128}) {
            const DeltaRuleCase problem({.T = T, .H = 1, .HV = 2, .K = K, .V = 32, .gate = true}, 36);
            DeltaRuleRun<float> run(problem);
            DeltaRuleRun<double> reference(problem);
            const bool recurrent = choose_delta_rule_backward(run.forward()).name.starts_with("recurrent-");
            EXPECT_TRUE(recurrent || T >= 8) << T;
            delta_rule_backward(run.backward());
            delta_rule_reference_backward(reference.backward());
            for (const NamedGradient& each : kGradients)
                EXPECT_LE(relative_error(run.*each.single, reference.*each.exact), kTolerance) << each.name;
        }
    }
}

TEST(DeltaRuleBackwardPairs, ChunksAndTheRecurrenceAgree) {
    const DeltaRuleCase problem({.B = 2, .T = 150, .H = 2, .HV = 4, .K = 80, .V = 72, .gate = true, .initial = true}, 37);
    const auto all = tested_implementations();
    for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
        SCOPED_TRACE(std::string(all[i].name) + " and " + std::string(all[i + 1].name));
        DeltaRuleRun<float> chunked(problem), recurrent(problem);
        all[i].run_backward(chunked.backward());
        all[i + 1].run_backward(recurrent.backward());
        for (const NamedGradient& each : kGradients)
            EXPECT_LE(relative_error(chunked.*each.single, recurrent.*each.single), kTolerance) << each.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Implementations, DeltaRuleBackward, ::testing::ValuesIn(tested_implementations()), implementation_name);

}  // namespace
}  // namespace rankscope::kernels::testing
