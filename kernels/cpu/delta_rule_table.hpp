// SPDX-License-Identifier: Apache-2.0
// The delta rule, once for each instruction set.
#pragma once

#include "kernels/delta_rule.hpp"

namespace rankscope::kernels {

struct DeltaRuleTable {
    DeltaRuleImplementation chunked, recurrent;
    bool (*chunks_pay)(const DeltaRuleArgs<float>&) noexcept;           ///< where `chunked` was measured to be the faster one
    bool (*chunks_pay_backward)(const DeltaRuleArgs<float>&) noexcept;  ///< the same for the gradient
};

namespace portable {
extern const DeltaRuleTable kDeltaRuleTable;
}

#if defined(__x86_64__)
namespace avx2 {
extern const DeltaRuleTable kDeltaRuleTable;
}

namespace avx512 {
extern const DeltaRuleTable kDeltaRuleTable;
}
#endif

}  // namespace rankscope::kernels
