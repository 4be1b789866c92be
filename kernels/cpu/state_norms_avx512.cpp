// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define RANKSCOPE_SIMD avx512
#define RANKSCOPE_LANES 16
#include "kernels/cpu/state_norms_body.hpp"
#endif
