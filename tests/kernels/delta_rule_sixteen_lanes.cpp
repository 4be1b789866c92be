// SPDX-License-Identifier: Apache-2.0
// The sources of the delta rule with vectors of 16 lanes, compiled for the baseline: what AVX-512 runs, on any processor.
#include "kernels/cpu/delta_rule_table.hpp"

#include "delta_rule_case.hpp"

// Vectors wider than the registers go through memory when passed; no one outside this file calls anything that takes one.
#pragma GCC diagnostic ignored "-Wpsabi"

#define RANKSCOPE_SIMD sixteen_lanes
#define RANKSCOPE_LANES 16

namespace rankscope::kernels::RANKSCOPE_SIMD {
extern const DeltaRuleTable kDeltaRuleTable;
}

#include "kernels/cpu/delta_rule_table_body.hpp"

namespace rankscope::kernels::testing {

std::vector<DeltaRuleImplementation> tested_implementations() {
    const auto all = delta_rule_implementations();
    std::vector<DeltaRuleImplementation> tested(all.begin(), all.end());
    tested.push_back(sixteen_lanes::kDeltaRuleTable.chunked);
    tested.push_back(sixteen_lanes::kDeltaRuleTable.recurrent);
    return tested;
}

}  // namespace rankscope::kernels::testing
