// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define RANKSCOPE_SIMD avx512
#define RANKSCOPE_DOUBLES 8
#include "kernels/cpu/singular_values_body.hpp"
#endif
