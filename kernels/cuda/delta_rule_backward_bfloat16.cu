// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_backward.cuh"

namespace rankscope::cuda {

const char* backward_bfloat16(const DeltaRuleBackwardProblem& problem) {
    return backward<Bf16>(problem);
}

}  // namespace rankscope::cuda
