// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace rankscope::cuda {

struct DeltaRuleBackwardProblem;

/// Everything behind the forward walk; any key width.
const char* backward_float32(const DeltaRuleBackwardProblem& problem);
const char* backward_bfloat16(const DeltaRuleBackwardProblem& problem);

/// Bytes of shared memory for keys of `key_tile` channels (a multiple of 16).
std::size_t backward_shared(bool bfloat16, int key_tile);

}  // namespace rankscope::cuda
