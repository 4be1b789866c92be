// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD and RANKSCOPE_LANES.
#include "kernels/cpu/delta_rule_chunked.hpp"
#include "kernels/cpu/delta_rule_recurrent.hpp"
#include "kernels/cpu/delta_rule_recurrent_backward.hpp"
#include "kernels/cpu/delta_rule_table.hpp"

#define RANKSCOPE_STRING_OF(x) #x
#define RANKSCOPE_STRING(x) RANKSCOPE_STRING_OF(x)

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

bool any(const DeltaRuleArgs<float>&) noexcept {
    return true;
}

}  // namespace

extern const DeltaRuleTable kDeltaRuleTable{
    {"chunked-" RANKSCOPE_STRING(RANKSCOPE_SIMD), &any, &chunked_forward, nullptr},
    {"recurrent-" RANKSCOPE_STRING(RANKSCOPE_SIMD), &any, &recurrent_forward, &recurrent_backward}};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
