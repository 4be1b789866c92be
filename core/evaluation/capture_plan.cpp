// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/capture_plan.hpp"

#include "core/base/error.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <numeric>
#include <set>

namespace rankscope {
namespace {

CaptureLayer resolved(const ModelConfig& config, std::int64_t index, const CaptureRequest& request, const LayerSelection& selection) {
    const LayerConfig& model = config.layers[static_cast<std::size_t>(index)];
    CaptureLayer layer;
    layer.index = index;
    layer.mixer = name_of(model.mixer);
    layer.key_heads = model.key_heads;
    layer.value_heads = model.value_heads;
    layer.key_dim = selection.keep.empty() ? model.key_dim : std::ssize(selection.keep.front());
    layer.value_dim = model.value_dim;
    layer.gate = model.mixer == MixerKind::GatedDeltaRule;
    for (std::int64_t head = 0; head < model.value_heads; ++head) {
        const bool wanted = request.heads.empty() || std::find(request.heads.begin(), request.heads.end(), head) != request.heads.end();
        if (wanted) layer.heads.push_back(static_cast<std::int32_t>(head));
    }
    if (layer.heads.empty()) {
        throw_usage(fmt::format("no such head: layer {}: found none of the {} chosen heads, expected some of 0 to {}", index,
                                request.heads.size(), model.value_heads - 1));
    }
    layer.captured_key_heads = key_heads_of(layer.heads, model.value_heads, model.key_heads);
    for (const std::int32_t head : layer.captured_key_heads) {
        std::vector<std::int32_t> channels(static_cast<std::size_t>(layer.key_dim));
        std::iota(channels.begin(), channels.end(), 0);
        if (!selection.keep.empty()) channels = selection.keep[static_cast<std::size_t>(head)];
        layer.channels.insert(layer.channels.end(), channels.begin(), channels.end());
    }
    return layer;
}

}  // namespace

CaptureLayout capture_layout(const ModelConfig& config, const CaptureRequest& request, const std::vector<LayerSelection>& selections) {
    const auto count = std::ssize(config.layers);
    const std::set<std::int64_t> asked(request.layers.begin(), request.layers.end());
    CaptureLayout layout;
    for (const std::int64_t index : asked) {
        if (index < 0 || index >= count) throw_usage(fmt::format("no such layer: found {}, expected 0 to {}", index, count - 1));
        if (!config.layers[static_cast<std::size_t>(index)].prunable()) {
            throw_usage(fmt::format("no state to capture: layer {}: found softmax attention, expected a recurrent layer", index),
                        "without --layers all recurrent layers are captured");
        }
    }
    for (std::int64_t i = 0; i < count; ++i) {
        const bool wanted = asked.empty() ? config.layers[static_cast<std::size_t>(i)].prunable() : asked.contains(i);
        if (wanted) layout.layers.push_back(resolved(config, i, request, selections[static_cast<std::size_t>(i)]));
    }
    layout.positions = request.positions;
    layout.states = request.states;
    layout.spectra = request.spectra;
    layout.inputs = request.inputs;
    layout.ranks = request.ranks && !request.spectra;
    if (request.states) layout.state_positions = request.state_positions;
    layout.window_start = request.windows.start();
    layout.window_tokens = request.windows.length();
    if (const std::string defect = defect_of(layout); !defect.empty()) throw_usage("bad capture request: " + defect);
    return layout;
}

std::string capture_provenance(const CaptureRequest& request, const Model& model, const CaptureLayout& layout) {
    const Provenance& p = request.provenance;
    nlohmann::ordered_json kernels = nlohmann::ordered_json::object(), numbers = nlohmann::ordered_json::object();
    for (const CaptureLayer& layer : layout.layers) {
        kernels[layer_name(layer.index)] = model.mixer_implementation(layer.index, layer.key_dim, layout.window_tokens);
        if (layout.spectra) numbers[layer_name(layer.index)] = model.spectra_implementation(layer.index, layer.key_dim);
        if (layout.ranks) numbers[layer_name(layer.index)] = model.norms_implementation(layer.index, layer.key_dim);
    }
    nlohmann::ordered_json value = {{"model", p.model_path},
                                          {"model_hash", p.model_hash},
                                          {"family", p.model_family},
                                          {"text_hash", p.text_hash},
                                          {"tokens", p.tokens},
                                          {"tokenizer", p.tokenizer},
                                          {"plan", request.plan ? nlohmann::ordered_json::parse(to_json(*request.plan)) : nlohmann::ordered_json(nullptr)},
                                          {"seed", p.seed},
                                          {"device", p.device},
                                          {"dtype", p.dtype},
                                          {"threads", p.threads},
                                          {"implementation", p.implementation},
                                          {"implementations", kernels},
                                          {"version", p.version},
                                          {"command", p.command}};
    if (layout.spectra) value["spectra_implementations"] = numbers;
    if (layout.ranks) value["norms_implementations"] = numbers;
    // Paths and commands may hold any bytes.
    return value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::vector<std::vector<std::int64_t>> position_groups(const std::vector<std::int64_t>& positions, std::int64_t bytes_per_position,
                                                       std::int64_t bytes) {
    const auto most = static_cast<std::size_t>(std::max<std::int64_t>(1, bytes / bytes_per_position));
    std::vector<std::vector<std::int64_t>> groups;
    for (const std::int64_t position : positions) {
        if (groups.empty() || groups.back().size() == most) groups.emplace_back();
        groups.back().push_back(position);
    }
    return groups;
}

}  // namespace rankscope
