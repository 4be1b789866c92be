// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/checkpoint/model_folder.hpp"

namespace rankscope {

struct LayerInfo {
    std::int64_t index = 0;
    MixerKind mixer = MixerKind::DeltaRule;
    std::int64_t key_heads = 0, value_heads = 0;
    std::int64_t key_dim = 0, written_key_dim = 0, value_dim = 0;
    bool prunable = false;
    std::int64_t kv_bytes_per_token = 0;  ///< attention only: keys and values of one token, float32
};

/// What `info` answers about a folder, found without loading a weight.
struct ModelInfo {
    std::string family;
    std::vector<LayerInfo> layers;
    std::int64_t hidden_size = 0, vocab_size = 0, parameters = 0, state_bytes = 0;
    std::string dtype;  ///< "bfloat16", "float32", "float16": of most parameters
    std::string hash;
    std::vector<std::string> warnings;
};

/// Progress is that of the hash.
[[nodiscard]] ModelInfo describe(const ModelFolder& folder, const Progress& progress = {});

}  // namespace rankscope
