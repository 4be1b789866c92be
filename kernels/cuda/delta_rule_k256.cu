// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_width.cuh"

namespace rankscope::cuda {

extern const DeltaRuleWidth kDeltaRule256 = delta_rule_width<256>();

}  // namespace rankscope::cuda
