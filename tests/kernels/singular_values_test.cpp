// SPDX-License-Identifier: Apache-2.0
#include "kernels/singular_values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/parallel.hpp"

namespace rankscope::kernels {
namespace {

constexpr const char* kImplementations[] = {"avx512", "avx2", "portable"};

std::vector<float> random_matrices(std::int64_t count, std::int64_t rows, std::int64_t columns, unsigned seed) {
    std::mt19937 generator(seed);
    std::normal_distribution<float> normal;
    std::vector<float> out(static_cast<std::size_t>(count * rows * columns));
    for (float& x : out) x = normal(generator);
    return out;
}

// Diagonal matrices with their entries in scattered places: the singular values are known exactly.
std::vector<float> scattered_diagonal(const std::vector<float>& values, unsigned seed) {
    const std::size_t n = values.size();
    std::vector<std::size_t> places(n);
    for (std::size_t i = 0; i < n; ++i) places[i] = i;
    std::shuffle(places.begin(), places.end(), std::mt19937(seed));
    std::vector<float> out(n * n, 0.0F);
    for (std::size_t i = 0; i < n; ++i) out[i * n + places[i]] = values[i];
    return out;
}

class SingularValuesOf : public testing::TestWithParam<const char*> {
protected:
    // Empty where this processor lacks the instruction set.
    std::vector<double> run(const std::vector<float>& matrices, std::int64_t count, std::int64_t rows, std::int64_t columns) {
        std::vector<double> out(static_cast<std::size_t>(count * std::min(rows, columns)), -1.0);
        result = singular_values_with(GetParam(), {count, rows, columns, matrices.data(), out.data()});
        return out;
    }

    void SetUp() override {
        const float one = 1;
        double out = 0;
        if (singular_values_with(GetParam(), {1, 1, 1, &one, &out}) == -2) GTEST_SKIP() << "no " << GetParam() << " here";
    }

    void TearDown() override { set_threads(0); }

    std::int64_t result = 0;
};

INSTANTIATE_TEST_SUITE_P(Implementations, SingularValuesOf, testing::ValuesIn(kImplementations), [](const auto& info) { return std::string(info.param); });

TEST_P(SingularValuesOf, KeepTheSumsOfPowersOfTheGramMatrix) {
    // tr AᵀA = Σσ² and ‖AᵀA‖_F² = Σσ⁴.
    for (const auto& [rows, columns] : {std::pair{1, 1}, {2, 2}, {3, 7}, {7, 3}, {16, 16}, {33, 20}, {64, 128}, {128, 128}, {131, 203}, {257, 130}, {170, 169}}) {
        constexpr std::int64_t kCount = 5;
        const std::vector<float> matrices = random_matrices(kCount, rows, columns, 1);
        const std::vector<double> sigma = run(matrices, kCount, rows, columns);
        ASSERT_EQ(result, -1);
        const std::int64_t width = std::min(rows, columns);
        for (std::int64_t c = 0; c < kCount; ++c) {
            const float* a = matrices.data() + c * rows * columns;
            double trace = 0;
            double fourth = 0;
            for (std::int64_t i = 0; i < columns; ++i) {
                for (std::int64_t j = 0; j < columns; ++j) {
                    double g = 0;
                    for (std::int64_t r = 0; r < rows; ++r) g += static_cast<double>(a[r * columns + i]) * static_cast<double>(a[r * columns + j]);
                    fourth += g * g;
                    trace += i == j ? g : 0;
                }
            }
            double squares = 0;
            double fourths = 0;
            for (std::int64_t i = 0; i < width; ++i) {
                const double s = sigma[static_cast<std::size_t>(c * width + i)];
                squares += s * s;
                fourths += s * s * s * s;
            }
            EXPECT_NEAR(squares, trace, 1e-13 * trace) << rows << 'x' << columns;
            EXPECT_NEAR(fourths, fourth, 1e-13 * fourth) << rows << 'x' << columns;
        }
    }
}

TEST_P(SingularValuesOf, FindDiagonalEntriesWhateverTheirOrder) {
    for (const std::size_t n : {1U, 2U, 3U, 4U, 17U, 64U, 121U, 165U, 170U}) {
        std::vector<float> values(n);
        for (std::size_t i = 0; i < n; ++i) values[i] = std::ldexp(1.0F + static_cast<float>(i % 3) / 4, -static_cast<int>(i) / 2);
        std::vector<double> expected(values.begin(), values.end());
        std::sort(expected.begin(), expected.end(), std::greater<>());
        const std::vector<double> sigma = run(scattered_diagonal(values, 5), 1, static_cast<std::int64_t>(n), static_cast<std::int64_t>(n));
        for (std::size_t i = 0; i < n; ++i) EXPECT_NEAR(sigma[i], expected[i], 4e-16 * expected[0] + 4e-16 * expected[i]) << n << ' ' << i;
    }
}

TEST_P(SingularValuesOf, DoNotDependOnTheNeighboursNorOnThreads) {
    for (const auto& [rows, columns] : {std::pair{24, 40}, {40, 24}, {32, 32}, {167, 163}}) {
        constexpr std::int64_t kCount = 37;
        std::vector<float> matrices = random_matrices(kCount, rows, columns, 2);
        const std::size_t size = static_cast<std::size_t>(rows * columns);
        // Neighbours of every kind: zero, with zero rows, of rank one, huge, tiny.
        std::fill_n(matrices.begin() + static_cast<std::ptrdiff_t>(3 * size), size, 0.0F);
        std::fill_n(matrices.begin() + static_cast<std::ptrdiff_t>(4 * size), 5 * columns, 0.0F);
        for (std::size_t i = 0; i < size; ++i) {
            matrices[5 * size + i] = static_cast<float>(i / static_cast<std::size_t>(columns) + 1) * static_cast<float>(i % static_cast<std::size_t>(columns) + 1);
            matrices[6 * size + i] *= 1e37F;
            matrices[7 * size + i] *= 1e-40F;
        }
        set_threads(1);
        const std::vector<double> together = run(matrices, kCount, rows, columns);
        set_threads(3);
        EXPECT_EQ(run(matrices, kCount, rows, columns), together);
        const std::size_t width = static_cast<std::size_t>(std::min(rows, columns));
        for (std::size_t c = 0; c < kCount; ++c) {
            const auto first = matrices.begin() + static_cast<std::ptrdiff_t>(c * size);
            const std::vector<double> alone = run({first, first + static_cast<std::ptrdiff_t>(size)}, 1, rows, columns);
            ASSERT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + static_cast<std::ptrdiff_t>(c * width))) << c;
        }
    }
}

// Which matrices are reduced in lock step and which one after the other depends on the vectors' width: around these shapes the
// instruction sets do it differently.
TEST_P(SingularValuesOf, AgreeWithTheOtherInstructionSets) {
    for (const auto& [rows, columns] : {std::pair{79, 81}, {81, 79}, {80, 80}, {113, 114}, {128, 96}, {5, 1300}, {1300, 9}, {1, 6000}, {160, 161}}) {
        constexpr std::int64_t kCount = 3;
        std::vector<float> matrices = random_matrices(kCount, rows, columns, 9);
        // The second falls over 30 powers of two from row to row, the third has two columns alike.
        for (std::int64_t i = 0; i < rows * columns; ++i) {
            float& x = matrices[static_cast<std::size_t>(rows * columns + i)];
            x = std::ldexp(x, static_cast<int>(-30 * (i / columns) / rows));
            if (columns > 1 && i % columns == columns - 1) matrices[static_cast<std::size_t>(2 * rows * columns + i)] = matrices[static_cast<std::size_t>(2 * rows * columns + i - 1)];
        }
        const std::vector<double> found = run(matrices, kCount, rows, columns);
        ASSERT_EQ(result, -1);
        std::vector<double> portable(found.size());
        ASSERT_EQ(singular_values_with("portable", {kCount, rows, columns, matrices.data(), portable.data()}), -1);
        const std::size_t width = static_cast<std::size_t>(std::min(rows, columns));
        for (std::size_t i = 0; i < found.size(); ++i) {
            ASSERT_NEAR(found[i], portable[i], 1e-14 * portable[i / width * width]) << rows << 'x' << columns << ' ' << i;
        }
    }
}

TEST_P(SingularValuesOf, ScaleExactlyWithPowersOfTwoDownToTheSmallestNumbers) {
    const std::vector<float> matrices = random_matrices(1, 20, 30, 3);
    const std::vector<double> sigma = run(matrices, 1, 20, 30);
    const std::vector<float> wide = random_matrices(1, 168, 170, 3);
    const std::vector<double> wide_sigma = run(wide, 1, 168, 170);
    for (const int exponent : {-100, -30, 1, 100}) {
        std::vector<float> scaled = matrices;
        for (float& x : scaled) x = std::ldexp(x, exponent);
        const std::vector<double> found = run(scaled, 1, 20, 30);
        for (std::size_t i = 0; i < sigma.size(); ++i) EXPECT_EQ(found[i], std::ldexp(sigma[i], exponent));
        scaled = wide;
        for (float& x : scaled) x = std::ldexp(x, exponent);
        const std::vector<double> wide_found = run(scaled, 1, 168, 170);
        for (std::size_t i = 0; i < wide_sigma.size(); ++i) ASSERT_EQ(wide_found[i], std::ldexp(wide_sigma[i], exponent));
    }
    // The least subnormal float is as good a number as any.
    const float least = std::numeric_limits<float>::denorm_min();
    const std::vector<double> found = run({least, 0, 0, 3 * least}, 1, 2, 2);
    EXPECT_EQ(found, (std::vector<double>{3.0 * static_cast<double>(least), static_cast<double>(least)}));
}

TEST_P(SingularValuesOf, AreExactlyZeroBeyondTheRowsAndColumnsThatHoldSomething) {
    std::vector<float> matrix = random_matrices(1, 12, 10, 4);
    for (std::size_t r = 0; r < 12; ++r) {
        for (std::size_t c = 0; c < 10; ++c) {
            if (r % 3 == 1 || c % 4 == 2) matrix[r * 10 + c] = 0;
        }
    }
    // 8 rows and 8 columns are left (columns 2 and 6 are gone).
    const std::vector<double> sigma = run(matrix, 1, 12, 10);
    for (std::size_t i = 0; i < 10; ++i) {
        if (i < 8) {
            EXPECT_GT(sigma[i], 1e-3) << i;
        } else {
            EXPECT_EQ(sigma[i], 0.0) << i;
        }
    }
    std::vector<float> wide = random_matrices(1, 190, 180, 4);
    for (std::size_t r = 0; r < 190; ++r) {
        for (std::size_t c = 0; c < 180; ++c) {
            if (r % 9 == 1 || c % 2 == 1) wide[r * 180 + c] = 0;
        }
    }
    const std::vector<double> wide_sigma = run(wide, 1, 190, 180);
    for (std::size_t i = 0; i < 180; ++i) {
        if (i < 90) {
            EXPECT_GT(wide_sigma[i], 1e-3) << i;
        } else {
            EXPECT_EQ(wide_sigma[i], 0.0) << i;
        }
    }
    EXPECT_EQ(run(std::vector<float>(15, 0.0F), 1, 3, 5), std::vector<double>(3, 0.0));
    EXPECT_EQ(run(std::vector<float>(200 * 200, 0.0F), 1, 200, 200), std::vector<double>(200, 0.0));
    EXPECT_EQ(run(std::vector<float>(15, -0.0F), 1, 3, 5), std::vector<double>(3, 0.0));
}

TEST_P(SingularValuesOf, NameTheFirstMatrixThatIsNotFinite) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
        for (const std::size_t place : {0U, 11U, 34U}) {
            std::vector<float> matrices = random_matrices(50, 5, 7, 6);
            matrices[41 * 35 + place] = bad;
            matrices[20 * 35 + place] = bad;
            (void)run(matrices, 50, 5, 7);
            EXPECT_EQ(result, 20);
        }
    }
}

TEST_P(SingularValuesOf, EndForBidiagonalMatricesThatDelayConvergence) {
    // Graded the wrong way, equal values, a weak coupling in the middle, and Wilkinson-like pairs: bisection decides.
    constexpr std::int64_t n = 40;
    std::vector<std::function<std::pair<double, double>(int)>> makers = {
        [](int i) { return std::pair{std::ldexp(1.0, i / 2 - 20), std::ldexp(0.9, i / 2 - 20)}; },
        [](int) { return std::pair{1.0, 1.0}; },
        [](int) { return std::pair{1.0, 1e-7}; },
        [](int i) { return std::pair{1.0 + i % 20, i == 19 ? 1e-8 : 1.0}; },
        [](int i) { return std::pair{std::abs(i - 20) + 0.5, 1.0}; },
        [](int i) { return std::pair{i % 5 == 0 ? 1e-9 : 1.0, 0.5}; },
        [](int i) { return std::pair{i == 25 ? 0.0 : 1.0, 1.0}; },
        [](int i) { return std::pair{std::ldexp(1.0, -i), std::ldexp(1.0, -i)}; },
    };
    std::vector<float> matrices;
    std::vector<double> expected;
    for (const auto& make : makers) {
        std::vector<float> matrix(n * n, 0.0F);
        std::vector<double> q(n);
        std::vector<double> e(n);
        for (int i = 0; i < n; ++i) {
            const auto [diagonal, beside] = make(i);
            matrix[static_cast<std::size_t>(i * n + i)] = static_cast<float>(diagonal);
            if (i + 1 < n) matrix[static_cast<std::size_t>(i * n + i + 1)] = static_cast<float>(beside);
            q[static_cast<std::size_t>(i)] = std::pow(static_cast<double>(static_cast<float>(diagonal)), 2);
            e[static_cast<std::size_t>(i)] = std::pow(static_cast<double>(static_cast<float>(beside)), 2);
        }
        matrices.insert(matrices.end(), matrix.begin(), matrix.end());
        std::vector<double> squares(n);
        bidiagonal_squares_by_bisection(n, q.data(), e.data(), squares.data());
        for (const double s : squares) expected.push_back(std::sqrt(s));
    }
    const std::vector<double> found = run(matrices, std::ssize(makers), n, n);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NEAR(found[i], expected[i], 1e-14 * expected[i / n * n]) << "matrix " << i / n << " value " << i % n;
    }
}

TEST(BidiagonalBisection, FindsTheSpectrumOfTheSecondDifference) {
    // 1 on the diagonal, −1 beside it: σ_k = 2 cos(k π / (2n + 1)).
    constexpr std::int64_t n = 50;
    const std::vector<double> ones(n, 1.0);
    std::vector<double> squares(n);
    bidiagonal_squares_by_bisection(n, ones.data(), ones.data(), squares.data());
    for (int k = 1; k <= n; ++k) {
        const double expected = 2 * std::cos(k * std::acos(-1.0) / (2 * n + 1));
        EXPECT_NEAR(std::sqrt(squares[static_cast<std::size_t>(k - 1)]), expected, 1e-14) << k;
    }
}

TEST(SingularValues, OfNothingAreNothing) {
    EXPECT_EQ(singular_values({}), -1);
    EXPECT_NE(singular_values_implementation(), "");
}

}  // namespace
}  // namespace rankscope::kernels
