// SPDX-License-Identifier: Apache-2.0
// What must hold for every implementation whatever the numbers: cuts, permutations, threads, extreme values, memory.
#include "delta_rule_case.hpp"
#include "guarded_memory.hpp"
#include "kernels/parallel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <numeric>

namespace rankscope::kernels::testing {
namespace {

constexpr double kTolerance = 1e-5;

class DeltaRuleProperties : public ::testing::TestWithParam<DeltaRuleImplementation> {
protected:
    ~DeltaRuleProperties() override { set_threads(0); }

    // The result of this implementation against the fp64 recurrence.
    static void expect_reference(const DeltaRuleCase& problem, double tolerance = kTolerance) {
        DeltaRuleRun<float> run(problem);
        DeltaRuleRun<double> reference(problem);
        GetParam().run(run.forward());
        delta_rule_reference(reference.forward());
        EXPECT_LE(relative_error(run.out, reference.out), tolerance);
        EXPECT_LE(relative_error(run.final_state, reference.final_state), tolerance);
        GetParam().run_backward(run.backward());
        delta_rule_reference_backward(reference.backward());
        for (const auto part : {&DeltaRuleRun<float>::d_q, &DeltaRuleRun<float>::d_k, &DeltaRuleRun<float>::d_v, &DeltaRuleRun<float>::d_beta,
                                &DeltaRuleRun<float>::d_g, &DeltaRuleRun<float>::d_initial}) {
            for (const float x : run.*part) ASSERT_TRUE(std::isfinite(x));
        }
        EXPECT_LE(relative_error(run.d_q, reference.d_q), 2 * tolerance);
        EXPECT_LE(relative_error(run.d_k, reference.d_k), 2 * tolerance);
        EXPECT_LE(relative_error(run.d_v, reference.d_v), 2 * tolerance);
    }
};

DeltaRuleShape usual(std::int64_t T = 100) {
    return {.B = 2, .T = T, .H = 2, .HV = 4, .K = 48, .V = 40, .gate = true, .initial = true};
}

TEST_P(DeltaRuleProperties, OneOfEverything) {
    for (const bool gate : {false, true}) {
        for (const std::int64_t T : {1, 2, 40}) {
            for (const std::int64_t K : {1, 5}) {
                for (const std::int64_t V : {1, 5}) {
                    SCOPED_TRACE(std::to_string(T) + " tokens, " + std::to_string(K) + " x " + std::to_string(V));
                    expect_reference(DeltaRuleCase({.T = T, .K = K, .V = V, .gate = gate}, 3));
                }
            }
        }
    }
}

TEST_P(DeltaRuleProperties, CutAnywhereTheStateCarriesOver) {
    DeltaRuleShape shape = usual(70);
    shape.B = 1;  // so that a part of the tokens is one piece of memory
    const DeltaRuleCase problem(shape, 5);
    DeltaRuleRun<float> whole(problem);
    GetParam().run(whole.forward());
    for (const std::int64_t cut : {1, 2, 15, 16, 17, 33, 64, 69}) {
        SCOPED_TRACE("cut at " + std::to_string(cut));
        DeltaRuleRun<float> parts(problem);
        DeltaRuleArgs<float> a = parts.forward();
        a.T = cut;
        a.initial_state = parts.initial.data();
        a.final_state = parts.initial.data();  // aliased
        GetParam().run(a);
        DeltaRuleArgs<float> b = parts.forward();
        b.T = shape.T - cut;
        b.q += cut * b.H * b.K;
        b.k += cut * b.H * b.K;
        b.v += cut * b.HV * b.V;
        b.beta += cut * b.HV;
        b.g += cut * b.HV;
        b.out += cut * b.HV * b.V;
        GetParam().run(b);
        EXPECT_LE(relative_error(parts.out, whole.out), kTolerance);
        EXPECT_LE(relative_error(parts.final_state, whole.final_state), kTolerance);
    }
}

TEST_P(DeltaRuleProperties, TheStateAtTheLastTokenIsTheFinalState) {
    DeltaRuleShape shape = usual(67);
    for (std::int64_t t = 0; t < shape.T; t += 1 + t % 23) shape.positions.push_back(t);
    if (shape.positions.back() != shape.T - 1) shape.positions.push_back(shape.T - 1);
    const DeltaRuleCase problem(shape, 6);
    DeltaRuleRun<float> run(problem);
    DeltaRuleRun<double> reference(problem);
    GetParam().run(run.forward());
    delta_rule_reference(reference.forward());
    EXPECT_LE(relative_error(run.states, reference.states), kTolerance);
    const auto last = run.states.end() - static_cast<std::ptrdiff_t>(run.final_state.size());
    EXPECT_TRUE(std::equal(last, run.states.end(), run.final_state.begin()));
}

TEST_P(DeltaRuleProperties, PermutingChannelsPermutesTheState) {
    const DeltaRuleShape shape = usual();
    const DeltaRuleCase problem(shape, 8);
    std::vector<std::size_t> order(static_cast<std::size_t>(shape.K));
    std::iota(order.begin(), order.end(), 0);
    std::mt19937 random(9);
    std::shuffle(order.begin(), order.end(), random);
    DeltaRuleCase permuted = problem;
    const auto permute = [&](std::vector<double>& to, const std::vector<double>& from, std::size_t inner) {
        const std::size_t block = order.size() * inner;
        for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i / block * block + order[i % block / inner] * inner + i % inner];
    };
    permute(permuted.q, problem.q, 1);
    permute(permuted.k, problem.k, 1);
    permute(permuted.initial, problem.initial, static_cast<std::size_t>(shape.V));
    DeltaRuleRun<float> straight(problem), shuffled(permuted);
    GetParam().run(straight.forward());
    GetParam().run(shuffled.forward());
    EXPECT_LE(relative_error(shuffled.out, straight.out), kTolerance);
    std::vector<double> state(straight.final_state.begin(), straight.final_state.end() - DeltaRuleRun<float>::kGuard), moved(state.size());
    permute(moved, state, static_cast<std::size_t>(shape.V));
    moved.resize(moved.size() + DeltaRuleRun<float>::kGuard);
    EXPECT_LE(relative_error(shuffled.final_state, moved), kTolerance);
}

TEST_P(DeltaRuleProperties, ThreadsChangeNoBit) {
    for (const std::int64_t heads : {1, 3}) {
        const DeltaRuleCase problem({.T = 80, .H = heads, .HV = 2 * heads, .K = 40, .V = 150, .gate = true, .initial = true, .positions = {3, 50}}, 10);
        set_threads(1);
        DeltaRuleRun<float> one(problem);
        GetParam().run(one.forward());
        GetParam().run_backward(one.backward());
        for (const int count : {2, 3, 7, 16}) {
            SCOPED_TRACE(std::to_string(count) + " threads");
            set_threads(count);
            DeltaRuleRun<float> many(problem);
            GetParam().run(many.forward());
            EXPECT_EQ(many.out, one.out);
            EXPECT_EQ(many.final_state, one.final_state);
            EXPECT_EQ(many.states, one.states);
            GetParam().run_backward(many.backward());
            EXPECT_EQ(many.d_q, one.d_q);
            EXPECT_EQ(many.d_k, one.d_k);
            EXPECT_EQ(many.d_v, one.d_v);
            EXPECT_EQ(many.d_beta, one.d_beta);
            EXPECT_EQ(many.d_g, one.d_g);
            EXPECT_EQ(many.d_initial, one.d_initial);
        }
    }
}

TEST_P(DeltaRuleProperties, ExtremeGatesBetasAndKeys) {
    const auto with = [](const char* what, const std::function<void(DeltaRuleCase&)>& change, double tolerance = kTolerance) {
        SCOPED_TRACE(what);
        DeltaRuleCase problem(usual(), 12);
        change(problem);
        expect_reference(problem, tolerance);
    };
    const auto every = [](std::vector<double>& x, std::size_t step, double value) {
        for (std::size_t i = 0; i < x.size(); i += step) x[i] = value;
    };
    with("no decay", [&](DeltaRuleCase& p) { every(p.g, 1, 0); });
    with("decays of -30", [&](DeltaRuleCase& p) { every(p.g, 1, -30); }, 5e-5);
    with("now and then everything is forgotten", [&](DeltaRuleCase& p) { every(p.g, 7, -INFINITY); });
    with("lowest decays", [&](DeltaRuleCase& p) { every(p.g, 3, std::numeric_limits<float>::lowest()); });
    with("decays of -88, where e^g is subnormal", [&](DeltaRuleCase& p) { every(p.g, 2, -88); }, 5e-5);
    with("beta 0", [&](DeltaRuleCase& p) { every(p.beta, 1, 0); });
    with("beta 1", [&](DeltaRuleCase& p) { every(p.beta, 1, 1); });
    with("beta 2", [&](DeltaRuleCase& p) { every(p.beta, 1, 2); });
    with("zero keys", [&](DeltaRuleCase& p) { std::fill(p.k.begin(), p.k.begin() + std::ssize(p.k) / 2, 0.0); });
    with("tiny values", [&](DeltaRuleCase& p) {
        for (double& x : p.v) x = static_cast<float>(x * 1e-30);
        for (double& x : p.initial) x = static_cast<float>(x * 1e-30);
    });
    with("huge values", [&](DeltaRuleCase& p) {
        for (double& x : p.v) x = static_cast<float>(x * 1e15);
        for (double& x : p.initial) x = static_cast<float>(x * 1e15);
    });
    with("one key all the time", [&](DeltaRuleCase& p) {
        const std::size_t row = static_cast<std::size_t>(p.shape.H * p.shape.K);
        for (std::size_t i = row; i < p.k.size(); ++i) p.k[i] = p.k[i % row];
        every(p.beta, 1, 1);
    });
}

TEST_P(DeltaRuleProperties, NotANumberStaysVisible) {
    DeltaRuleCase problem({.T = 40, .K = 20, .V = 20, .gate = true}, 13);
    problem.v[20 * 20 + 3] = NAN;  // token 20, column 3
    DeltaRuleRun<float> run(problem);
    GetParam().run(run.forward());
    for (std::size_t t = 0; t < 40; ++t) EXPECT_EQ(std::isnan(run.out[t * 20 + 3]), t >= 20) << t;
    EXPECT_TRUE(std::isnan(run.final_state[3]));
    EXPECT_FALSE(std::isnan(run.final_state[4]));
}

// Every array between two inaccessible pages, once flush with its end and once with its beginning.
TEST_P(DeltaRuleProperties, TouchesNothingOutside) {
    for (const auto& [T, K, V] : {std::array<std::int64_t, 3>{1, 1, 1}, {17, 13, 21}, {40, 33, 70}, {64, 64, 32}}) {
        for (const auto side : {GuardedFloats::Side::End, GuardedFloats::Side::Begin}) {
            const DeltaRuleCase problem({.T = T, .H = 1, .HV = 2, .K = K, .V = V, .gate = true, .initial = true, .positions = {T / 2}}, 14);
            DeltaRuleRun<float> run(problem);
            DeltaRuleBackwardArgs<float> w = run.backward();
            DeltaRuleArgs<float> a = run.forward();
            const std::size_t guard = DeltaRuleRun<float>::kGuard;
            GuardedFloats q(run.q, side), k(run.k, side), v(run.v, side), beta(run.beta, side), g(run.g, side), initial(run.initial, side),
                d_out(run.d_out, side), d_final(run.d_final, side), out(run.out.size() - guard, side), final_state(run.final_state.size() - guard, side),
                states(run.states.size() - guard, side), d_q(run.d_q.size() - guard, side), d_k(run.d_k.size() - guard, side),
                d_v(run.d_v.size() - guard, side), d_beta(run.d_beta.size() - guard, side), d_g(run.d_g.size() - guard, side),
                d_initial(run.d_initial.size() - guard, side);
            a.q = q.data(), a.k = k.data(), a.v = v.data(), a.beta = beta.data(), a.g = g.data(), a.initial_state = initial.data();
            a.out = out.data(), a.final_state = final_state.data(), a.states = states.data();
            GetParam().run(a);
            w.forward = a;
            w.d_out = d_out.data(), w.d_final_state = d_final.data(), w.d_q = d_q.data(), w.d_k = d_k.data(), w.d_v = d_v.data();
            w.d_beta = d_beta.data(), w.d_g = d_g.data(), w.d_initial_state = d_initial.data();
            GetParam().run_backward(w);
            GetParam().run_backward(run.backward());
            EXPECT_TRUE(std::equal(d_q.data(), d_q.data() + d_q.size(), run.d_q.begin()));
        }
    }
}

TEST_P(DeltaRuleProperties, OptionalResultsMayBeMissing) {
    const DeltaRuleCase problem(usual(40), 15);
    DeltaRuleRun<float> all(problem), some(problem);
    GetParam().run(all.forward());
    DeltaRuleArgs<float> a = some.forward();
    a.final_state = nullptr;
    GetParam().run(a);
    EXPECT_EQ(some.out, all.out);
    GetParam().run_backward(all.backward());
    DeltaRuleBackwardArgs<float> w = some.backward();
    w.d_g = nullptr;
    w.d_initial_state = nullptr;
    GetParam().run_backward(w);
    EXPECT_EQ(some.d_k, all.d_k);
    EXPECT_EQ(some.d_beta, all.d_beta);
}

TEST(DeltaRuleChoice, TheWidestComesFirstAndThePortableLast) {
    const auto all = delta_rule_implementations();
    ASSERT_GE(all.size(), 2U);
    EXPECT_EQ(all.back().name, "recurrent-portable");
    for (const DeltaRuleImplementation& each : all) {
        const std::string_view set = each.name.substr(each.name.find('-'));
        EXPECT_TRUE(set == "-avx512" || set == "-avx2" || set == "-portable") << each.name;
    }
}

TEST(DeltaRuleChoice, FewTokensAndDenseStatesGoThroughTheRecurrence) {
    DeltaRuleShape shape{.T = 1, .K = 64, .V = 64, .gate = true};
    const DeltaRuleCase one(shape, 1);
    EXPECT_TRUE(choose_delta_rule(DeltaRuleRun<float>(one).forward()).name.starts_with("recurrent-"));
    shape.T = 256;
    for (std::int64_t t = 0; t < shape.T; ++t) shape.positions.push_back(t);
    const DeltaRuleCase dense(shape, 1);
    EXPECT_TRUE(choose_delta_rule(DeltaRuleRun<float>(dense).forward()).name.starts_with("recurrent-"));
}

TEST(DeltaRuleChoice, WhateverIsChosenFollowsTheReference) {
    for (const std::int64_t T : {1, 31, 32, 200}) {
        for (const bool gate : {false, true}) {
            const DeltaRuleCase problem({.B = 2, .T = T, .H = 1, .HV = 2, .K = 48, .V = 33, .gate = gate}, 2);
            DeltaRuleRun<float> run(problem);
            DeltaRuleRun<double> reference(problem);
            delta_rule(run.forward());
            delta_rule_reference(reference.forward());
            EXPECT_LE(relative_error(run.out, reference.out), kTolerance);
            delta_rule_backward(run.backward());
            delta_rule_reference_backward(reference.backward());
            EXPECT_LE(relative_error(run.d_k, reference.d_k), 2 * kTolerance);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Implementations, DeltaRuleProperties,
                         ::testing::ValuesIn(tested_implementations()),
                         implementation_name);

}  // namespace
}  // namespace rankscope::kernels::testing
