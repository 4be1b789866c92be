// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/provenance.hpp"

namespace rankscope {

Provenance make_provenance(const ModelFolder& folder, const Model* model, const TokenWindows* windows, const JobOrigin& origin) {
    Provenance p;
    p.model_path = folder.path().string();
    p.model_hash = folder.hash();
    p.model_family = name_of(folder.config().family);
    p.version = RANKSCOPE_VERSION;
    p.command = origin.command;
    p.seed = origin.seed;
    p.threads = origin.threads;
    if (windows != nullptr) {
        p.text_hash = windows->text_hash;
        p.tokens = windows->tokens();
    }
    if (model == nullptr) return p;
    p.device = model->device();
    p.dtype = model->dtype();
    const ModelConfig& config = folder.config();
    for (std::size_t i = 0; i < config.layers.size() && p.implementation.empty(); ++i) {
        if (!config.layers[i].prunable()) continue;
        const auto length = windows != nullptr && !windows->rows.empty() ? std::ssize(windows->rows.front()) : 512;
        p.implementation = model->mixer_implementation(static_cast<std::int64_t>(i), config.layers[i].key_dim, length);
    }
    return p;
}

}  // namespace rankscope
