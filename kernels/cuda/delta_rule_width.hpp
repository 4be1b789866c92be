// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace rankscope::cuda {

struct DeltaRuleProblem;

/// The kernels for keys of up to `keys` channels, compiled in one file; [0] float32, [1] bfloat16.
struct DeltaRuleWidth {
    int keys;
    std::size_t (*scan_shared[2])(int stages);  ///< bytes of shared memory
    const char* (*prefill[2])(const DeltaRuleProblem&);
    const char* (*decode[2])(const DeltaRuleProblem&);
};

extern const DeltaRuleWidth kDeltaRule16, kDeltaRule32, kDeltaRule48, kDeltaRule64, kDeltaRule96, kDeltaRule128, kDeltaRule192,
    kDeltaRule256;

/// T, P and gates of every chunk; any key width.
const char* prepare_float32(const DeltaRuleProblem& problem);
const char* prepare_bfloat16(const DeltaRuleProblem& problem);

/// Bytes of shared memory that preparing takes.
std::size_t prepare_shared(bool bfloat16);

}  // namespace rankscope::cuda
