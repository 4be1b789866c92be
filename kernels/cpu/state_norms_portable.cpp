// SPDX-License-Identifier: Apache-2.0
#define RANKSCOPE_SIMD portable
#define RANKSCOPE_LANES 4
#include "kernels/cpu/state_norms_body.hpp"
