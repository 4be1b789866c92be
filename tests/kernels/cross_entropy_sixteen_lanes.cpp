// SPDX-License-Identifier: Apache-2.0
// The source of the cross entropy with vectors of 16 lanes, compiled for the baseline: what AVX-512 runs, on any processor.
#include "kernels/cpu/cross_entropy_table.hpp"

// Vectors wider than the registers go through memory when passed; no one outside this file calls anything that takes one.
#pragma GCC diagnostic ignored "-Wpsabi"

#define RANKSCOPE_SIMD sixteen_lanes
#define RANKSCOPE_LANES 16

namespace rankscope::kernels::RANKSCOPE_SIMD {
extern const CrossEntropyTable kCrossEntropy;
}

#include "kernels/cpu/cross_entropy_body.hpp"
