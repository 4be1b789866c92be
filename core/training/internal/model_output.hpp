// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/base/dtype.hpp"
#include "core/model/internal/network.hpp"

namespace rankscope::internal {

/// Writes config.json and model.safetensors (weights rounded to `dtype`, F32 or BF16) into an existing folder. The head of
/// a tied model is not written.
void write_model(const std::filesystem::path& folder, const Network& network, const std::string& config_json, DType dtype);

}  // namespace rankscope::internal
