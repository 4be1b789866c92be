// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/bf16.hpp"

#include <cstdint>

namespace rankscope::kernels {

/// The middle of a SwiGLU block: out = silu(gate) · up for rows [gate | up] of 2·width elements. Product:
/// float or Bf16.
template <class Product>
void swiglu(std::int64_t rows, std::int64_t width, const Product* gate_up, Product* out);

/// d_out [rows, width] -> d_gate_up [rows, 2·width].
template <class Product>
void swiglu_backward(std::int64_t rows, std::int64_t width, const Product* gate_up, const Product* d_out,
                     Product* d_gate_up);

}  // namespace rankscope::kernels
