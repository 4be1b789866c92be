// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/rank_revealing_qr.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rankscope {
namespace {

using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Differences below this are rounding: ties are then broken by index, whatever the block sizes were.
constexpr double kTie = 1e-12;

Matrix columns_in_order(const Matrix& r, const std::vector<std::int32_t>& order) {
    Matrix out(r.rows(), r.cols());
    for (Eigen::Index j = 0; j < out.cols(); ++j) out.col(j) = r.col(order[static_cast<std::size_t>(j)]);
    return out;
}

Matrix refactored(const Matrix& r, const std::vector<std::int32_t>& order) {
    return Eigen::HouseholderQR<Matrix>(columns_in_order(r, order)).matrixQR().triangularView<Eigen::Upper>();
}

struct LargestRho {
    double value = 0;
    Eigen::Index row = 0, column = 0;
};

// The first rho in row-major order that is as large as any.
LargestRho largest_rho(const Matrix& factored, Eigen::Index kept) {
    const Eigen::Index dropped = factored.cols() - kept;
    const auto a = factored.topLeftCorner(kept, kept).triangularView<Eigen::Upper>();
    const Matrix w = a.solve(factored.topRightCorner(kept, dropped));
    const Matrix inverse = a.solve(Matrix::Identity(kept, kept));
    const Eigen::VectorXd omega_inverse = inverse.rowwise().norm();
    const Eigen::VectorXd gamma = factored.bottomRightCorner(dropped, dropped).colwise().norm();
    const Matrix rho = (w.array().square() + (omega_inverse * gamma.transpose()).array().square()).sqrt();
    const double largest = rho.maxCoeff();
    for (Eigen::Index i = 0; i < kept; ++i) {
        for (Eigen::Index j = 0; j < dropped; ++j) {
            if (rho(i, j) >= largest * (1 - kTie)) return {largest, i, j};
        }
    }
    return {std::numeric_limits<double>::quiet_NaN(), 0, 0};
}

}  // namespace

PivotOrder pivot_order(std::span<const double> r, std::int64_t columns) {
    Matrix work = Eigen::Map<const RowMajor>(r.data(), columns, columns);
    std::vector<std::int32_t> left(static_cast<std::size_t>(columns));
    std::iota(left.begin(), left.end(), 0);
    PivotOrder out;
    const double largest = columns > 0 ? work.colwise().norm().maxCoeff() : 0;
    const double noise = largest * static_cast<double>(columns) * std::numeric_limits<double>::epsilon();
    Eigen::VectorXd scratch(columns);
    for (Eigen::Index step = 0; step < columns; ++step) {
        // The remaining norms are computed afresh: at these sizes downdating would save nothing worth its rounding.
        const Eigen::Index rows = columns - step;
        std::vector<double> norms;
        for (const std::int32_t c : left) norms.push_back(work.col(c).tail(rows).norm());
        const double best = *std::max_element(norms.begin(), norms.end());
        const auto pick = best <= noise ? norms.begin() : std::find_if(norms.begin(), norms.end(), [&](double n) { return n >= best * (1 - kTie); });
        const std::int32_t pivot = left[static_cast<std::size_t>(pick - norms.begin())];
        left.erase(left.begin() + (pick - norms.begin()));
        out.order.push_back(pivot);

        auto column = work.col(pivot).tail(rows);
        double tau = 0;
        double beta = 0;
        column.makeHouseholderInPlace(tau, beta);
        out.diagonal.push_back(std::abs(beta));
        const Eigen::VectorXd essential = column.tail(rows - 1);
        for (const std::int32_t c : left) {
            auto other = work.col(c).tail(rows);
            const double w = tau * (other(0) + essential.dot(other.tail(rows - 1)));
            other(0) -= w;
            other.tail(rows - 1) -= w * essential;
        }
    }
    return out;
}

RrqrResult strong_rrqr(std::span<const double> r, std::int64_t columns, std::int64_t count, const RrqrOptions& options) {
    const Matrix full = Eigen::Map<const RowMajor>(r.data(), columns, columns);
    std::vector<std::int32_t> order = pivot_order(r, columns).order;
    RrqrResult out;
    const auto finish = [&](RrqrStop stop) {
        out.stop = stop;
        out.keep.assign(order.begin(), order.begin() + count);
        return out;
    };
    if (count >= columns) return finish(RrqrStop::Converged);
    for (;;) {
        const Matrix factored = refactored(full, order);
        if (factored.diagonal().head(count).cwiseAbs().minCoeff() < options.singular) {
            out.max_rho = std::numeric_limits<double>::quiet_NaN();
            return finish(RrqrStop::Singular);
        }
        const LargestRho rho = largest_rho(factored, count);
        out.max_rho = rho.value;
        if (rho.value <= options.f) return finish(RrqrStop::Converged);
        if (out.swaps >= options.max_swaps) return finish(RrqrStop::SwapLimit);
        std::swap(order[static_cast<std::size_t>(rho.row)], order[static_cast<std::size_t>(count + rho.column)]);
        ++out.swaps;
    }
}

}  // namespace rankscope
