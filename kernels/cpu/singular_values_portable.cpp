// SPDX-License-Identifier: Apache-2.0
#define RANKSCOPE_SIMD portable
#define RANKSCOPE_DOUBLES 2
#include "kernels/cpu/singular_values_body.hpp"
