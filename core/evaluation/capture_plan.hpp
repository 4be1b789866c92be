// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_layout.hpp"
#include "core/evaluation/capture_request.hpp"
#include "core/model/model.hpp"

#include <string>
#include <vector>

namespace rankscope {

/// Resolves a request against a model: which layers and heads, how wide, which original channels. Error{Usage} for what is
/// not there.
[[nodiscard]] CaptureLayout capture_layout(const ModelConfig& config, const CaptureRequest& request,
                                           const std::vector<LayerSelection>& selections);

/// The provenance of a capture as JSON text, with the request (layers come from the datasets) and the whole plan.
[[nodiscard]] std::string capture_provenance(const CaptureRequest& request, const Model& model, const CaptureLayout& layout);

/// Positions in groups whose states [n, HV, K, V] float32 take at most `bytes` together (one position at least).
[[nodiscard]] std::vector<std::vector<std::int64_t>> position_groups(const std::vector<std::int64_t>& positions,
                                                                     std::int64_t bytes_per_position, std::int64_t bytes);

}  // namespace rankscope
