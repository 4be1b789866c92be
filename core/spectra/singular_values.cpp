// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/singular_values.hpp"

#include <Eigen/SVD>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "kernels/parallel.hpp"

namespace rankscope {
namespace {

// Largest magnitude; NaN or infinity where the matrix holds one.
float largest_entry(std::span<const float> matrix) {
    float largest = 0;
    for (const float x : matrix) {
        if (!std::isfinite(x)) return std::numeric_limits<float>::quiet_NaN();
        largest = std::max(largest, std::fabs(x));
    }
    return largest;
}

void values_of(std::span<const float> matrix, std::int64_t rows, std::int64_t columns, float largest, std::span<double> out) {
    std::fill(out.begin(), out.end(), 0.0);
    if (largest == 0) return;
    // A power of two scales without rounding.
    const int exponent = std::ilogb(largest);
    std::vector<std::int64_t> kept_rows;
    std::vector<std::int64_t> kept_columns;
    const auto at = [&](std::int64_t r, std::int64_t c) { return matrix[static_cast<std::size_t>(r * columns + c)]; };
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < columns; ++c) {
            if (at(r, c) == 0) continue;
            kept_rows.push_back(r);
            break;
        }
    }
    for (std::int64_t c = 0; c < columns; ++c) {
        for (const std::int64_t r : kept_rows) {
            if (at(r, c) == 0) continue;
            kept_columns.push_back(c);
            break;
        }
    }
    Eigen::MatrixXd scaled(std::ssize(kept_rows), std::ssize(kept_columns));
    for (Eigen::Index r = 0; r < scaled.rows(); ++r) {
        for (Eigen::Index c = 0; c < scaled.cols(); ++c) {
            const auto value = static_cast<double>(at(kept_rows[static_cast<std::size_t>(r)], kept_columns[static_cast<std::size_t>(c)]));
            scaled(r, c) = std::ldexp(value, -exponent);
        }
    }
    const Eigen::VectorXd sigma = Eigen::JacobiSVD<Eigen::MatrixXd>(scaled).singularValues();
    for (Eigen::Index i = 0; i < sigma.size(); ++i) out[static_cast<std::size_t>(i)] = std::ldexp(sigma[i], exponent);
}

}  // namespace

void singular_values(std::span<const float> matrices, std::int64_t count, std::int64_t rows, std::int64_t columns, std::span<double> out) {
    const std::int64_t width = std::min(rows, columns);
    if (count < 0 || width < 0 || std::ssize(matrices) != count * rows * columns || std::ssize(out) != count * width) {
        throw_usage("singular values: " + std::to_string(count) + " matrices [" + std::to_string(rows) + ", " + std::to_string(columns) + "]: found "
                    + std::to_string(matrices.size()) + " entries and room for " + std::to_string(out.size()) + " values");
    }
    if (count == 0 || width == 0) return;
    std::atomic<std::int64_t> first_bad{count};
    kernels::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            const std::span matrix = matrices.subspan(static_cast<std::size_t>(i * rows * columns), static_cast<std::size_t>(rows * columns));
            const float largest = largest_entry(matrix);
            if (std::isfinite(largest)) {
                values_of(matrix, rows, columns, largest, out.subspan(static_cast<std::size_t>(i * width), static_cast<std::size_t>(width)));
                continue;
            }
            std::int64_t seen = first_bad.load();
            while (i < seen && !first_bad.compare_exchange_weak(seen, i)) {
            }
        }
    });
    if (first_bad < count) {
        throw_input("singular values: matrix " + std::to_string(first_bad.load()) + ": found NaN or infinity, expected finite entries");
    }
}

}  // namespace rankscope
