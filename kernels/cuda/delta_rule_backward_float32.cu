// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_backward.cuh"

namespace rankscope::cuda {

const char* backward_float32(const DeltaRuleBackwardProblem& problem) {
    return backward<float>(problem);
}

std::size_t backward_shared(bool bfloat16, int key_tile) {
    return bfloat16 ? backward_shared_bytes<Bf16>(key_tile) : backward_shared_bytes<float>(key_tile);
}

}  // namespace rankscope::cuda
