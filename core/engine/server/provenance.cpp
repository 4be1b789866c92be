// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/provenance.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rankscope {

JobText::JobText(const TokenWindows& windows)
    : hash(windows.text_hash), tokens(windows.tokens()), window(windows.rows.empty() ? 0 : std::ssize(windows.rows.front())) {}

JobText::JobText(const WindowStream& windows) : hash(windows.text_hash()), tokens(windows.tokens()), window(windows.length()) {}

Provenance make_provenance(const ModelFolder& folder, const Model* model, const std::optional<JobText>& text, const JobOrigin& origin) {
    Provenance p;
    p.model_path = folder.path().string();
    p.model_hash = folder.hash();
    p.model_family = name_of(folder.config().family);
    p.version = RANKSCOPE_VERSION;
    p.command = origin.command;
    p.seed = origin.seed;
    p.threads = origin.threads;
    if (text) {
        p.text_hash = text->hash;
        p.tokens = text->tokens;
    }
    if (model == nullptr) return p;
    p.device = model->device();
    p.dtype = model->dtype();
    p.implementation = fmt::format("{}", fmt::join(model->used_mixers(), ", "));
    const ModelConfig& config = folder.config();
    for (std::size_t i = 0; i < config.layers.size() && p.implementation.empty(); ++i) {
        if (!config.layers[i].prunable()) continue;
        const std::int64_t length = text && text->window > 0 ? text->window : 512;
        p.implementation = model->mixer_implementation(static_cast<std::int64_t>(i), config.layers[i].key_dim, length);
    }
    return p;
}

}  // namespace rankscope
