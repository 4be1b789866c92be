// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_width.cuh"

namespace rankscope::cuda {

extern const DeltaRuleWidth kDeltaRule192 = delta_rule_width<192>();

}  // namespace rankscope::cuda
