// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/checkpoint/model_folder.hpp"
#include "core/pruning/plan.hpp"

namespace rankscope {

/// Writes the weights of an export into `folder`, in the source's sharding: all prunable layers at `written_key_dim`, kept
/// channels first in every head, zero rows behind. The plan has been checked. Progress counts bytes.
void write_exported_tensors(const ModelFolder& source, const Plan& plan, std::int64_t written_key_dim, const std::filesystem::path& folder,
                            const Progress& progress);

}  // namespace rankscope
