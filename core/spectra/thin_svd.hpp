// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rankscope {

/// S = U diag(σ) Vᵀ with r = min(rows, columns) directions. For looking at single states: singular_values() is what captures
/// and metrics use.
struct ThinSvd {
    std::int64_t rows = 0, columns = 0;
    std::vector<double> u;      ///< [rows, r]
    std::vector<double> sigma;  ///< [r], falling
    std::vector<double> v;      ///< [columns, r]

    /// The nearest matrix [rows, columns] of rank `rank` at most, in row-major order; `rank` is held in [0, r].
    [[nodiscard]] std::vector<float> reconstruct(std::int64_t rank) const;
};

/// Decomposes one row-major float32 matrix in float64. Error{Usage} where the extents are negative or do not fit the entries;
/// Error{Input} for NaN or infinity.
[[nodiscard]] ThinSvd thin_svd(std::span<const float> matrix, std::int64_t rows, std::int64_t columns);

}  // namespace rankscope
