// SPDX-License-Identifier: Apache-2.0
#if defined(__x86_64__)
#define RANKSCOPE_SIMD avx2
#define RANKSCOPE_LANES 8
#include "kernels/cpu/state_norms_body.hpp"
#endif
