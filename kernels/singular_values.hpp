// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace rankscope::kernels {

/// Singular values of many matrices of one shape, falling, in float64 arithmetic:
///   matrices [count, rows, columns] row-major, finite;   out [count, min(rows, columns)]
/// Householder reduction to bidiagonal form (Golub & Kahan 1965) with one pass over the matrix for each step: as many matrices as
/// there are vector lanes in lock step while they fit a cache near the core, wider ones one after the other. Then the differential
/// qd algorithm with shifts (Fernando & Parlett 1994), one matrix to a lane. Error below 1e-13 σ₁. Each matrix is scaled by a power of two first and loses its zero rows and
/// columns, so a matrix of r nonzero rows has exact zeros from the r+1-th value on.
struct SingularValuesArgs {
    std::int64_t count = 0, rows = 0, columns = 0;
    const float* matrices = nullptr;
    double* out = nullptr;
};

/// -1, or the index of the first matrix with a NaN or an infinity (`out` is then incomplete). The same bits for a matrix
/// whatever its neighbours and the number of threads. Throws std::bad_alloc; a thread needs about 64 · rows · columns bytes.
[[nodiscard]] std::int64_t singular_values(const SingularValuesArgs& args);

/// The instruction set in use: "avx512", "avx2" or "portable".
[[nodiscard]] std::string_view singular_values_implementation() noexcept;
/// Same with one of them by name (tests); falls back to nothing: -2 where this processor lacks it.
[[nodiscard]] std::int64_t singular_values_with(std::string_view implementation, const SingularValuesArgs& args);

/// Squares of the singular values of one upper bidiagonal matrix of width n, falling, by bisection: slow, needs no convergence
/// theory, and so serves as the reference and where the qd iteration does not end. `q` [n] squares of the diagonal,
/// `e` [n-1] squares beside it.
void bidiagonal_squares_by_bisection(std::int64_t n, const double* q, const double* e, double* out);

}  // namespace rankscope::kernels
