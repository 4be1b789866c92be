// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/layer.hpp"
#include "core/model/internal/state_kernels.hpp"

namespace rankscope::internal {

/// What passes through a mixer, as tensors; undefined where there is none.
struct MixerTensors {
    at::Tensor x, q_raw, k_raw, q, k, v, beta, g, out, states;
};

/// Hands the parts a request asks for to its callback, as contiguous float32 on the CPU. `kernels` compute what its summary asks
/// for; without them, and where they are not trusted, what it is made from is handed over.
void deliver_trace(const TraceRequest& request, std::int64_t layer, double scale,
                   const MixerTensors& tensors, StateKernels* kernels);

/// Gaussian noise for normalised queries q [B, T, H, K']: drawn per (seed, layer, window) over all K channels
/// of a head, then reduced to the kept ones and scaled so that E‖e‖² = level² (times ‖q‖² where q has no unit
/// length).
[[nodiscard]] at::Tensor query_noise(const at::Tensor& q, const LayerConfig& layer, bool unit_length,
                                     const LayerRun& run, std::int64_t index);

}  // namespace rankscope::internal
