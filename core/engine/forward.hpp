// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/engine/requests.hpp"
#include "core/model/model.hpp"

namespace rankscope {

/// Writes logits [B, T, vocab] and nll [B, T-1] (float32) of given ids as safetensors. Rows stream through the model one
/// by one; only one row's logits are in memory at a time. Rows must have equal lengths >= 2 (Error{Usage}).
void write_forward(const Model& model, const ForwardRequest& request, const Progress& progress);

}  // namespace rankscope
