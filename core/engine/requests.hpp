// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/provenance.hpp"
#include "core/evaluation/capture_request.hpp"
#include "core/pruning/channel_scores.hpp"
#include "core/pruning/plan.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

struct ForwardRequest {
    std::vector<std::vector<std::int32_t>> ids;
    std::optional<Plan> plan;
    std::filesystem::path output;  ///< safetensors: logits [B,T,vocab], nll [B,T-1]
};

/// One layer's instruction of a plan request.
struct LayerRequest {
    std::string method;
    std::optional<double> ratio;
    std::optional<std::int64_t> keep;
};

struct PlanRequest {
    std::vector<std::optional<LayerRequest>> layers;  ///< one per model layer; nothing = untouched
    std::uint64_t seed = 0;
    ScaleRule scale = ScaleRule::Widest;
    std::string model_hash;
};

struct PlanResult {
    Plan plan;
    std::vector<std::string> notes;  ///< e.g. "layer 3: drrqr: final max rho 1.02, 0 swaps"
};

}  // namespace rankscope
