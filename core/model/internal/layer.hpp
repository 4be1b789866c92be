// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/network.hpp"
#include "core/model/model.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace rankscope::internal {

/// What one layer carries from one call to the next when decoding.
struct LayerCache {
    at::Tensor conv_tail;       ///< last W-1 inputs of the convolutions [B, W-1, q | k | v]
    at::Tensor state;           ///< [B, HV, K', V]
    at::Tensor keys, values;    ///< attention: [B, kv heads, positions, head size]
    std::int64_t position = 0;  ///< tokens seen
    bool timed = false;         ///< measure mixer_seconds, which makes a device wait
    double mixer_seconds = 0;   ///< time spent inside recurrences
};

class StateKernels;

/// How a layer is run.
struct LayerRun {
    double scale = 0;                           ///< of the query; 0 = the layer's own
    const LayerSelection* selection = nullptr;  ///< for the noise, which is drawn over all K channels
    const QueryNoise* noise = nullptr;
    const TraceRequest* trace = nullptr;
    StateKernels* state_kernels = nullptr;      ///< for the trace's summary
    bool reference_mixer = false;
    bool bf16_matmul = false;  ///< linear layers in bfloat16, everything else as it is
    LayerCache* cache = nullptr;
};

/// ids [B, T] int64 -> [B, T, D].
[[nodiscard]] at::Tensor embed(const Network& network, const at::Tensor& ids);

/// Pre-norm, mixer or attention, residual, pre-norm, MLP, residual: [B, T, D] -> [B, T, D]. `weights` are the
/// layer's own or a slice of them (select_channels).
[[nodiscard]] at::Tensor run_layer(const Network& network, std::int64_t layer, const LayerWeights& weights,
                                   const at::Tensor& x, const LayerRun& run);

/// The final norm.
[[nodiscard]] at::Tensor final_hidden(const Network& network, const at::Tensor& x);

/// q and k projections and convolutions reduced to the kept channels: a mask before the norm.
[[nodiscard]] LayerWeights select_channels(const LayerWeights& weights, const LayerConfig& layer,
                                           const LayerSelection& selection);

}  // namespace rankscope::internal
