// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/bf16.hpp"

#include <cstdint>

namespace rankscope::kernels {

/// What multiplies a normalised row.
enum class NormGate { None, Swish, Sigmoid };

/// Root-mean-square norm over rows, with the addition before it and the gate behind it:
///   s = x + add,   y = s · r · weight · act(gate),   r = (mean(s²) + eps)^-1/2
/// float32 arithmetic; Product (float or Bf16) is the type matrix products read and write, Stream (float; Bf16 only with Product Bf16) that
/// of what layers add to. s is rounded to Stream before it is normalised, so that what is normalised is what the next layer adds to.
/// Everything contiguous.
template <class Product, class Stream = float>
struct RmsNormArgs {
    std::int64_t rows = 0, width = 0;
    float eps = 1e-6F;
    const Stream* x = nullptr;      ///< [rows, width]
    const Product* add = nullptr;   ///< [rows, width] or nullptr
    Stream* sum = nullptr;          ///< [rows, width] s; only with add
    const float* weight = nullptr;  ///< [width]
    const Product* gate = nullptr;  ///< [rows, width], with act other than None
    NormGate act = NormGate::None;
    Product* out = nullptr;    ///< [rows, width]
    float* inverse = nullptr;  ///< [rows] r, for the backward pass; may be nullptr
};

/// Gradients of RmsNormArgs. In `forward`, x is s (the sum, where there was an addition); add, sum and out
/// are ignored.
template <class Product>
struct RmsNormBackwardArgs {
    RmsNormArgs<Product> forward;
    const Product* d_out = nullptr;  ///< [rows, width]
    const float* d_sum = nullptr;    ///< [rows, width] what reaches s by other ways; may be nullptr
    float* d_x = nullptr;            ///< [rows, width] of s
    Product* d_add = nullptr;        ///< [rows, width] the same in the other type; may be nullptr
    Product* d_gate = nullptr;       ///< [rows, width]; with a gate
    float* d_weight = nullptr;       ///< [width]
};

/// Deterministic whatever the number of threads. <Product, Stream>: <float, float>, <Bf16, float>, <Bf16, Bf16>; backward the first two.
template <class Product, class Stream>
void rms_norm(const RmsNormArgs<Product, Stream>& args);
template <class Product>
void rms_norm_backward(const RmsNormBackwardArgs<Product>& args);

}  // namespace rankscope::kernels
