// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_width.cuh"

namespace rankscope::cuda {

extern const DeltaRuleWidth kDeltaRule32 = delta_rule_width<32>();

}  // namespace rankscope::cuda
