// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace rankscope {

/// Singular values of `count` row-major float32 matrices [rows, columns], falling, into `out` [count, min(rows, columns)]
/// float64. Every step is float64; the error is at most 1e-12 σ₁. Each matrix is scaled by its largest entry first, so tiny,
/// huge and subnormal ones are as good as any other. A matrix with only r rows (or columns) that are not zero has exact
/// zeros from σ_{r+1} on, the zero matrix has nothing else; a deficiency that only arithmetic shows ends in values of
/// rounding size. The result of a matrix depends neither on its neighbours in the batch nor on the number of threads.
///
/// One matrix alone costs several times what it costs among many: hand over many at once. A thread needs about
/// 64 · rows · columns bytes. Runs on kernels::parallel_for. Error{Usage} where an extent is negative or the spans have other sizes; Error{Input} for
/// NaN or infinity, naming the first such matrix.
void singular_values(std::span<const float> matrices, std::int64_t count, std::int64_t rows, std::int64_t columns, std::span<double> out);

}  // namespace rankscope
