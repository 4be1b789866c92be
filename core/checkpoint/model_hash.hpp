// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/checkpoint/safetensors.hpp"

namespace rankscope {

/// Identity of a model, independent of sharding, file names, tokenizer and rankscope.json. SHA-256 over
///   config.json as compact JSON with sorted keys, without `_name_or_path` and `transformers_version`, then "\n", then
///   for every stored tensor, sorted by name:  NAME " " DTYPE " [" extents joined by "," "] " XXH3-128 of its bytes "\n".
/// Hashing reads every byte once; the result is kept in the user's cache under (path, size, modification time) of all
/// weight files and the config text. A cache that cannot be read or written is no error. Progress in bytes, where it takes long.
[[nodiscard]] std::string model_hash(const std::string& config_json, const std::vector<SafetensorsFile>& files,
                                     const std::vector<std::filesystem::path>& paths, const Progress& progress = {});

}  // namespace rankscope
