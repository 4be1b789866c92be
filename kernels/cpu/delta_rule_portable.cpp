// SPDX-License-Identifier: Apache-2.0
#define RANKSCOPE_SIMD portable
#define RANKSCOPE_LANES 4
#include "kernels/cpu/delta_rule_table_body.hpp"
