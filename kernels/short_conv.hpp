// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/bf16.hpp"

#include <cstdint>

namespace rankscope::kernels {

/// Causal depthwise convolution over time, SiLU and, per head, the l2 norm, in one pass:
///   c_t = Σ_j weight[·, j] x_{t-W+1+j},   a = silu(c) or c,   y = a / (Σ_head a² + eps)^1/2 or a
/// x and its gradient are columns of a wider matrix (`stride` elements from token to token); the rest is
/// contiguous.
template <class Product>
struct ShortConvArgs {
    std::int64_t B = 0, T = 0, C = 0, W = 0;
    std::int64_t stride = 0;
    const Product* x = nullptr;  ///< [B, T, C]
    const Product* tail =
        nullptr;  ///< [B, W-1, C], `tail_stride` from token to token: x before time 0; nullptr = zeros
    std::int64_t tail_stride = 0;
    const float* weight = nullptr;  ///< [C, W]; column W-1 multiplies the current token
    bool silu = true;
    std::int64_t norm_width = 0;  ///< channels of a head (divides C), 0 = no norm
    float eps = 1e-6F;
    float* out = nullptr;  ///< [B, T, C]
};

/// Gradients of ShortConvArgs without a tail; out is ignored.
template <class Product>
struct ShortConvBackwardArgs {
    ShortConvArgs<Product> forward;
    const float* d_out = nullptr;  ///< [B, T, C]
    Product* d_x = nullptr;        ///< [B, T, C] with the stride of x
    float* d_weight = nullptr;     ///< [C, W]
};

/// Deterministic whatever the number of threads. Product: float or Bf16.
template <class Product>
void short_conv(const ShortConvArgs<Product>& args);
template <class Product>
void short_conv_backward(const ShortConvBackwardArgs<Product>& args);

}  // namespace rankscope::kernels
