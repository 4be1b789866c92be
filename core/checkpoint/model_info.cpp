// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/model_info.hpp"

namespace rankscope {
namespace {

std::string torch_name(DType dtype) {
    switch (dtype) {
        case DType::BF16: return "bfloat16";
        case DType::F16: return "float16";
        case DType::F32: return "float32";
        default: return std::string(name_of(dtype));
    }
}

}  // namespace

ModelInfo describe(const ModelFolder& folder, const Progress& progress) {
    const ModelConfig& config = folder.config();
    ModelInfo info;
    info.family = name_of(config.family);
    info.hidden_size = config.hidden_size;
    info.vocab_size = config.vocab_size;
    info.parameters = folder.parameters();
    info.state_bytes = config.state_bytes();
    info.dtype = torch_name(folder.dtype());
    info.hash = folder.hash(progress);
    info.warnings = folder.warnings();
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const LayerConfig& l = config.layers[i];
        LayerInfo layer{static_cast<std::int64_t>(i), l.mixer, l.key_heads, l.value_heads, l.key_dim, l.written_key_dim, l.value_dim, l.prunable(), 0};
        if (!l.prunable()) layer.kv_bytes_per_token = 2 * l.value_heads * l.key_dim * 4;
        info.layers.push_back(layer);
    }
    return info;
}

}  // namespace rankscope
