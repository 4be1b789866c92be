// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rankscope::internal {

/// Brings every matrix of `x` [n, rows, columns] close to the nearest (semi-)orthogonal one, U Vᵀ of its singular value
/// decomposition, by the quintic Newton-Schulz iteration of Muon (Jordan et al. 2024):
///   X <- a X + (b X Xᵀ + c (X Xᵀ)²) X,   (a, b, c) = (3.4445, -4.7750, 2.0315),  X normalised to ‖X‖_F = 1 first.
/// After 5 steps the singular values of a matrix that is not extremely ill-conditioned lie within about 0.7 ... 1.2: the
/// coefficients trade convergence for speed. The products run in bfloat16 when `bf16`; the result has x's dtype.
[[nodiscard]] at::Tensor orthogonalised(const at::Tensor& x, std::int64_t steps, bool bf16);

}  // namespace rankscope::internal
