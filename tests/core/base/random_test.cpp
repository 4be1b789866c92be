// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace rankscope {
namespace {

// Runs are reproduced from seeds that stand in files: these values must never change.
// Computed with another implementation (whole numbers in Python) from the definition in the header.
TEST(Random, GivesTheValuesItHasAlwaysGiven) {
    Random zero(0);
    EXPECT_EQ(zero.next(), 0xa577782bc52a9f5aULL);
    EXPECT_EQ(zero.next(), 0xb485244380e590beULL);
    Random other(42, 7);
    EXPECT_EQ(other.next(), 0x3a2cc4384ef877f7ULL);
    EXPECT_EQ(other.next(), 0x584ea09c5c418a5dULL);
    EXPECT_EQ(Random(42, 7).uniform(), 0x1.d16621c277c38p-3);
    EXPECT_EQ(Random(42, 7).below(1000), 311u);
    EXPECT_NEAR(Random(42, 7).normal(), -0.4034134072127326, 1e-14);
    std::vector<int> order{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    Random(1, 2).shuffle(order);
    EXPECT_EQ(order, (std::vector<int>{7, 3, 1, 4, 9, 5, 0, 8, 2, 6}));
}

TEST(Random, StreamsDiffer) {
    EXPECT_NE(Random(1, 0).next(), Random(1, 1).next());
    EXPECT_NE(Random(1, 0).next(), Random(2, 0).next());
}

TEST(Random, IsUniformBelowABound) {
    Random random(5);
    std::array<int, 7> counts{};
    constexpr int kDraws = 70'000;
    for (int i = 0; i < kDraws; ++i) ++counts[random.below(7)];
    // Standard deviation of a count: 92.6.
    for (const int count : counts) EXPECT_NEAR(count, kDraws / 7, 500);
    EXPECT_EQ(random.below(1), 0u);
    // Three quarters of all values would be favoured by a remainder.
    const std::uint64_t bound = std::uint64_t{3} << 62;
    int upper = 0;
    for (int i = 0; i < 3000; ++i) upper += random.below(bound) >= bound / 2 ? 1 : 0;
    EXPECT_NEAR(upper, 1500, 200);
}

TEST(Random, IsStandardNormal) {
    Random random(9);
    double sum = 0;
    double square = 0;
    constexpr int kDraws = 100'000;
    for (int i = 0; i < kDraws; ++i) {
        const double x = random.normal();
        sum += x;
        square += x * x;
    }
    EXPECT_NEAR(sum / kDraws, 0, 0.02);
    EXPECT_NEAR(square / kDraws, 1, 0.02);
}

TEST(Random, ShufflesEveryElementToEveryPlace) {
    std::array<std::array<int, 4>, 4> counts{};
    for (std::uint64_t seed = 0; seed < 8000; ++seed) {
        std::vector<int> order{0, 1, 2, 3};
        Random(seed).shuffle(order);
        for (std::size_t i = 0; i < 4; ++i) ++counts[i][static_cast<std::size_t>(order[i])];
    }
    // Standard deviation 38.7.
    for (const auto& row : counts) {
        for (const int count : row) EXPECT_NEAR(count, 2000, 200);
    }
}

}  // namespace
}  // namespace rankscope
