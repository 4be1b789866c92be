// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/mixer_aten.hpp"

namespace rankscope::internal {

/// The (gated) delta rule through kernels/ where they fit (CPU: float32; a GPU: bfloat16 q, k and v too), differentiable, else composed
/// of ATen operations, in float32 at least. States after `positions` on request (not differentiable).
[[nodiscard]] MixerResult delta_rule(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                     const at::Tensor& beta, const at::Tensor& g, double scale,
                                     const at::Tensor& initial_state, std::span<const std::int64_t> positions,
                                     bool reference);

/// Makes kernels run on LibTorch's threads, so that two pools never fight for the cores.
void share_thread_pool();

}  // namespace rankscope::internal
