// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/singular_values.hpp"

#include <gtest/gtest.h>

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/random.hpp"

namespace rankscope {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Eigen::MatrixXd random_matrix(std::int64_t rows, std::int64_t columns, Random& random) {
    return Eigen::MatrixXd::NullaryExpr(rows, columns, [&] { return random.normal(); });
}

Eigen::MatrixXd random_orthogonal(std::int64_t n, Random& random) {
    return Eigen::HouseholderQR<Eigen::MatrixXd>(random_matrix(n, n, random)).householderQ();
}

std::vector<double> values_of(const Matrix& m) {
    std::vector<double> out(static_cast<std::size_t>(std::min(m.rows(), m.cols())));
    singular_values({m.data(), static_cast<std::size_t>(m.size())}, 1, m.rows(), m.cols(), out);
    return out;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected, double tolerance, const std::string& what) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], tolerance * expected[0]) << what << " value " << i;
}

// Eigen in float64: Jacobi where that is quick.
void expect_like_eigen(const Matrix& m, const std::string& what) {
    const Eigen::MatrixXd exact = m.cast<double>();
    const Eigen::VectorXd sigma = std::min(m.rows(), m.cols()) <= 48 ? Eigen::VectorXd(Eigen::JacobiSVD<Eigen::MatrixXd>(exact).singularValues())
                                                                     : Eigen::VectorXd(Eigen::BDCSVD<Eigen::MatrixXd>(exact).singularValues());
    expect_near(values_of(m), {sigma.begin(), sigma.end()}, 1e-13, what);
}

TEST(SingularValues, AgreeWithEigenForRandomShapes) {
    Random random(1);
    for (int trial = 0; trial < 60; ++trial) {
        const auto rows = static_cast<std::int64_t>(1 + random.below(trial < 50 ? 70 : 256));
        const auto columns = static_cast<std::int64_t>(1 + random.below(trial < 50 ? 70 : 256));
        expect_like_eigen(random_matrix(rows, columns, random).cast<float>(), std::to_string(rows) + "x" + std::to_string(columns));
    }
    for (const std::int64_t n : {1, 2, 3, 4, 5, 8, 128, 256}) expect_like_eigen(random_matrix(n, n, random).cast<float>(), std::to_string(n));
}

TEST(SingularValues, AgreeWithEigenForGradedClusteredAndDeficientSpectra) {
    Random random(2);
    constexpr std::int64_t n = 48;
    const std::vector<std::pair<std::string, std::function<double(std::int64_t)>>> spectra = {
        {"graded", [](std::int64_t i) { return std::pow(10.0, -8.0 * static_cast<double>(i) / n); }},
        {"steep", [](std::int64_t i) { return std::pow(10.0, -static_cast<double>(i)); }},
        {"equal", [](std::int64_t) { return 1.0; }},
        {"two clusters", [](std::int64_t i) { return i < 20 ? 1.0 : 1e-3; }},
        {"one large", [](std::int64_t i) { return i == 0 ? 1e6 : 1.0; }},
        {"rank 9", [](std::int64_t i) { return i < 9 ? 1.0 / static_cast<double>(i + 1) : 0.0; }},
        {"pairs", [](std::int64_t i) { return 1.0 + static_cast<double>(i / 2); }},
    };
    for (const auto& [name, value] : spectra) {
        const Eigen::VectorXd sigma = Eigen::VectorXd::NullaryExpr(n, [&](Eigen::Index i) { return value(i); });
        const Eigen::MatrixXd m = random_orthogonal(n, random) * sigma.asDiagonal() * random_orthogonal(n, random).transpose();
        expect_like_eigen(m.cast<float>(), name);
    }
    // Rows, columns or both graded in either direction.
    for (const double power : {-12.0, 12.0}) {
        Eigen::MatrixXd m = random_matrix(n, n, random);
        for (Eigen::Index i = 0; i < n; ++i) m.row(i) *= std::pow(10.0, power * static_cast<double>(i) / n);
        expect_like_eigen(m.cast<float>(), "graded rows");
        expect_like_eigen(m.transpose().cast<float>(), "graded columns");
    }
}

TEST(SingularValues, HoldForStatesOfARecurrence) {
    // S <- S + k ⊗ β (v − Sᵀ k) with few distinct keys: far from full rank.
    Random random(3);
    Eigen::MatrixXd state = Eigen::MatrixXd::Zero(64, 64);
    for (int token = 0; token < 300; ++token) {
        Eigen::VectorXd k = random_matrix(64, 1, random);
        k.tail(40) *= 1e-3;
        k.normalize();
        const Eigen::VectorXd v = random_matrix(64, 1, random);
        state += 0.7 * k * (v - state.transpose() * k).transpose();
    }
    expect_like_eigen(state.cast<float>(), "state");
}

TEST(SingularValues, IgnoreTranspositionPermutationAndSigns) {
    Random random(4);
    for (const auto& [rows, columns] : {std::pair{31, 17}, {40, 40}, {9, 100}}) {
        Matrix m = random_matrix(rows, columns, random).cast<float>();
        const std::vector<double> sigma = values_of(m);
        expect_near(values_of(m.transpose()), sigma, 1e-13, "transpose");
        expect_near(values_of(m.colwise().reverse()), sigma, 1e-13, "rows reversed");
        expect_near(values_of(m.rowwise().reverse()), sigma, 1e-13, "columns reversed");
        expect_near(values_of(-m), sigma, 0, "sign");
    }
}

TEST(SingularValues, IgnoreOrthogonalFactors) {
    // To float32 rounding of the product, since the input is float32.
    Random random(5);
    const Eigen::MatrixXd m = random_matrix(32, 24, random);
    const Matrix turned = (random_orthogonal(32, random) * m * random_orthogonal(24, random)).cast<float>();
    expect_near(values_of(turned), values_of(m.cast<float>()), 1e-6, "orthogonal");
}

TEST(SingularValues, RefuseWhatIsNotFiniteByItsIndex) {
    std::vector<float> matrices(4 * 6, 1.0F);
    matrices[2 * 6 + 5] = std::numeric_limits<float>::infinity();
    std::vector<double> out(4 * 2);
    try {
        singular_values(matrices, 4, 2, 3, out);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        EXPECT_NE(std::string(error.what()).find("matrix 2"), std::string::npos) << error.what();
    }
}

TEST(SingularValues, RefuseSpansOfAnotherSize) {
    const std::vector<float> matrices(12, 1.0F);
    std::vector<double> out(4);
    EXPECT_THROW(singular_values(matrices, 2, 2, 2, out), Error);
    EXPECT_THROW(singular_values(matrices, 2, 3, 2, std::span(out).first(3)), Error);
    EXPECT_THROW(singular_values(matrices, -1, 3, 4, out), Error);
    EXPECT_NO_THROW(singular_values({}, 0, 3, 4, {}));
}

}  // namespace
}  // namespace rankscope
