// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_width.cuh"

namespace rankscope::cuda {

extern const DeltaRuleWidth kDeltaRule48 = delta_rule_width<48>();

}  // namespace rankscope::cuda
