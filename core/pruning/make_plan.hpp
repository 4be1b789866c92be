// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/model_folder.hpp"
#include "core/pruning/channel_statistics.hpp"
#include "core/pruning/plan.hpp"

namespace rankscope {

/// One layer's instruction of a plan request: a method and exactly one of the two widths.
struct LayerRequest {
    std::string method;
    std::optional<double> ratio;       ///< share removed, [0, 1]
    std::optional<std::int64_t> keep;  ///< K', [1, K]
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

/// Where the statistics behind a plan come from; it becomes part of the plan.
struct Calibration {
    const ChannelStatistics* statistics = nullptr;
    std::string text_hash;
    std::int64_t tokens = 0;
};

/// What the methods of these requests need, layer by layer (one entry per model layer). Error{Usage}: an unknown method.
[[nodiscard]] std::vector<ChannelNeeds> needs_of(const std::vector<PlanRequest>& requests, std::size_t layers);

/// Chooses the channels of every layer of a request. `calibration` may be null where no method needs data; it is noted
/// in the plan only if some method does. Error{Usage}: data needed and none given, a layer that cannot be pruned or a
/// width out of range; Error{Input}: NaN or infinity in what is scored.
[[nodiscard]] PlanResult make_plan(const ModelFolder& folder, const PlanRequest& request, const Calibration* calibration);

}  // namespace rankscope
