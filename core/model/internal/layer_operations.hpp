// SPDX-License-Identifier: Apache-2.0
// The operations of a layer around its recurrence, differentiable. Float32 runs through kernels/, on the CPU and on a
// GPU, and where no gradient is needed so does bfloat16; everything else (float64, rarer configurations) is composed of ATen operations.
#pragma once

#include "core/model/internal/composed_operations.hpp"
#include "core/model/internal/network.hpp"

#include <ATen/core/Tensor.h>

#include <utility>

namespace rankscope::internal {

/// Whether kernels/ computes on activations like x.
[[nodiscard]] bool kernels_fit(const at::Tensor& x);

/// Error{Internal} unless x is on the CPU: before the processor's kernels get pointers, for whatever a device's kernels took at first and
/// refuse now.
void require_cpu(const at::Tensor& x);

/// RMSNorm over the last axis, rounded once, to `out`.
[[nodiscard]] at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps,
                                  at::ScalarType out);

/// {x + add in x's dtype, its RMSNorm in add's dtype}.
[[nodiscard]] std::pair<at::Tensor, at::Tensor> add_and_norm(const at::Tensor& x, const at::Tensor& add,
                                                             const at::Tensor& weight, double eps);

/// RMSNorm per head of o [B, T, HV, V], then the gate [B, T, HV·V] (undefined without): [B, T, HV·V] in
/// `out`.
[[nodiscard]] at::Tensor gated_norm(const at::Tensor& o, const at::Tensor& weight, const at::Tensor& gate,
                                    OutputGate act, double eps, at::ScalarType out);

/// silu(gate) · up of [.., gate | up].
[[nodiscard]] at::Tensor swiglu(const at::Tensor& gate_up);

/// Rows of a product with a weight [out, in] that take well below 100 ms on a slow processor: between two such tiles a stop is
/// heard.
[[nodiscard]] std::int64_t product_rows(std::int64_t in, std::int64_t out, at::ScalarType dtype);

/// x Wᵀ (+ b) in x's dtype. Where the weight needs no gradient, in tiles that take no longer than one of product_rows.
[[nodiscard]] at::Tensor project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias = {});

}  // namespace rankscope::internal
