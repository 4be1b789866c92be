// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/progress.hpp"
#include "core/model/model.hpp"
#include "core/pruning/channel_statistics.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

/// Streams calibration text through the full model once and sums up what the pruning methods need, batch by batch; memory
/// does not grow with the text. Layers behind the last one that needs activations are not run. `needs`: one per layer.
/// Where memory runs out (Error{Resource}, std::bad_alloc) smaller batches follow, with a warning and the same sums up to rounding;
/// a single window that does not fit is the error.
[[nodiscard]] ChannelStatistics calibrate(const Model& model, const TokenWindows& windows, std::vector<ChannelNeeds> needs,
                                          std::uint64_t seed, const Progress& progress);

}  // namespace rankscope
