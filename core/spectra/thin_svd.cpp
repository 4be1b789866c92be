// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/thin_svd.hpp"

#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <string>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

std::vector<double> row_major(const Eigen::MatrixXd& m) {
    std::vector<double> out(static_cast<std::size_t>(m.size()));
    Eigen::Map<RowMajor>(out.data(), m.rows(), m.cols()) = m;
    return out;
}

}  // namespace

ThinSvd thin_svd(std::span<const float> matrix, std::int64_t rows, std::int64_t columns) {
    if (rows < 0 || columns < 0 || std::ssize(matrix) != rows * columns) {
        throw_usage("thin SVD: matrix [" + std::to_string(rows) + ", " + std::to_string(columns) + "]: found " + std::to_string(matrix.size()) + " entries");
    }
    if (!std::ranges::all_of(matrix, [](float x) { return std::isfinite(x); })) {
        throw_input("thin SVD: found NaN or infinity, expected finite entries");
    }
    ThinSvd result{rows, columns, {}, {}, {}};
    if (matrix.empty()) return result;
    // Scaled, so that squares of tiny and huge entries are numbers.
    float largest = 0;
    for (const float x : matrix) largest = std::max(largest, std::abs(x));
    const double scale = largest > 0 ? largest : 1;
    const Eigen::MatrixXd scaled =
        Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(matrix.data(), rows, columns).cast<double>() / scale;
    const Eigen::BDCSVD<Eigen::MatrixXd> svd(scaled, Eigen::ComputeThinU | Eigen::ComputeThinV);
    result.u = row_major(svd.matrixU());
    result.v = row_major(svd.matrixV());
    for (const double sigma : svd.singularValues()) result.sigma.push_back(sigma * scale);
    return result;
}

std::vector<float> ThinSvd::reconstruct(std::int64_t rank) const {
    const auto all = static_cast<std::int64_t>(sigma.size());
    const std::int64_t k = std::clamp<std::int64_t>(rank, 0, all);
    std::vector<float> out(static_cast<std::size_t>(rows * columns), 0.0F);
    if (k == 0) return out;
    const Eigen::Map<const RowMajor> left(u.data(), rows, all);
    const Eigen::Map<const RowMajor> right(v.data(), columns, all);
    const Eigen::Map<const Eigen::VectorXd> values(sigma.data(), all);
    const RowMajor product = left.leftCols(k) * values.head(k).asDiagonal() * right.leftCols(k).transpose();
    std::ranges::transform(std::span(product.data(), out.size()), out.begin(), [](double x) { return static_cast<float>(x); });
    return out;
}

}  // namespace rankscope
