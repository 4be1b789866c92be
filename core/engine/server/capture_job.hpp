// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/engine/server/job.hpp"
#include "core/engine/server/workspace.hpp"
#include "core/protocol/capture_methods.hpp"

namespace rankscope::server {

[[nodiscard]] protocol::CaptureJobResult run_capture_job(Workspace& workspace, const protocol::CaptureJobRequest& request,
                                                         Job& job);

}  // namespace rankscope::server
