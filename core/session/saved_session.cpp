// SPDX-License-Identifier: Apache-2.0
#include "core/session/saved_session.hpp"

#include "core/checkpoint/padded_export.hpp"

namespace rankscope {

ModelConfig session_config(const SavedSession& session) {
    return parse_exported_config(session.model.config, session.model.path / "config.json");
}

PlanChoice keep_all(const ModelConfig& config) {
    PlanChoice choice;
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const LayerConfig& layer = config.layers[i];
        if (layer.prunable()) choice.layers.push_back({static_cast<std::int64_t>(i), "", layer.key_dim, layer.key_dim, false, {}});
    }
    return choice;
}

}  // namespace rankscope
