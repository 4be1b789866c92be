// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& what, std::string hint = {}) {
    throw_input("bad plan: " + where + ": " + what, std::move(hint));
}

void check_channels(const PlanLayer& layer, const LayerConfig& config, const std::string& where) {
    for (std::size_t h = 0; h < layer.keep.size(); ++h) {
        const auto& keep = layer.keep[h];
        const auto place = [&] { return fmt::format("layer {}, head {}", layer.index, h); };
        if (keep.empty()) refuse(where, place() + ": found no channels, expected at least one");
        if (keep.size() != layer.keep.front().size()) {
            refuse(where, fmt::format("{}: found {} channels, expected {} as in head 0", place(), keep.size(), layer.keep.front().size()),
                   "all heads of one layer keep equally many");
        }
        std::set<std::int32_t> seen;
        for (const std::int32_t channel : keep) {
            if (channel < 0 || channel >= config.key_dim) {
                refuse(where, fmt::format("{}: found channel {}, expected 0 to {}", place(), channel, config.key_dim - 1));
            }
            if (!seen.insert(channel).second) refuse(where, fmt::format("{}: channel {} is there twice", place(), channel));
        }
        if (!std::is_sorted(keep.begin(), keep.end())) refuse(where, place() + ": expected channels in ascending order");
    }
}

void check_layer(const PlanLayer& layer, const ModelConfig& model, const std::string& where) {
    if (layer.index < 0 || layer.index >= static_cast<std::int64_t>(model.layers.size())) {
        refuse(where, fmt::format("found layer {}, expected 0 to {}", layer.index, model.layers.size() - 1));
    }
    const LayerConfig& config = model.layers[static_cast<std::size_t>(layer.index)];
    if (!config.prunable()) refuse(where, fmt::format("layer {}: is softmax attention and has no key channels to prune", layer.index));
    if (layer.key_dim != config.key_dim) {
        refuse(where, fmt::format("layer {}: found key_dim {}, expected {}", layer.index, layer.key_dim, config.key_dim));
    }
    if (static_cast<std::int64_t>(layer.keep.size()) != config.key_heads) {
        refuse(where, fmt::format("layer {}: found {} heads, expected {}", layer.index, layer.keep.size(), config.key_heads));
    }
    check_channels(layer, config, where);
}

double inverse_root(std::int64_t width) {
    return 1.0 / std::sqrt(static_cast<double>(width));
}

}  // namespace

const PlanLayer* Plan::layer(std::int64_t index) const noexcept {
    const auto found = std::find_if(layers.begin(), layers.end(), [index](const PlanLayer& l) { return l.index == index; });
    return found == layers.end() ? nullptr : &*found;
}

std::int64_t kept_width(std::int64_t key_dim, double ratio) {
    if (!(ratio >= 0) || ratio > 1) throw_usage(fmt::format("bad ratio: found {}, expected a number from 0 to 1", ratio));
    const double kept = std::floor(static_cast<double>(key_dim) * (1.0 - ratio) + 1e-9);
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(kept));
}

void check_plan(const Plan& plan, const ModelConfig& model, const std::string& model_hash, bool force, const std::string& where) {
    if (!force && !plan.model_hash.empty() && plan.model_hash != model_hash) {
        refuse(where, fmt::format("found a plan for model {}, expected {}", printable(plan.model_hash, 80), model_hash),
               "the plan was made for another model; --force applies it anyway where the shapes agree");
    }
    std::set<std::int64_t> seen;
    for (const PlanLayer& layer : plan.layers) {
        if (!seen.insert(layer.index).second) refuse(where, fmt::format("layer {} is there twice", layer.index));
        check_layer(layer, model, where);
    }
}

std::vector<std::int64_t> kept_widths(const Plan& plan, const ModelConfig& model) {
    std::vector<std::int64_t> widths;
    for (const LayerConfig& layer : model.layers) widths.push_back(layer.key_dim);
    for (const PlanLayer& layer : plan.layers) widths.at(static_cast<std::size_t>(layer.index)) = layer.kept_dim();
    return widths;
}

std::int64_t widest_kept(const Plan& plan, const ModelConfig& model) {
    const std::vector<std::int64_t> widths = kept_widths(plan, model);
    std::int64_t widest = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (model.layers[i].prunable()) widest = std::max(widest, widths[i]);
    }
    return widest;
}

std::vector<double> query_scales(const Plan& plan, const ModelConfig& model) {
    const std::vector<std::int64_t> widths = kept_widths(plan, model);
    const std::int64_t widest = widest_kept(plan, model);
    std::vector<double> scales;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        const LayerConfig& layer = model.layers[i];
        if (!layer.prunable() || plan.scale == ScaleRule::Original) {
            scales.push_back(layer.scale);
        } else {
            scales.push_back(inverse_root(plan.scale == ScaleRule::Kept ? widths[i] : widest));
        }
    }
    return scales;
}

std::int64_t state_bytes(const Plan& plan, const ModelConfig& model) {
    const std::vector<std::int64_t> widths = kept_widths(plan, model);
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        LayerConfig layer = model.layers[i];
        layer.key_dim = widths[i];
        bytes += layer.state_bytes();
    }
    return bytes;
}

std::int64_t removed_parameters(const Plan& plan, const ModelConfig& model) {
    // A channel is one row of q_proj and of k_proj and, with convolutions, one filter in each.
    const std::int64_t per_channel = 2 * (model.hidden_size + (model.use_short_conv ? model.conv_size : 0));
    const std::vector<std::int64_t> widths = kept_widths(plan, model);
    std::int64_t removed = 0;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        removed += model.layers[i].key_heads * (model.layers[i].key_dim - widths[i]) * per_channel;
    }
    return removed;
}

}  // namespace rankscope
