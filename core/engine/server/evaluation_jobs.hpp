// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/server/job.hpp"
#include "core/engine/server/workspace.hpp"
#include "core/protocol/evaluation_methods.hpp"

// Jobs that run the model on the open text.
namespace rankscope::server {

[[nodiscard]] protocol::EvaluateJobResult run_evaluate(Workspace& workspace, const protocol::EvaluateJobRequest& request,
                                                       Job& job);
/// `alone`: every layer by itself (layer_sweep).
[[nodiscard]] protocol::SweepResult run_sweep(Workspace& workspace, const protocol::SweepRequest& request, bool alone, Job& job);
[[nodiscard]] protocol::AttributionResult run_attribution(Workspace& workspace, const protocol::AttributionRequest& request,
                                                          Job& job);
[[nodiscard]] protocol::NoiseJobResult run_noise(Workspace& workspace, const protocol::NoiseJobRequest& request, Job& job);
/// Needs no text.
[[nodiscard]] protocol::BenchJobResult run_bench(Workspace& workspace, const protocol::BenchJobRequest& request, Job& job);

}  // namespace rankscope::server
