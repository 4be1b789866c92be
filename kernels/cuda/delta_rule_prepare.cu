// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/delta_rule_prepare.cuh"
#include "kernels/cuda/delta_rule_width.hpp"
#include "kernels/cuda/launch.cuh"

namespace rankscope::cuda {
namespace {

template <class Element>
const char* prepare(const DeltaRuleProblem& p) {
    const simt::Grid grid{static_cast<int>(p.a.tokens / Chunk<Element>::tokens + p.a.B), static_cast<int>(p.a.HV), 1};
    return launch(&delta_rule_prepare<Element>, grid, kThreads, PrepareShared<Element>::bytes, p.a.stream, p);
}

}  // namespace

const char* prepare_float32(const DeltaRuleProblem& problem) {
    return prepare<float>(problem);
}

const char* prepare_bfloat16(const DeltaRuleProblem& problem) {
    return prepare<Bf16>(problem);
}

std::size_t prepare_shared(bool bfloat16) {
    return bfloat16 ? PrepareShared<Bf16>::bytes : PrepareShared<float>::bytes;
}

}  // namespace rankscope::cuda
