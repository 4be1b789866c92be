// SPDX-License-Identifier: Apache-2.0
// rms_norm.hpp, short_conv.hpp and swiglu.hpp: the widest instruction set this processor has.
#include "kernels/cpu/layer_table.hpp"

#include <type_traits>

namespace rankscope::kernels {
namespace {

const LayerTables& tables() {
    static const LayerTables& chosen = []() -> const LayerTables& {
#if defined(__x86_64__)
        __builtin_cpu_init();
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
            return avx512::kLayerTables;
        }
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
            return avx2::kLayerTables;
#endif
        return portable::kLayerTables;
    }();
    return chosen;
}

template <class Product>
const LayerTable<Product>& table() {
    if constexpr (std::is_same_v<Product, float>) {
        return tables().single;
    } else {
        return tables().half;
    }
}

}  // namespace

template <class Product, class Stream>
void rms_norm(const RmsNormArgs<Product, Stream>& args) {
    if constexpr (std::is_same_v<Stream, Bf16>) {
        tables().rms_norm_of_half(args);
    } else {
        table<Product>().rms_norm(args);
    }
}

template <class Product>
void rms_norm_backward(const RmsNormBackwardArgs<Product>& args) {
    table<Product>().rms_norm_backward(args);
}

template <class Product>
void short_conv(const ShortConvArgs<Product>& args) {
    table<Product>().short_conv(args);
}

template <class Product>
void short_conv_backward(const ShortConvBackwardArgs<Product>& args) {
    table<Product>().short_conv_backward(args);
}

template <class Product>
void swiglu(std::int64_t rows, std::int64_t width, const Product* gate_up, Product* out) {
    table<Product>().swiglu(rows, width, gate_up, out);
}

template <class Product>
void swiglu_backward(std::int64_t rows, std::int64_t width, const Product* gate_up, const Product* d_out,
                     Product* d_gate_up) {
    table<Product>().swiglu_backward(rows, width, gate_up, d_out, d_gate_up);
}

template void rms_norm(const RmsNormArgs<float>&);
template void rms_norm(const RmsNormArgs<Bf16>&);
template void rms_norm(const RmsNormArgs<Bf16, Bf16>&);
template void rms_norm_backward(const RmsNormBackwardArgs<float>&);
template void rms_norm_backward(const RmsNormBackwardArgs<Bf16>&);
template void short_conv(const ShortConvArgs<float>&);
template void short_conv(const ShortConvArgs<Bf16>&);
template void short_conv_backward(const ShortConvBackwardArgs<float>&);
template void short_conv_backward(const ShortConvBackwardArgs<Bf16>&);
template void swiglu(std::int64_t, std::int64_t, const float*, float*);
template void swiglu(std::int64_t, std::int64_t, const Bf16*, Bf16*);
template void swiglu_backward(std::int64_t, std::int64_t, const float*, const float*, float*);
template void swiglu_backward(std::int64_t, std::int64_t, const Bf16*, const Bf16*, Bf16*);

}  // namespace rankscope::kernels
