// SPDX-License-Identifier: Apache-2.0
// The operations around the recurrence, once for each instruction set.
#pragma once

#include "kernels/rms_norm.hpp"
#include "kernels/short_conv.hpp"
#include "kernels/swiglu.hpp"

namespace rankscope::kernels {

template <class Product>
struct LayerTable {
    void (*rms_norm)(const RmsNormArgs<Product>&);
    void (*rms_norm_backward)(const RmsNormBackwardArgs<Product>&);
    void (*short_conv)(const ShortConvArgs<Product>&);
    void (*short_conv_backward)(const ShortConvBackwardArgs<Product>&);
    void (*swiglu)(std::int64_t, std::int64_t, const Product*, Product*);
    void (*swiglu_backward)(std::int64_t, std::int64_t, const Product*, const Product*, Product*);
};

struct LayerTables {
    LayerTable<float> single;
    LayerTable<Bf16> half;
    void (*rms_norm_of_half)(const RmsNormArgs<Bf16, Bf16>&);
};

namespace portable {
extern const LayerTables kLayerTables;
}

#if defined(__x86_64__)
namespace avx2 {
extern const LayerTables kLayerTables;
}

namespace avx512 {
extern const LayerTables kLayerTables;
}
#endif

}  // namespace rankscope::kernels
