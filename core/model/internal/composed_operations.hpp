// SPDX-License-Identifier: Apache-2.0
// The operations of a layer around its recurrence, composed of ATen operations: on any device and in any dtype, differentiable, and
// what every kernel for them is checked against.
#pragma once

#include "kernels/rms_norm.hpp"

#include <ATen/core/Tensor.h>

namespace rankscope::internal {

/// Added to the sum of squares of a query or key before its root (fla's l2 norm).
constexpr double kL2Eps = 1e-6;

/// At least float32: what norms and gates are computed in.
[[nodiscard]] at::ScalarType wide(const at::Tensor& x);

/// RMSNorm over the last axis, in wide(x).
[[nodiscard]] at::Tensor composed_norm(const at::Tensor& x, const at::Tensor& weight, double eps);

/// RMSNorm of o [B, T, HV, V] per head, then the gate [B, T, HV·V] (undefined without), in wide(o): [B, T, HV·V].
[[nodiscard]] at::Tensor composed_gated_norm(const at::Tensor& o, const at::Tensor& weight, const at::Tensor& gate, kernels::NormGate act,
                                             double eps);

/// Causal depthwise convolution of x [B, T, C] with weight [C, W], behind `tail` [B, W-1, C] (undefined: zeros), then SiLU or nothing,
/// in x's dtype.
[[nodiscard]] at::Tensor composed_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& tail, bool activate);

/// x / (Σ x² + kL2Eps)^1/2 over the last axis, in wide(x).
[[nodiscard]] at::Tensor composed_l2_norm(const at::Tensor& x);

/// −e^{A_log} · softplus(a + dt_bias) of a [.., HV].
[[nodiscard]] at::Tensor composed_log_decay(const at::Tensor& a, const at::Tensor& A_log, const at::Tensor& dt_bias);

/// silu(gate) · up of [.., gate | up].
[[nodiscard]] at::Tensor composed_swiglu(const at::Tensor& gate_up);

}  // namespace rankscope::internal
