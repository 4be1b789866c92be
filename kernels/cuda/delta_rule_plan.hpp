// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/delta_rule_width.hpp"
#include "kernels/delta_rule_device.hpp"

#include <string>

namespace rankscope::cuda {

struct DeltaRuleProblem;

/// How a call is cut up.
struct DeltaRulePlan {
    const DeltaRuleWidth* width = nullptr;  ///< null: not supported
    int stages = 1;                         ///< chunks in shared memory at a time
    int segments = 1, segment_chunks = 1;   ///< pieces of the longest sequence, chunks of a piece
    std::size_t workspace = 0;
};

/// The least width that holds K, with as many stages as shared memory has room for. `segments` > 0 forces how often the
/// sequence is split (tests, measurements).
DeltaRulePlan plan_chunked(const kernels::DeviceDeltaRuleArgs& args, const kernels::DeviceLimits& limits, int segments = 0);

/// Where a forward pass leaves what the gradient needs (DeltaRuleProblem), each piece aligned to 256 bytes.
struct KeptChunks {
    void *states = nullptr, *fresh = nullptr, *inverse = nullptr, *lower = nullptr;
};

/// Runs the forward pass of `args`, without outputs and positions, for the gradient; `problem` gets where everything is. The whole
/// workspace of the plan stays in use.
std::string keep_chunks(const kernels::DeviceDeltaRuleArgs& args, const DeltaRulePlan& plan, void* workspace, const KeptChunks& kept,
                        DeltaRuleProblem& problem);

std::string run_chunked(const kernels::DeviceDeltaRuleArgs& args, const DeltaRulePlan& plan, void* workspace);

}  // namespace rankscope::cuda
