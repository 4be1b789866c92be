// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/provenance.hpp"
#include "core/evaluation/capture_request.hpp"
#include "core/pruning/plan.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

struct ForwardRequest {
    std::vector<std::vector<std::int32_t>> ids;
    std::optional<Plan> plan;
    std::filesystem::path output;  ///< safetensors: logits [B,T,vocab], nll [B,T-1]
};

}  // namespace rankscope
