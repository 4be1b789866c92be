// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/arithmetic.hpp"
#include "kernels/parallel.hpp"
#include "kernels/swiglu.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr std::int64_t kSwigluRows = 64;

template <class Product>
void swiglu(std::int64_t rows, std::int64_t width, const Product* gate_up, Product* out) {
    parallel_for(rows, kSwigluRows, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const Product *gate = gate_up + row * 2 * width, *up = gate + width;
            Product* y = out + row * width;
#pragma omp simd
            for (std::int64_t i = 0; i < width; ++i) {
                const float z = to_float(gate[i]);
                put(y[i], z * sigmoid(z) * to_float(up[i]));
            }
        }
    });
}

template <class Product>
void swiglu_backward(std::int64_t rows, std::int64_t width, const Product* gate_up, const Product* d_out,
                     Product* d_gate_up) {
    parallel_for(rows, kSwigluRows, [=](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
            const Product *gate = gate_up + row * 2 * width, *up = gate + width, *d = d_out + row * width;
            Product *d_gate = d_gate_up + row * 2 * width, *d_up = d_gate + width;
#pragma omp simd
            for (std::int64_t i = 0; i < width; ++i) {
                const float z = to_float(gate[i]), s = sigmoid(z), dy = to_float(d[i]);
                put(d_gate[i], dy * to_float(up[i]) * s * (1.0F + z * (1.0F - s)));
                put(d_up[i], dy * z * s);
            }
        }
    });
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
