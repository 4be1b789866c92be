// SPDX-License-Identifier: Apache-2.0
// Cross entropy over a vocabulary: every instruction set against the definition in float64, and what its contract says about
// tiles, threads, values that are not finite and memory outside its arrays.
#include "kernels/cross_entropy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "guarded_memory.hpp"
#include "kernels/cpu/cross_entropy_table.hpp"
#include "kernels/parallel.hpp"

namespace rankscope::kernels {

namespace sixteen_lanes {
extern const CrossEntropyTable kCrossEntropy;
}

namespace {

using testing::GuardedFloats;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Bf16 rounded_down(float x) {
    return {static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16)};
}

template <class Weight>
Weight weight_of(float x) {
    if constexpr (std::is_same_v<Weight, float>) {
        return x;
    } else {
        return rounded_down(x);
    }
}

template <class Weight, class Target>
struct Problem {
    std::int64_t rows, width, vocabulary;
    std::vector<float> hidden;
    std::vector<Weight> weight;
    std::vector<Target> targets;

    Problem(std::int64_t n, std::int64_t d, std::int64_t v, unsigned seed, float size = 1) : rows(n), width(d), vocabulary(v) {
        std::mt19937 generator(seed);
        std::normal_distribution<float> normal;
        for (std::int64_t i = 0; i < n * d; ++i) hidden.push_back(normal(generator));
        for (std::int64_t i = 0; i < v * d; ++i) weight.push_back(weight_of<Weight>(size * normal(generator)));
        for (std::int64_t i = 0; i < n; ++i) targets.push_back(static_cast<Target>(generator() % static_cast<unsigned>(v)));
    }

    CrossEntropyArgs<Weight, Target> args() const {
        CrossEntropyArgs<Weight, Target> a;
        a.rows = rows;
        a.width = width;
        a.vocabulary = vocabulary;
        a.hidden = hidden.data();
        a.weight = weight.data();
        a.targets = targets.data();
        return a;
    }
};

struct Found {
    std::vector<float> nll;
    std::vector<std::int64_t> best;
    std::int64_t result = 0;

    bool operator==(const Found&) const = default;
};

class CrossEntropyOf : public ::testing::TestWithParam<std::string> {
protected:
    void TearDown() override { set_threads(0); }

    template <class Weight, class Target>
    Found run(const Problem<Weight, Target>& problem, std::int64_t tile = 0) const {
        auto a = problem.args();
        Found found;
        found.nll.assign(problem.targets.size(), -1);
        std::vector<Target> best(problem.targets.size(), -7);
        a.nll = found.nll.data();
        a.argmax = best.data();
        a.vocabulary_tile = tile;
        found.result = cross_entropy_with(GetParam(), a);
        found.best.assign(best.begin(), best.end());
        return found;
    }
};

std::vector<std::string> names() {
    const auto all = cross_entropy_implementations();
    return {all.begin(), all.end()};
}

INSTANTIATE_TEST_SUITE_P(Implementations, CrossEntropyOf, ::testing::ValuesIn(names()), [](const auto& info) { return info.param; });

// nll within float32's error of the logits; the best entry within it of the best of the reference.
template <class Weight, class Target>
void expect_near_reference(const Problem<Weight, Target>& problem, const Found& found, double logit_size) {
    std::vector<double> expected(found.nll.size());
    std::vector<Target> best(found.nll.size());
    auto a = problem.args();
    a.argmax = best.data();
    cross_entropy_reference(a, expected.data());
    const double bound = 1e-6 + 4 * 0x1p-24 * std::sqrt(static_cast<double>(problem.width)) * (1 + logit_size);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(found.nll[i]), expected[i], bound + 1e-6 * expected[i]) << "row " << i << " of " << problem.rows << 'x' << problem.width << 'x' << problem.vocabulary;
        if (found.best[i] == static_cast<std::int64_t>(best[i])) continue;
        // Two logits too close for float32: the loss of either as the target is the same.
        Problem<Weight, Target> one = problem;
        one.targets.assign(problem.targets.size(), static_cast<Target>(found.best[i]));
        std::vector<double> mine(expected.size()), theirs(expected.size());
        cross_entropy_reference(one.args(), mine.data());
        one.targets.assign(problem.targets.size(), best[i]);
        cross_entropy_reference(one.args(), theirs.data());
        EXPECT_NEAR(mine[i], theirs[i], bound) << "arg max of row " << i;
    }
}

TEST_P(CrossEntropyOf, IsThatOfFloat64AtAnyShape) {
    std::mt19937 generator(7);
    const auto up_to = [&](unsigned most) { return static_cast<std::int64_t>(1 + generator() % most); };
    std::vector<std::array<std::int64_t, 3>> shapes{{1, 1, 1}, {1, 3, 2}, {240, 8, 9}, {241, 5, 64}, {47, 33, 65}, {48, 16, 8}, {49, 16, 7}, {16, 192, 1000}, {500, 40, 174}};
    for (int i = 0; i < 12; ++i) shapes.push_back({up_to(300), up_to(130), up_to(700)});
    unsigned seed = 0;
    for (const auto& [n, d, v] : shapes) {
        const Problem<float, std::int64_t> single(n, d, v, ++seed);
        const Found found = run(single);
        EXPECT_EQ(found.result, -1);
        expect_near_reference(single, found, std::sqrt(static_cast<double>(d)));
        const Problem<Bf16, std::int32_t> half(n, d, v, seed);
        expect_near_reference(half, run(half), std::sqrt(static_cast<double>(d)));
    }
    const Problem<float, std::int32_t> short_targets(30, 20, 50, 1);
    expect_near_reference(short_targets, run(short_targets), 5);
    const Problem<Bf16, std::int64_t> long_targets(30, 20, 50, 1);
    expect_near_reference(long_targets, run(long_targets), 5);
}

TEST_P(CrossEntropyOf, DoesNotDependOnThreadsAndHardlyOnTiles) {
    for (const std::int64_t rows : {3, 300}) {
        const Problem<float, std::int64_t> problem(rows, 24, 1100, 3);
        set_threads(1);
        const Found alone = run(problem);
        for (const int threads : {2, 3, 7}) {
            set_threads(threads);
            EXPECT_EQ(run(problem), alone) << threads << " threads";
        }
        for (const std::int64_t tile : {1, 5, 8, 64, 100, 5000}) {
            const Found found = run(problem, tile);
            EXPECT_EQ(found.best, alone.best);  // the same logits, bit by bit
            for (std::size_t i = 0; i < found.nll.size(); ++i) EXPECT_NEAR(found.nll[i], alone.nll[i], 2e-6F * (1 + alone.nll[i])) << "tile " << tile;
        }
    }
}

// The neighbours of a row and its place in the block do not reach it.
TEST_P(CrossEntropyOf, TreatsEveryRowAlike) {
    const Problem<float, std::int64_t> problem(250, 12, 90, 5);
    const Found together = run(problem);
    for (const std::int64_t row : {0, 1, 47, 48, 239, 240, 249}) {
        Problem<float, std::int64_t> one = problem;
        one.rows = 1;
        one.hidden.assign(problem.hidden.begin() + row * 12, problem.hidden.begin() + (row + 1) * 12);
        one.targets = {problem.targets[static_cast<std::size_t>(row)]};
        const Found alone = run(one);
        EXPECT_NEAR(alone.nll[0], together.nll[static_cast<std::size_t>(row)], 2e-6F * (1 + alone.nll[0]));
        EXPECT_EQ(alone.best[0], together.best[static_cast<std::size_t>(row)]);
    }
}

TEST_P(CrossEntropyOf, HandsOnWhatIsNotANumber) {
    for (const float bad : {kNaN, kInfinity}) {
        for (const std::int64_t entry : {0, 7, 8, 99}) {
            Problem<float, std::int64_t> weights(20, 4, 100, 1);
            weights.hidden.assign(weights.hidden.size(), 1.0F);
            weights.weight[static_cast<std::size_t>(entry * 4 + 2)] = bad;
            for (const float x : run(weights).nll) EXPECT_TRUE(std::isnan(x)) << bad << " at " << entry;
        }
        Problem<float, std::int64_t> hidden(20, 4, 100, 1);
        hidden.hidden[5 * 4 + 1] = bad;
        const Found found = run(hidden);
        for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(std::isnan(found.nll[i]), i == 5) << i;
    }
    Problem<Bf16, std::int32_t> half(3, 2, 9, 1);
    half.weight[4] = rounded_down(kNaN);
    for (const float x : run(half).nll) EXPECT_TRUE(std::isnan(x));
}

TEST_P(CrossEntropyOf, BearsHugeLogitsAndProbabilitiesOfZero) {
    // One row whose logits are the weights themselves.
    const auto losses = [&](const std::vector<float>& logits) {
        std::vector<float> all;
        std::int64_t best = 0;
        for (std::size_t target = 0; target < logits.size(); ++target) {
            Problem<float, std::int64_t> problem(1, 1, std::ssize(logits), 1);
            problem.hidden = {1};
            problem.weight = logits;
            problem.targets = {static_cast<std::int64_t>(target)};
            const Found found = run(problem);
            all.push_back(found.nll[0]);
            best = found.best[0];
        }
        all.push_back(static_cast<float>(best));
        return all;
    };
    EXPECT_EQ(losses({3e38F, -3e38F, 0}), (std::vector<float>{0, kInfinity, 3e38F, 0}));
    EXPECT_EQ(losses({-kInfinity, 5, -kInfinity}), (std::vector<float>{kInfinity, 0, kInfinity, 1}));
    EXPECT_EQ(losses({-1e38F, -1e38F}), (std::vector<float>{std::log(2.0F), std::log(2.0F), 0}));
    EXPECT_EQ(losses({-kInfinity, -kInfinity}), (std::vector<float>{kInfinity, kInfinity, -1}));
    EXPECT_EQ(losses({1000, 900, 1000}).back(), 0);  // the first of equals
    // Far from the largest logit, in another tile as well.
    std::vector<float> logits(600, -50.0F);
    logits[599] = 40;
    EXPECT_NEAR(losses(logits)[0], 90, 1e-4);
    EXPECT_NEAR(losses(logits)[599], 0, 1e-6);
}

TEST_P(CrossEntropyOf, NamesTheFirstTargetOutsideTheVocabulary) {
    Problem<float, std::int64_t> problem(30, 4, 10, 1);
    problem.targets[20] = 10;
    problem.targets[12] = -1;
    const Found found = run(problem);
    EXPECT_EQ(found.result, 12);
    EXPECT_EQ(found.nll, std::vector<float>(30, -1));  // nothing was written
    problem.rows = 12;
    EXPECT_EQ(run(problem).result, -1);
    problem.rows = 0;
    EXPECT_EQ(run(problem).result, -1);
}

TEST_P(CrossEntropyOf, TouchesNothingOutside) {
    for (const auto side : {GuardedFloats::Side::Begin, GuardedFloats::Side::End}) {
        for (const auto& [n, d, v] : {std::array<std::int64_t, 3>{1, 1, 1}, {17, 5, 13}, {49, 7, 66}, {243, 19, 101}}) {
            const Problem<float, std::int32_t> problem(n, d, v, 9);
            const GuardedFloats hidden(problem.hidden, side), weight(problem.weight, side), nll(problem.targets.size(), side);
            auto a = problem.args();
            a.hidden = hidden.data();
            a.weight = weight.data();
            a.nll = nll.data();
            ASSERT_EQ(cross_entropy_with(GetParam(), a), -1);
            const Found found = run(problem);
            EXPECT_TRUE(std::equal(found.nll.begin(), found.nll.end(), nll.data()));
        }
    }
}

TEST(CrossEntropy, HasItsImplementationsByName) {
    const Problem<float, std::int32_t> problem(2, 2, 2, 1);
    std::vector<float> nll(2);
    auto a = problem.args();
    a.nll = nll.data();
    EXPECT_EQ(cross_entropy_with("quantum", a), -2);
    EXPECT_EQ(cross_entropy(a), -1);
    EXPECT_EQ(cross_entropy_implementations().back(), "portable");
}

// What AVX-512 runs, wherever the tests are.
TEST(CrossEntropy, AgreesWithSixteenLanes) {
    const Problem<float, std::int32_t> problem(101, 30, 203, 4);
    std::vector<double> expected(101), sum(101);
    cross_entropy_reference(problem.args(), expected.data());
    std::vector<float> largest(101), chosen(101);
    std::vector<std::int32_t> best(101);
    CrossEntropyPiece piece;
    piece.rows = 101;
    piece.width = 30;
    piece.last = 203;
    piece.tile = 64;
    piece.hidden = problem.hidden.data();
    piece.single = problem.weight.data();
    piece.targets = problem.targets.data();
    piece.largest = largest.data();
    piece.best = best.data();
    piece.sum = sum.data();
    piece.chosen = chosen.data();
    const auto floats = static_cast<std::size_t>(sixteen_lanes::kCrossEntropy.scratch_size(piece));
    const std::unique_ptr<float, void (*)(float*)> scratch(static_cast<float*>(::operator new(floats * sizeof(float), std::align_val_t{64})),
                                                           [](float* p) { ::operator delete(p, std::align_val_t{64}); });
    sixteen_lanes::kCrossEntropy.run(piece, scratch.get());
    for (std::size_t i = 0; i < 101; ++i) {
        EXPECT_NEAR(static_cast<double>(largest[i]) - static_cast<double>(chosen[i]) + std::log(sum[i]), expected[i], 2e-5) << i;
    }
}

}  // namespace
}  // namespace rankscope::kernels
