// SPDX-License-Identifier: Apache-2.0
// Tensors as the pointers kernels/ takes.
#pragma once

#include "kernels/bf16.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include <initializer_list>
#include <type_traits>

namespace rankscope::internal {

template <class Product>
const Product* input(const at::Tensor& t) {
    if (!t.defined()) return nullptr;
    if constexpr (std::is_same_v<Product, kernels::Bf16>) {
        return reinterpret_cast<const kernels::Bf16*>(t.const_data_ptr<at::BFloat16>());
    } else {
        return t.const_data_ptr<Product>();
    }
}

template <class Product>
Product* output(const at::Tensor& t) {
    if constexpr (std::is_same_v<Product, kernels::Bf16>) {
        return reinterpret_cast<kernels::Bf16*>(t.data_ptr<at::BFloat16>());
    } else {
        return t.data_ptr<Product>();
    }
}

/// Calls body(float{}) or body(Bf16{}).
template <class Body>
void with_product(at::ScalarType dtype, Body&& body) {
    if (dtype == at::kBFloat16) {
        body(kernels::Bf16{});
    } else {
        body(float{});
    }
}

inline bool needs_gradient(std::initializer_list<at::Tensor> tensors) {
    if (!at::GradMode::is_enabled()) return false;
    for (const at::Tensor& t : tensors) {
        if (t.defined() && t.requires_grad()) return true;
    }
    return false;
}

}  // namespace rankscope::internal
