// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// Columns in the order pivoted QR takes them.
struct PivotOrder {
    std::vector<std::int32_t> order;
    std::vector<double> diagonal;  ///< |R_jj| of step j, falling
};

/// QR with column pivoting of a square, finite matrix [columns, columns], row-major (an R factor stands for all its rows). Of
/// columns with equal remaining norm (1e-12 relative) the one with the lower index goes first; columns that are
/// numerically dependent on those before them follow in index order.
[[nodiscard]] PivotOrder pivot_order(std::span<const double> r, std::int64_t columns);

enum class RrqrStop {
    Converged,  ///< every rho <= f: the strong rank-revealing property holds
    SwapLimit,  ///< max_swaps done and some rho still above f
    Singular,   ///< min |diag A| below the threshold: the kept columns are numerically dependent, no rho is defined
};

struct RrqrOptions {
    double f = 1.5;
    int max_swaps = 20;
    double singular = 1e-9;  ///< absolute, as in the published code
};

struct RrqrResult {
    std::vector<std::int32_t> keep;  ///< in pivot order after swaps
    int swaps = 0;
    double max_rho = 0;  ///< of the final choice; 0 if all columns are kept, NaN if singular
    RrqrStop stop = RrqrStop::Converged;
};

/// Strong rank-revealing QR (Gu & Eisenstat 1996): chooses `count` of the columns. Starts from pivoted QR and swaps a kept
/// with a dropped column while some rho_ij = sqrt((A⁻¹B)_ij² + (gamma_j(C)/omega_i(A))²) exceeds f, the largest first (in
/// row-major order among equals), where M P = Q [A B; 0 C]. Deterministic; works on the R factor alone.
[[nodiscard]] RrqrResult strong_rrqr(std::span<const double> r, std::int64_t columns, std::int64_t count, const RrqrOptions& options = {});

}  // namespace rankscope
