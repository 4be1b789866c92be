// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/checkpoint/safetensors.hpp"

namespace rankscope {

/// The safetensors files of a folder: model.safetensors, or the shards that model.safetensors.index.json names.
struct WeightFiles {
    struct Entry {
        TensorView view;
        std::string shard;  ///< file name
    };

    std::vector<SafetensorsFile> files;
    std::vector<std::filesystem::path> paths;
    std::map<std::string, Entry> tensors;  ///< by the name in the file
    std::vector<std::string> order;        ///< names in the order of the files
};

/// Error{Input}: no weights, a shard missing, an index that names what is not there, a tensor in two shards.
/// Error{Unsupported}: only pickled weights (pytorch_model.bin).
[[nodiscard]] WeightFiles open_weight_files(const std::filesystem::path& folder);

}  // namespace rankscope
