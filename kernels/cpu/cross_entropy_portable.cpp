// SPDX-License-Identifier: Apache-2.0
#define RANKSCOPE_SIMD portable
#define RANKSCOPE_LANES 4
#include "kernels/cpu/cross_entropy_body.hpp"
