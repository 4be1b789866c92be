// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/r_factor.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/random.hpp"

namespace rankscope {
namespace {

std::vector<float> random_rows(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> out(static_cast<std::size_t>(rows * columns));
    for (float& x : out) x = static_cast<float>(random.normal());
    return out;
}

// Upper triangle with a positive diagonal: then R is unique.
std::vector<double> with_positive_diagonal(std::vector<double> r, std::int64_t columns) {
    for (std::int64_t i = 0; i < columns; ++i) {
        if (r[static_cast<std::size_t>(i * columns + i)] >= 0) continue;
        for (std::int64_t j = 0; j < columns; ++j) r[static_cast<std::size_t>(i * columns + j)] *= -1;
    }
    return r;
}

void expect_same(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
}

class RFactorOf : public testing::TestWithParam<std::pair<std::int64_t, std::int64_t>> {};

TEST_P(RFactorOf, HasTheGramMatrixOfTheRows) {
    const auto [rows, columns] = GetParam();
    const std::vector<float> m = random_rows(rows, columns, 3);
    RFactor factor(columns);
    factor.add({m.data(), rows, columns});
    EXPECT_EQ(factor.rows(), rows);
    const std::vector<double> r = factor.matrix();
    for (std::int64_t a = 0; a < columns; ++a) {
        for (std::int64_t b = 0; b < columns; ++b) {
            double expected = 0;
            double found = 0;
            for (std::int64_t n = 0; n < rows; ++n) expected += static_cast<double>(m[static_cast<std::size_t>(n * columns + a)]) * m[static_cast<std::size_t>(n * columns + b)];
            for (std::int64_t n = 0; n < columns; ++n) found += r[static_cast<std::size_t>(n * columns + a)] * r[static_cast<std::size_t>(n * columns + b)];
            ASSERT_NEAR(found, expected, 1e-12 * static_cast<double>(rows + 10));
            if (b < a) {
                ASSERT_EQ(r[static_cast<std::size_t>(a * columns + b)], 0.0);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shapes, RFactorOf,
                         testing::Values(std::pair{1, 1}, std::pair{5, 1}, std::pair{300, 7}, std::pair{3, 20}, std::pair{700, 16}, std::pair{900, 17}, std::pair{257, 64}, std::pair{400, 128}));

TEST(RFactor, DoesNotDependOnHowRowsAreCut) {
    constexpr std::int64_t kRows = 1013;
    constexpr std::int64_t kColumns = 37;
    const std::vector<float> m = random_rows(kRows, kColumns, 4);
    RFactor whole(kColumns);
    whole.add({m.data(), kRows, kColumns});
    RFactor pieces(kColumns);
    std::int64_t size = 1;
    for (std::int64_t n = 0; n < kRows; n += size, size = size * 5 % 271 + 1) pieces.add({m.data() + n * kColumns, std::min(size, kRows - n), kColumns});
    EXPECT_EQ(pieces.rows(), kRows);
    expect_same(with_positive_diagonal(pieces.matrix(), kColumns), with_positive_diagonal(whole.matrix(), kColumns), 1e-12);
}

TEST(RFactor, ReadsHeadsOutOfInterleavedRowsAndScalesThem) {
    constexpr std::int64_t kRows = 50;
    constexpr std::int64_t kColumns = 6;
    constexpr std::int64_t kHeads = 3;
    const std::vector<float> all = random_rows(kRows, kColumns * kHeads, 5);
    std::vector<double> scale;
    std::vector<float> head;
    for (std::int64_t n = 0; n < kRows; ++n) {
        scale.push_back(std::ldexp(1.0, static_cast<int>(n % 5)));  // powers of two: exact in float32 too
        for (std::int64_t c = 0; c < kColumns; ++c) head.push_back(static_cast<float>(all[static_cast<std::size_t>((n * kHeads + 1) * kColumns + c)] * scale.back()));
    }
    RFactor strided(kColumns);
    strided.add({all.data() + kColumns, kRows, kColumns * kHeads}, scale);
    RFactor plain(kColumns);
    plain.add({head.data(), kRows, kColumns});
    EXPECT_EQ(strided.matrix(), plain.matrix());
}

TEST(RFactor, KeepsTheDirectionThatAGramMatrixWouldLose) {
    // Two columns of ones that differ by one unit in the last place in one row: R_11 = 2^-23 sqrt(1 - 1/n).
    constexpr std::int64_t kRows = 100000;
    std::vector<float> m(static_cast<std::size_t>(2 * kRows), 1.0F);
    m[1001] = 1.0F + 0x1p-23F;
    RFactor factor(2);
    factor.add({m.data(), kRows, 2});
    const double expected = 0x1p-23 * std::sqrt(1.0 - 1.0 / static_cast<double>(kRows));
    EXPECT_NEAR(std::abs(factor.matrix()[3]) / expected, 1.0, 1e-4);
}

TEST(RFactor, OfZeroRowsIsZero) {
    const std::vector<float> zeros(60, 0.0F);
    RFactor factor(6);
    factor.add({zeros.data(), 10, 6});
    factor.add({zeros.data(), 0, 6});
    EXPECT_EQ(factor.matrix(), std::vector<double>(36, 0.0));
}

}  // namespace
}  // namespace rankscope
