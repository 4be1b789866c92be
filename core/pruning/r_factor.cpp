// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/r_factor.hpp"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace rankscope {
namespace {

using Matrix = Eigen::MatrixXd;
using MatrixMap = Eigen::Map<Matrix>;

constexpr std::int64_t kBlockRows = 256;  // 256 x 128 fp64 = 256 KiB: stays in the second-level cache
constexpr Eigen::Index kPanel = 16;

// Reflectors of the panel's columns, v_j = (e_j; y_j), with y_j left in block.col(j). Returns the T of their compact WY
// form, H_0 H_1 ... = I - V T Vᵀ (Schreiber & Van Loan 1989). Since R is triangular above, each v_j has a single entry
// there, and no work is spent on zeros.
Matrix factor_panel(MatrixMap& r, Eigen::Ref<Matrix> block, Eigen::Index first, Eigen::Index width) {
    Matrix t = Matrix::Zero(width, width);
    for (Eigen::Index j = 0; j < width; ++j) {
        auto y = block.col(first + j);
        const double alpha = r(first + j, first + j);
        const double square = y.squaredNorm();
        if (square == 0) continue;
        const double beta = -std::copysign(std::sqrt(alpha * alpha + square), alpha);
        const double tau = (beta - alpha) / beta;
        y /= alpha - beta;
        r(first + j, first + j) = beta;
        for (Eigen::Index c = j + 1; c < width; ++c) {
            auto other = block.col(first + c);
            const double w = tau * (r(first + j, first + c) + y.dot(other));
            r(first + j, first + c) -= w;
            other -= w * y;
        }
        t(j, j) = tau;
        if (j > 0) {
            const Eigen::VectorXd cross = block.middleCols(first, j).transpose() * y;
            const Eigen::VectorXd column = t.topLeftCorner(j, j).triangularView<Eigen::Upper>() * cross;
            t.col(j).head(j) = -tau * column;
        }
    }
    return t;
}

// R <- R of qr([R; block]); the block is used up.
void absorb(MatrixMap& r, Eigen::Ref<Matrix> block) {
    const Eigen::Index columns = r.cols();
    for (Eigen::Index first = 0; first < columns; first += kPanel) {
        const Eigen::Index width = std::min(kPanel, columns - first);
        const Matrix t = factor_panel(r, block, first, width);
        const Eigen::Index rest = columns - first - width;
        if (rest == 0) break;
        const auto y = block.middleCols(first, width);
        auto top = r.block(first, first + width, width, rest);
        auto bottom = block.rightCols(rest);
        Matrix w = top;
        w.noalias() += y.transpose() * bottom;
        w = (t.transpose() * w).eval();
        top -= w;
        bottom.noalias() -= y * w;
    }
}

}  // namespace

RFactor::RFactor(std::int64_t columns) : columns_(columns), r_(static_cast<std::size_t>(columns * columns), 0.0) {}

void RFactor::add(const RowBlock& rows, std::span<const double> row_scale) {
    if (rows.count <= 0) return;
    MatrixMap r(r_.data(), columns_, columns_);
    Matrix block(std::min(kBlockRows, rows.count), columns_);
    using Strided = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0, Eigen::OuterStride<>>;
    for (std::int64_t n = 0; n < rows.count; n += kBlockRows) {
        const std::int64_t count = std::min(kBlockRows, rows.count - n);
        auto part = block.topRows(count);
        part = Strided(rows.first + n * rows.stride, count, columns_, Eigen::OuterStride<>(rows.stride)).cast<double>();
        if (!row_scale.empty()) part.array().colwise() *= Eigen::Map<const Eigen::ArrayXd>(row_scale.data() + n, count);
        absorb(r, part);
    }
    rows_ += rows.count;
}

std::vector<double> RFactor::matrix() const {
    std::vector<double> out(r_.size(), 0.0);
    for (std::int64_t j = 0; j < columns_; ++j) {
        for (std::int64_t i = 0; i <= j; ++i) out[static_cast<std::size_t>(i * columns_ + j)] = r_[static_cast<std::size_t>(j * columns_ + i)];
    }
    return out;
}

}  // namespace rankscope
