// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_width.cuh"

namespace rankscope::cuda {

extern const DeltaRuleWidth kDeltaRule16 = delta_rule_width<16>();

}  // namespace rankscope::cuda
