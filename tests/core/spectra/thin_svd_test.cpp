// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/thin_svd.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/spectra/singular_values.hpp"

namespace rankscope {
namespace {

std::vector<float> random_entries(std::int64_t count, double scale) {
    Random random(7);
    std::vector<float> entries(static_cast<std::size_t>(count));
    for (float& x : entries) x = static_cast<float>(scale * random.normal());
    return entries;
}

double norm(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
    return std::sqrt(sum);
}

TEST(ThinSvd, HasTheSingularValuesOfCapturesForEveryShape) {
    for (const auto& [rows, columns] : {std::pair{1L, 1L}, {5L, 3L}, {3L, 9L}, {64L, 64L}, {40L, 128L}}) {
        const std::vector<float> matrix = random_entries(rows * columns, 1);
        const ThinSvd svd = thin_svd(matrix, rows, columns);
        std::vector<double> expected(static_cast<std::size_t>(std::min(rows, columns)));
        singular_values(matrix, 1, rows, columns, expected);
        ASSERT_EQ(svd.sigma.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(svd.sigma[i], expected[i], 1e-12 * expected[0]);
    }
}

// Eckart and Young: the error of rank k is the norm of what was left out, and no more.
TEST(ThinSvd, ReconstructionOfRankKMissesTheSmallerSingularValuesAlone) {
    for (const double scale : {1.0, 1e-30, 1e30}) {
        const std::vector<float> matrix = random_entries(24 * 40, scale);
        const ThinSvd svd = thin_svd(matrix, 24, 40);
        for (const std::int64_t k : {0L, 1L, 7L, 23L, 24L, 99L}) {
            double left_out = 0;
            for (std::size_t i = static_cast<std::size_t>(std::min(k, 24L)); i < 24; ++i) left_out += svd.sigma[i] * svd.sigma[i];
            EXPECT_NEAR(norm(svd.reconstruct(k), matrix), std::sqrt(left_out), 1e-6 * svd.sigma[0]) << "rank " << k << " at scale " << scale;
        }
    }
}

TEST(ThinSvd, TheZeroMatrixAndNoMatrixHaveNoDirections) {
    const ThinSvd zero = thin_svd(std::vector<float>(12, 0.0F), 3, 4);
    EXPECT_EQ(zero.sigma, std::vector<double>(3, 0.0));
    EXPECT_EQ(zero.reconstruct(2), std::vector<float>(12, 0.0F));
    EXPECT_TRUE(thin_svd({}, 0, 5).sigma.empty());
}

TEST(ThinSvd, RefusesWhatIsNoMatrix) {
    std::vector<float> matrix(6, 1.0F);
    EXPECT_THROW((void)thin_svd(matrix, 2, 2), Error);
    EXPECT_THROW((void)thin_svd(matrix, -2, -3), Error);
    matrix[4] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_THROW((void)thin_svd(matrix, 2, 3), Error);
}

}  // namespace
}  // namespace rankscope
