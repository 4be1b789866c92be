// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/network.hpp"

#include <ATen/core/Tensor.h>

namespace rankscope::internal {

/// What the recurrence of a layer reads, from the joint projection of its input.
struct MixerInputs {
    at::Tensor q_raw, k_raw;  ///< [B, T, H, K] before the norm; only when asked for
    at::Tensor q, k;          ///< [B, T, H, K], float32 at least, or rounded to bfloat16 where the recurrence takes that
    at::Tensor v;             ///< [B, T, HV, V], as q
    at::Tensor beta, g;       ///< [B, T, HV]; g undefined without a decay
    at::Tensor gate;          ///< [B, T, HV·V] before its activation, undefined without one
};

/// Convolution, activation, norm and gates of `joint` [B, T, rows of w.mixer_in]. `tail`: the last W-1 inputs
/// of the convolutions of an earlier call [B, W-1, q | k | v], replaced by those of this one; nullptr =
/// nothing came before. `precise`: q, k and v are not rounded to bfloat16 even on a device whose kernels take it.
[[nodiscard]] MixerInputs mixer_inputs(const ModelConfig& config, const LayerConfig& layer,
                                       const LayerWeights& w, const at::Tensor& joint, at::Tensor* tail,
                                       bool raw, bool precise);

}  // namespace rankscope::internal
