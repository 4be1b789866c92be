// SPDX-License-Identifier: Apache-2.0
// Dense products in the faster of the two libraries that LibTorch brings. What ATen calls for float32 is MKL, whose AVX-512 code is for
// processors of its maker alone: on others with AVX-512 it stays at half of what oneDNN, which asks for instruction sets only, reaches.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

namespace rankscope::internal {

/// x Wᵀ (+ b), differentiable: x [.., in], weight [out, in], bias [out], one dtype. oneDNN for float32 on the CPU from 64 rows on where
/// `one_dnn_products()` holds, else at::linear.
[[nodiscard]] at::Tensor apply_linear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias = std::nullopt);

/// a b of two matrices, without a gradient, in the same way.
[[nodiscard]] at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b);

/// Whether float32 products on the CPU go to oneDNN: an AMD processor with AVX-512 and a LibTorch built with oneDNN. The environment
/// variable RANKSCOPE_PRODUCTS=onednn or aten decides instead (for comparisons and bug reports).
[[nodiscard]] bool one_dnn_products();

/// For tests: as if one_dnn_products() held or not; nullopt: as the processor is.
void set_one_dnn_products(std::optional<bool> chosen);

}  // namespace rankscope::internal
