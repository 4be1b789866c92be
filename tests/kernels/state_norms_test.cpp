// SPDX-License-Identifier: Apache-2.0
// The fused recurrence and norms, every instruction set, against the states of the float64 recurrence and all of their singular
// values in float64.
#include "kernels/state_norms.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "delta_rule_case.hpp"
#include "guarded_memory.hpp"
#include "kernels/parallel.hpp"
#include "kernels/singular_values.hpp"

namespace rankscope::kernels::testing {
namespace {

constexpr double kFrobeniusBound = 1e-5;  // relative; the float32 recurrence included
constexpr double kSpectralBound = 1e-4;

struct Norms {
    std::vector<float> norms, residual, final_state;

    bool operator==(const Norms&) const = default;
};

// [P, B, HV] Frobenius and spectral norms of the definition.
struct Expected {
    std::vector<double> frobenius, spectral, second, final_state;
};

Expected expected_norms(const DeltaRuleCase& problem) {
    const DeltaRuleShape& s = problem.shape;
    DeltaRuleRun<double> run(problem);
    delta_rule_reference(run.forward());
    const std::int64_t count = std::ssize(s.positions) * s.B * s.HV, width = std::min(s.K, s.V);
    const std::vector<float> states(run.states.begin(), run.states.begin() + count * s.K * s.V);
    std::vector<double> sigma(static_cast<std::size_t>(count * width));
    EXPECT_EQ(singular_values({count, s.K, s.V, states.data(), sigma.data()}), -1);
    Expected e;
    for (auto row = sigma.begin(); row != sigma.end(); row += width) {
        e.frobenius.push_back(std::sqrt(std::inner_product(row, row + width, row, 0.0)));
        e.spectral.push_back(*row);
        e.second.push_back(width > 1 ? row[1] : 0);
    }
    e.final_state.assign(run.final_state.begin(), run.final_state.begin() + s.B * s.HV * s.K * s.V);
    return e;
}

std::vector<std::int64_t> every_token(std::int64_t T) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(T));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

class StateNormsOf : public ::testing::TestWithParam<std::string> {
protected:
    void TearDown() override { set_threads(0); }

    Norms run(const DeltaRuleCase& problem) const {
        const DeltaRuleShape& s = problem.shape;
        DeltaRuleRun<float> memory(problem);
        const auto cells = s.positions.size() * static_cast<std::size_t>(s.B * s.HV);
        Norms found{std::vector<float>(2 * cells, -1), std::vector<float>(cells, -1), {}};
        StateNormsArgs args;
        args.recurrence = memory.forward();
        args.recurrence.q = nullptr;
        args.recurrence.out = args.recurrence.states = nullptr;
        args.norms = found.norms.data();
        args.residual = found.residual.data();
        EXPECT_TRUE(state_norms_with(GetParam(), args));
        EXPECT_TRUE(memory.guards_intact());
        found.final_state.assign(memory.final_state.begin(), memory.final_state.begin() + s.B * s.HV * s.K * s.V);
        return found;
    }

    // Returns the largest relative error of a spectral norm.
    double check(const DeltaRuleCase& problem) const {
        SCOPED_TRACE(problem.shape.name());
        const Expected want = expected_norms(problem);
        const Norms got = run(problem);
        double worst = 0;
        for (std::size_t i = 0; i < want.spectral.size(); ++i) {
            const double frobenius = static_cast<double>(got.norms[2 * i]), spectral = static_cast<double>(got.norms[2 * i + 1]);
            EXPECT_NEAR(frobenius, want.frobenius[i], kFrobeniusBound * want.frobenius[i]) << "state " << i;
            EXPECT_NEAR(spectral, want.spectral[i], kSpectralBound * want.spectral[i]) << "state " << i << ", σ₂ " << want.second[i];
            EXPECT_LE(spectral, want.spectral[i] * (1 + kFrobeniusBound)) << "state " << i;
            EXPECT_GE(got.residual[i], 0.0F);
            if (want.spectral[i] > 0) worst = std::max(worst, std::abs(spectral / want.spectral[i] - 1));
        }
        double magnitude = 1e-30, difference = 0;
        for (std::size_t i = 0; i < want.final_state.size(); ++i) {
            magnitude = std::max(magnitude, std::abs(want.final_state[i]));
            difference = std::max(difference, std::abs(want.final_state[i] - static_cast<double>(got.final_state[i])));
        }
        EXPECT_LE(difference, 1e-5 * magnitude);
        return worst;
    }
};

std::vector<std::string> names() {
    const auto all = state_norms_implementations();
    return {all.begin(), all.end()};
}

INSTANTIATE_TEST_SUITE_P(Implementations, StateNormsOf, ::testing::ValuesIn(names()), [](const auto& info) { return info.param; });

TEST_P(StateNormsOf, AreThoseOfTheStatesAtAnyWidth) {
    unsigned seed = 0;
    for (const auto& [K, V] : std::vector<std::pair<int, int>>{{1, 1}, {1, 40}, {40, 1}, {2, 3}, {13, 20}, {16, 16}, {48, 64}, {96, 33}, {64, 128}, {20, 256}, {200, 30}}) {
        DeltaRuleShape s;
        s.B = 2;
        s.H = 1;
        s.HV = 2;
        s.T = 30;
        s.K = K;
        s.V = V;
        s.gate = seed % 2 == 0;
        s.initial = seed % 3 == 0;
        s.positions = seed % 4 == 0 ? every_token(30) : std::vector<std::int64_t>{0, 1, 2, 17, 29};
        check(DeltaRuleCase(s, ++seed));
    }
}

// Over 2,000 states of every kind of recurrence, σ₁ and σ₂ often nearly equal.
TEST_P(StateNormsOf, StayWithinABoundAtEveryToken) {
    unsigned seed = 40;
    double worst = 0;
    for (const auto& [gate, decay] : {std::pair{false, 0.0}, {true, 0.01}, {true, 0.3}, {true, 3.0}}) {
        DeltaRuleShape s;
        s.H = s.HV = 2;
        s.T = 130;
        s.K = 64;
        s.V = 64;
        s.gate = gate;
        s.decay = decay;
        s.positions = every_token(s.T);
        worst = std::max(worst, check(DeltaRuleCase(s, ++seed)));
        s.K = 24;
        s.V = 48;
        s.initial = true;
        worst = std::max(worst, check(DeltaRuleCase(s, ++seed)));
    }
    RecordProperty("worst_relative_error_e9", static_cast<int>(std::ceil(1e9 * worst)));
}

TEST_P(StateNormsOf, FollowADirectionThatIsWrittenAtOnce) {
    // Small writes for a while, then one that outweighs them all, then again one along other directions.
    DeltaRuleShape s;
    s.T = 60;
    s.K = 32;
    s.V = 40;
    s.positions = every_token(s.T);
    DeltaRuleCase problem(s, 3);
    for (std::size_t t = 0; t < 60; ++t) {
        const double size = t == 30 ? 1e4 : t == 45 ? 1.02e4 : 1e-3;
        for (std::size_t c = 0; c < 40; ++c) problem.v[t * 40 + c] = static_cast<double>(static_cast<float>(size * problem.v[t * 40 + c]));
    }
    check(problem);
}

// States that no token changes: flat spectra, on which every iteration is slow, and equal singular values.
// The first direction is forgotten a little and the second, which nothing was written to, is the first one now: the vector of the
// token before says nothing of it, nor does what was written.
TEST_P(StateNormsOf, FindTheDirectionThatIsLeftWhenTheFirstIsForgotten) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        for (const std::int64_t width : {8, 33, 64, 128}) {
            DeltaRuleShape s;
            s.T = 2;
            s.K = s.V = width;
            s.initial = true;
            s.positions = {0, 1};
            DeltaRuleCase problem(s, seed);
            // Singular values 3, 2.9 and falling from 1, the directions of the columns turned by a reflection.
            std::mt19937 random(seed + 100);
            std::normal_distribution<double> normal;
            std::vector<double> mirror(static_cast<std::size_t>(width));
            double squares = 0;
            for (double& x : mirror) {
                x = normal(random);
                squares += x * x;
            }
            for (std::int64_t c = 0; c < width; ++c) {
                const double sigma = c == 0 ? 3 : c == 1 ? 2.9 : 1.0 / static_cast<double>(c - 1);
                for (std::int64_t j = 0; j < width; ++j) {
                    const double turned = (c == j ? 1.0 : 0.0) - 2 * mirror[static_cast<std::size_t>(c)] * mirror[static_cast<std::size_t>(j)] / squares;
                    problem.initial[static_cast<std::size_t>(c * width + j)] = static_cast<float>(sigma * turned);
                }
            }
            std::fill(problem.v.begin(), problem.v.end(), 0.0);
            std::fill(problem.k.begin(), problem.k.end(), 0.0);
            problem.k[0] = problem.k[static_cast<std::size_t>(width)] = 1;
            // 3 becomes 2.895, 2.88, … 2.7.
            problem.beta = {0, static_cast<float>(0.035 + 0.001 * seed)};
            check(problem);
        }
    }
}

TEST_P(StateNormsOf, FindTheLargestOfAFlatSpectrum) {
    DeltaRuleShape s;
    s.T = 3;
    s.K = 64;
    s.V = 64;
    s.initial = true;
    s.positions = {0, 2};
    for (unsigned seed = 0; seed < 6; ++seed) {
        DeltaRuleCase problem(s, seed);
        std::fill(problem.beta.begin(), problem.beta.end(), 0.0);
        check(problem);
    }
    DeltaRuleCase identity(s, 0);
    std::fill(identity.beta.begin(), identity.beta.end(), 0.0);
    for (std::size_t i = 0; i < identity.initial.size(); ++i) identity.initial[i] = i / 64 == i % 64 ? 3 : 0;
    const Norms got = run(identity);
    EXPECT_NEAR(got.norms[0], 24, 1e-4);
    EXPECT_NEAR(got.norms[1], 3, 1e-5);
    // σ₂ a hair below σ₁, and the vector of the token before along σ₂ for all that is known.
    for (std::size_t i = 0; i < identity.initial.size(); ++i) identity.initial[i] = i / 64 != i % 64 ? 0 : i % 64 == 63 ? 3.003 : 3;
    for (double& x : identity.initial) x = static_cast<double>(static_cast<float>(x));
    check(identity);
}

TEST_P(StateNormsOf, AreZeroForTheZeroStateAndHandOnWhatIsNotANumber) {
    DeltaRuleShape s;
    s.T = 8;
    s.H = s.HV = 2;
    s.K = 10;
    s.V = 12;
    s.positions = every_token(8);
    DeltaRuleCase problem(s, 1);
    std::fill(problem.v.begin(), problem.v.end(), 0.0);
    EXPECT_EQ(run(problem).norms, std::vector<float>(32, 0));
    DeltaRuleCase bad(s, 1);
    bad.v[(3 * 2 + 1) * 12 + 5] = std::numeric_limits<double>::quiet_NaN();
    const Norms got = run(bad);
    for (std::size_t t = 0; t < 8; ++t) {
        for (std::size_t h = 0; h < 2; ++h) {
            EXPECT_EQ(std::isnan(got.norms[2 * (2 * t + h)]), h == 1 && t >= 3) << t;
            EXPECT_EQ(std::isnan(got.norms[2 * (2 * t + h) + 1]), h == 1 && t >= 3) << t;
        }
    }
}

TEST_P(StateNormsOf, BearHugeAndTinyStates) {
    DeltaRuleShape s;
    s.T = 12;
    s.K = 24;
    s.V = 24;
    s.positions = every_token(12);
    for (const double size : {1e-14, 1e14}) {
        DeltaRuleCase problem(s, 4);
        for (double& x : problem.v) x = static_cast<double>(static_cast<float>(size * x));
        check(problem);
    }
}

TEST_P(StateNormsOf, DoNotDependOnThreadsAndHardlyOnOtherPositions) {
    DeltaRuleShape s;
    s.B = 2;
    s.H = 1;
    s.HV = 3;
    s.T = 25;
    s.K = 40;
    s.V = 48;
    s.positions = every_token(25);
    const DeltaRuleCase problem(s, 2);
    set_threads(1);
    const Norms alone = run(problem);
    for (const int threads : {2, 5}) {
        set_threads(threads);
        EXPECT_EQ(run(problem), alone);
    }
    DeltaRuleShape last = s;
    last.positions = {24};
    const Norms only = run(DeltaRuleCase(last, 2));
    const std::size_t at = 24 * 2 * 6;
    for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(only.norms[i], alone.norms[at + i], kSpectralBound * static_cast<double>(only.norms[i]));
}

// The residual is what it is said to be: σ² is that close to the square of a singular value.
TEST_P(StateNormsOf, BoundTheDistanceToASingularValue) {
    DeltaRuleShape s;
    s.T = 40;
    s.K = 32;
    s.V = 32;
    s.gate = true;
    s.positions = every_token(40);
    const DeltaRuleCase problem(s, 6);
    const Expected want = expected_norms(problem);
    const Norms got = run(problem);
    for (std::size_t i = 0; i < want.spectral.size(); ++i) {
        const double square = std::pow(static_cast<double>(got.norms[2 * i + 1]), 2);
        const double bound = (static_cast<double>(got.residual[i]) + 1e-5) * square;
        const double nearest = std::min(std::abs(square - std::pow(want.spectral[i], 2)), std::abs(square - std::pow(want.second[i], 2)));
        EXPECT_LE(nearest, bound) << i;
        EXPECT_LT(got.residual[i], 0.01F);
    }
}

TEST_P(StateNormsOf, ArePackedTheBitsOfEachSequenceAlone) {
    const std::vector<std::int64_t> lengths{9, 0, 1, 25, 4}, offsets{0, 9, 9, 10, 35, 39};
    DeltaRuleShape s;
    s.H = 1;
    s.HV = 2;
    s.T = offsets.back();
    s.K = 24;
    s.V = 20;
    s.gate = true;
    s.positions = {0, 3, 8, 20};
    DeltaRuleShape of_states = s;
    of_states.B = std::ssize(lengths), of_states.T = 1, of_states.initial = true;
    const DeltaRuleCase tokens(s, 12), begin(of_states, 13);
    const std::vector<float> initial(begin.initial.begin(), begin.initial.end());
    const std::int64_t B = std::ssize(lengths), state = 2 * 24 * 20;
    const auto run_packed = [&](int threads) {
        set_threads(threads);
        DeltaRuleRun<float> memory(tokens);
        std::vector<float> norms(4 * 2 * 2 * lengths.size(), -1), last(initial.size());
        StateNormsArgs args;
        args.recurrence = memory.forward();
        args.recurrence.B = B, args.recurrence.T = 25, args.recurrence.offsets = offsets.data();
        args.recurrence.initial_state = initial.data(), args.recurrence.final_state = last.data();
        args.norms = norms.data();
        EXPECT_TRUE(state_norms_with(GetParam(), args));
        norms.insert(norms.end(), last.begin(), last.end());
        return norms;
    };
    const std::vector<float> packed = run_packed(1);
    EXPECT_EQ(run_packed(2), packed);
    EXPECT_EQ(run_packed(7), packed);
    for (std::int64_t b = 0; b < B; ++b) {
        SCOPED_TRACE("sequence " + std::to_string(b));
        DeltaRuleRun<float> memory(tokens);
        std::vector<float> norms(4 * 2 * 2, -1), last(static_cast<std::size_t>(state));
        StateNormsArgs args;
        DeltaRuleArgs<float>& a = args.recurrence = memory.forward();
        const std::int64_t first = offsets[static_cast<std::size_t>(b)];
        a.T = lengths[static_cast<std::size_t>(b)];
        a.k += first * 24, a.v += first * 2 * 20, a.beta += first * 2, a.g += first * 2;
        a.initial_state = initial.data() + b * state, a.final_state = last.data();
        const auto behind = std::lower_bound(s.positions.begin(), s.positions.end(), a.T);
        a.state_positions = a.state_positions.first(static_cast<std::size_t>(behind - s.positions.begin()));
        args.norms = norms.data();
        ASSERT_TRUE(state_norms_with(GetParam(), args));
        for (std::int64_t p = 0; p < 4; ++p) {
            for (std::int64_t i = 0; i < 4; ++i) EXPECT_EQ(packed[static_cast<std::size_t>((p * B + b) * 4 + i)], norms[static_cast<std::size_t>(p * 4 + i)]) << p;
        }
        EXPECT_TRUE(std::equal(last.begin(), last.end(), packed.begin() + 4 * 4 * B + b * state));
    }
}

TEST_P(StateNormsOf, TouchNothingOutside) {
    for (const auto side : {GuardedFloats::Side::Begin, GuardedFloats::Side::End}) {
        DeltaRuleShape s;
        s.H = 1;
        s.HV = 2;
        s.T = 5;
        s.K = 7;
        s.V = 19;
        s.gate = s.initial = true;
        s.positions = every_token(5);
        const DeltaRuleCase problem(s, 8);
        DeltaRuleRun<float> memory(problem);
        const auto cut = [&](const std::vector<float>& values, std::int64_t count) {
            return GuardedFloats(std::vector<float>(values.begin(), values.begin() + count), side);
        };
        const GuardedFloats k = cut(memory.k, 5 * 7), v = cut(memory.v, 5 * 2 * 19), beta = cut(memory.beta, 10), g = cut(memory.g, 10),
                            initial = cut(memory.initial, 2 * 7 * 19), last(2 * 7 * 19, side), norms(20, side), residual(10, side);
        StateNormsArgs args;
        args.recurrence = memory.forward();
        args.recurrence.q = nullptr;
        args.recurrence.out = args.recurrence.states = nullptr;
        args.recurrence.k = k.data();
        args.recurrence.v = v.data();
        args.recurrence.beta = beta.data();
        args.recurrence.g = g.data();
        args.recurrence.initial_state = initial.data();
        args.recurrence.final_state = last.data();
        args.norms = norms.data();
        args.residual = residual.data();
        ASSERT_TRUE(state_norms_with(GetParam(), args));
        const Norms found = run(problem);
        EXPECT_TRUE(std::equal(found.norms.begin(), found.norms.end(), norms.data()));
    }
}

TEST(StateNorms, HaveTheirImplementationsByName) {
    EXPECT_FALSE(state_norms_with("quantum", {}));
    EXPECT_EQ(state_norms_implementations().back(), "portable");
    state_norms({});
}

}  // namespace
}  // namespace rankscope::kernels::testing
