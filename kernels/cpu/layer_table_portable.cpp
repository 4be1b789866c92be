// SPDX-License-Identifier: Apache-2.0
#define RANKSCOPE_SIMD portable
#include "kernels/cpu/layer_table_body.hpp"
