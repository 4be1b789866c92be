// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define RANKSCOPE_SIMD avx2
#include "kernels/cpu/layer_table_body.hpp"
#endif
