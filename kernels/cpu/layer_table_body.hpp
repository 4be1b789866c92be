// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD.
#include "kernels/cpu/layer_table.hpp"
#include "kernels/cpu/rms_norm_body.hpp"
#include "kernels/cpu/short_conv_body.hpp"
#include "kernels/cpu/swiglu_body.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

template <class Product>
constexpr LayerTable<Product> table() {
    return {&rms_norm<Product, float>, &rms_norm_backward<Product>,
            &short_conv<Product>, &short_conv_backward<Product>,
            &swiglu<Product>,     &swiglu_backward<Product>};
}

}  // namespace

extern const LayerTables kLayerTables{table<float>(), table<Bf16>(), &rms_norm<Bf16, Bf16>};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
