// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/layer.hpp"

namespace rankscope::internal {

/// Causal softmax attention of a hybrid layer: rotary positions (half-split), grouped key/value heads,
/// optional sliding window (last `window` keys including self). x [B, T, D] after the pre-norm -> [B, T, D].
[[nodiscard]] at::Tensor attention(const LayerConfig& layer, const LayerWeights& weights, const at::Tensor& x,
                                   const LayerRun& run);

}  // namespace rankscope::internal
