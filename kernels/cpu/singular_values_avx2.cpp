// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define RANKSCOPE_SIMD avx2
#define RANKSCOPE_DOUBLES 4
#include "kernels/cpu/singular_values_body.hpp"
#endif
