// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/model/model.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace rankscope {

/// The metrics of the states' two norms after every token of `positions` (ascending, below seen.T) for the captured heads of one
/// layer: [n] [head] numbers for each entry of rank_metrics_table() marked of_norms, in that order. `seen` must carry k, v, beta and
/// g of one window (TraceRequest::inputs). No state is written: kernels::state_norms on the CPU, float32, the spectral norm within
/// 1e-4; `check` is called now and then and may throw. Error{Input}: a state that is not finite.
[[nodiscard]] std::vector<std::vector<float>> captured_ranks(const CaptureLayer& layer, const MixerTrace& seen,
                                                             const std::vector<std::int64_t>& positions, const std::function<void()>& check);

/// The same from norms [n, head, 2] that were computed elsewhere (MixerTrace::norms).
[[nodiscard]] std::vector<std::vector<float>> ranks_of_norms(const CaptureLayer& layer, std::span<const float> norms,
                                                             const std::vector<std::int64_t>& positions);

}  // namespace rankscope
