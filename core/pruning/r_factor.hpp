// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rankscope {

/// Rows of a float32 matrix inside a larger array: row n begins at first[n * stride].
struct RowBlock {
    const float* first = nullptr;
    std::int64_t count = 0;
    std::int64_t stride = 0;
};

/// The R factor (fp64) of a matrix that arrives in blocks of rows and is never kept: R <- R of qr([R; block]) by
/// Householder reflections (tall-skinny QR; Demmel et al. 2012). A Gram matrix would square the condition number and lose
/// the small directions that rank-revealing QR is about. Memory: one columns x columns matrix.
class RFactor {
public:
    explicit RFactor(std::int64_t columns);

    /// Appends rows; `row_scale`, where given, multiplies row n by row_scale[n]. The result does not depend on how rows
    /// are cut into blocks, but for rounding.
    void add(const RowBlock& rows, std::span<const double> row_scale = {});

    [[nodiscard]] std::int64_t columns() const noexcept { return columns_; }

    /// Rows seen so far.
    [[nodiscard]] std::int64_t rows() const noexcept { return rows_; }

    /// Row-major [columns, columns], upper triangular, RᵀR = MᵀM; rows beyond the number seen are zero. The signs of the
    /// diagonal are arbitrary.
    [[nodiscard]] std::vector<double> matrix() const;

private:
    std::int64_t columns_;
    std::int64_t rows_ = 0;
    std::vector<double> r_;  // column-major
};

}  // namespace rankscope
