// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/rank_revealing_qr.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/random.hpp"

namespace rankscope {
namespace {

using Rows = std::vector<std::vector<double>>;

std::vector<double> flat(const Rows& rows) {
    std::vector<double> out;
    for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
    return out;
}

Rows random_square(std::size_t n, std::uint64_t seed) {
    Random random(seed);
    Rows m(n, std::vector<double>(n));
    for (auto& row : m) {
        for (double& x : row) x = random.normal();
    }
    return m;
}

// Kahan's matrix with slightly growing columns, so that pivoting keeps the order although the last column is nearly
// dependent: the example for which swaps exist.
Rows kahan(std::size_t n, double c) {
    const double s = std::sqrt(1 - c * c);
    Rows m(n, std::vector<double>(n, 0.0));
    for (std::size_t i = 0; i < n; ++i) {
        const double scale = std::pow(s, static_cast<double>(i));
        for (std::size_t j = i; j < n; ++j) m[i][j] = (i == j ? scale : -c * scale) * (1 + 1e-3 * static_cast<double>(n - j) / static_cast<double>(n));
    }
    return m;
}

// All rho of a choice, by modified Gram-Schmidt and plain loops in long double.
long double largest_rho(const Rows& m, std::vector<std::int32_t> kept) {
    const std::size_t n = m.size();
    const std::size_t k = kept.size();
    std::vector<std::size_t> order(kept.begin(), kept.end());
    for (std::size_t c = 0; c < n; ++c) {
        if (std::find(order.begin(), order.end(), c) == order.end()) order.push_back(c);
    }
    std::vector<std::vector<long double>> column(n, std::vector<long double>(n));
    for (std::size_t j = 0; j < n; ++j) {
        for (std::size_t i = 0; i < n; ++i) column[j][i] = m[i][order[j]];
    }
    std::vector<std::vector<long double>> r(n, std::vector<long double>(n, 0.0L));
    const auto dot = [](const auto& a, const auto& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0L); };
    for (std::size_t i = 0; i < k; ++i) {
        r[i][i] = std::sqrt(dot(column[i], column[i]));
        for (long double& x : column[i]) x /= r[i][i];
        for (std::size_t j = i + 1; j < n; ++j) {
            r[i][j] = dot(column[i], column[j]);
            for (std::size_t t = 0; t < n; ++t) column[j][t] -= r[i][j] * column[i][t];
        }
    }
    std::vector<std::vector<long double>> inverse(k, std::vector<long double>(k, 0.0L));
    for (std::size_t e = 0; e < k; ++e) {
        for (std::size_t i = k; i-- > 0;) {
            long double sum = i == e ? 1.0L : 0.0L;
            for (std::size_t t = i + 1; t < k; ++t) sum -= r[i][t] * inverse[t][e];
            inverse[i][e] = sum / r[i][i];
        }
    }
    long double largest = 0;
    for (std::size_t i = 0; i < k; ++i) {
        const long double omega_inverse = std::sqrt(dot(inverse[i], inverse[i]));
        for (std::size_t j = k; j < n; ++j) {
            long double w = 0;
            for (std::size_t t = i; t < k; ++t) w += inverse[i][t] * r[t][j];
            const long double gamma = std::sqrt(dot(column[j], column[j]));
            largest = std::max(largest, std::sqrt(w * w + gamma * gamma * omega_inverse * omega_inverse));
        }
    }
    return largest;
}

TEST(PivotOrder, TakesTheLargestRemainingColumnEveryTime) {
    const PivotOrder pivots = pivot_order(flat({{1, 0, 3, 0}, {0, 2, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0.5}}), 4);
    EXPECT_THAT(pivots.order, testing::ElementsAre(2, 1, 3, 0));
    EXPECT_THAT(pivots.diagonal, testing::ElementsAre(3, 2, 0.5, testing::DoubleNear(0, 1e-15)));
}

TEST(PivotOrder, BreaksTiesByLowerIndexAlsoBeyondTheRank) {
    // Columns 1 and 3 are copies, 0 and 4 are zero.
    const PivotOrder pivots = pivot_order(flat({{0, 1, 2, 1, 0}, {0, 1, 0, 1, 0}, {0, 2, 5, 2, 0}, {0, 0, 0, 0, 0}, {0, 0, 0, 0, 0}}), 5);
    EXPECT_THAT(pivots.order, testing::ElementsAre(2, 1, 0, 3, 4));
    const PivotOrder nothing = pivot_order(std::vector<double>(9, 0.0), 3);
    EXPECT_THAT(nothing.order, testing::ElementsAre(0, 1, 2));
}

TEST(StrongRrqr, ReportsTheRhoOfItsFinalChoice) {
    for (const std::size_t n : {2U, 9U, 24U}) {
        const Rows m = random_square(n, n);
        for (std::size_t k = 1; k < n; k += 3) {
            const RrqrResult result = strong_rrqr(flat(m), static_cast<std::int64_t>(n), static_cast<std::int64_t>(k));
            EXPECT_EQ(result.stop, RrqrStop::Converged);
            EXPECT_LE(result.max_rho, 1.5);
            EXPECT_NEAR(result.max_rho, static_cast<double>(largest_rho(m, result.keep)), 1e-9);
        }
    }
}

TEST(StrongRrqr, SwapsWherePivotingAloneIsMisled) {
    const Rows m = kahan(24, 0.35);
    const std::vector<std::int32_t> order = pivot_order(flat(m), 24).order;
    const std::vector<std::int32_t> start(order.begin(), order.begin() + 23);
    ASSERT_GT(largest_rho(m, start), 1.5L);
    const RrqrResult result = strong_rrqr(flat(m), 24, 23);
    EXPECT_GE(result.swaps, 1);
    EXPECT_EQ(result.stop, RrqrStop::Converged);
    EXPECT_LE(largest_rho(m, result.keep), 1.5L);
    EXPECT_NE(std::vector<std::int32_t>(result.keep), start);
}

TEST(StrongRrqr, StopsAtTheSwapLimitAndSaysSo) {
    const RrqrResult result = strong_rrqr(flat(kahan(24, 0.35)), 24, 23, {.f = 1.5, .max_swaps = 0});
    EXPECT_EQ(result.stop, RrqrStop::SwapLimit);
    EXPECT_EQ(result.swaps, 0);
    EXPECT_GT(result.max_rho, 1.5);
}

TEST(StrongRrqr, StopsWhereTheKeptColumnsAreDependent) {
    Rows m = random_square(6, 8);
    for (auto& row : m) {
        row[3] = row[1];
        row[5] = 0;
    }
    const RrqrResult result = strong_rrqr(flat(m), 6, 5);
    EXPECT_EQ(result.stop, RrqrStop::Singular);
    EXPECT_TRUE(std::isnan(result.max_rho));
    EXPECT_EQ(result.keep.size(), 5U);
    EXPECT_EQ(strong_rrqr(flat(m), 6, 4).stop, RrqrStop::Converged);
}

TEST(StrongRrqr, OfAllColumnsKeepsThemAll) {
    const RrqrResult result = strong_rrqr(flat(random_square(5, 9)), 5, 5);
    EXPECT_THAT(result.keep, testing::UnorderedElementsAre(0, 1, 2, 3, 4));
    EXPECT_EQ(result.max_rho, 0);
}

}  // namespace
}  // namespace rankscope
