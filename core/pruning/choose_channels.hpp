// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/model_folder.hpp"
#include "core/pruning/channel_scores.hpp"
#include "core/pruning/channel_statistics.hpp"
#include "core/pruning/method.hpp"
#include "core/pruning/plan.hpp"

namespace rankscope {

/// How narrow a layer becomes: exactly one of the two.
struct TargetWidth {
    std::optional<double> ratio;       ///< share removed, [0, 1]
    std::optional<std::int64_t> keep;  ///< K', [1, K]
};

struct ChannelChoice {
    PlanLayer layer;
    std::string note;  ///< e.g. "layer 3: drrqr: final max rho 1.02, 0 swaps"; empty if there is nothing to say
};

/// Scores and full order of every key head of one layer. `statistics` may be null for methods that need no data;
/// otherwise they must hold what the method needs for this layer. Weights come from the folder. Error{Usage}: data needed
/// and none given; Error{Input}: NaN or infinity in what is scored.
[[nodiscard]] std::vector<HeadScores> score_channels(const ModelFolder& folder, std::int64_t layer, const Method& method,
                                                     const ChannelStatistics* statistics, std::uint64_t seed);

/// Chooses the channels one layer keeps: the first K' of the order, for the DRRQR methods the set after the swaps.
/// Error{Usage} also for a layer that cannot be pruned or a width out of range.
[[nodiscard]] ChannelChoice choose_channels(const ModelFolder& folder, std::int64_t layer, const Method& method, const TargetWidth& width,
                                            const ChannelStatistics* statistics, std::uint64_t seed);

}  // namespace rankscope
