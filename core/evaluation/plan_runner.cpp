// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/plan_runner.hpp"

#include <set>
#include <utility>

namespace rankscope {
namespace {

// A selection that changes nothing compares equal to no selection at all.
LayerSelection normalised(const LayerConfig& layer, LayerSelection selection) {
    const bool all = selection.keep.empty()
                     || static_cast<std::int64_t>(selection.keep.front().size()) == layer.key_dim;
    if (all) selection.keep.clear();
    if (selection.scale == layer.scale) selection.scale = 0;
    return selection;
}

}  // namespace

std::vector<LayerSelection> selections_of(const ModelConfig& config, const Plan* plan) {
    std::vector<LayerSelection> selections(config.layers.size());
    if (plan == nullptr) return selections;
    const std::vector<double> scales = query_scales(*plan, config);
    for (std::size_t i = 0; i < selections.size(); ++i) {
        if (!config.layers[i].prunable()) continue;
        LayerSelection selection;
        selection.scale = scales[i];
        if (const PlanLayer* layer = plan->layer(static_cast<std::int64_t>(i))) selection.keep = layer->keep;
        selections[i] = normalised(config.layers[i], std::move(selection));
    }
    return selections;
}

PlanRunner::PlanRunner(const Model& model, std::span<const Plan* const> plans) : model_(model) {
    selections_.push_back(selections_of(model.config(), nullptr));
    for (const Plan* plan : plans) selections_.push_back(selections_of(model.config(), plan));
    using Key = std::pair<int, std::pair<std::vector<std::vector<std::int32_t>>, double>>;
    std::map<Key, int> numbers;
    for (const auto& variant : selections_) {
        int before = -1;
        std::vector<int> path;
        for (const LayerSelection& selection : variant) {
            const auto [entry, added] =
                numbers.try_emplace(Key{before, {selection.keep, selection.scale}}, static_cast<int>(numbers.size()));
            before = entry->second;
            path.push_back(before);
            ++uses_[before];
        }
        prefix_.push_back(std::move(path));
    }
    layer_runs_ = static_cast<std::int64_t>(numbers.size());
}

void PlanRunner::begin(std::span<const std::vector<std::int32_t>> ids) {
    cache_.clear();
    left_ = uses_;
    embedded_ = Hidden();  // its memory goes first
    embedded_ = model_.embed(ids);
}

Hidden PlanRunner::run(std::size_t variant, const Progress& progress, const std::function<void()>& after_layer) {
    const std::vector<int>& path = prefix_[variant];
    // The longest prefix some earlier variant has left behind.
    std::size_t first = 0;
    Hidden hidden = embedded_;
    for (std::size_t l = path.size(); l > 0; --l) {
        const auto found = cache_.find(path[l - 1]);
        if (found == cache_.end()) continue;
        hidden = found->second;
        first = l;
        break;
    }
    for (std::size_t l = first; l < path.size(); ++l) {
        progress.check();
        RunOptions options;
        const LayerSelection& selection = selections_[variant][l];
        if (!selection.keep.empty() || selection.scale != 0) options.selection = &selection;
        hidden = model_.run_layer(static_cast<std::int64_t>(l), hidden, options);
        if (uses_[path[l]] > 1) cache_[path[l]] = hidden;
        if (after_layer) after_layer();
    }
    // What no later variant shares is dropped at once, so that the memory holds branching points only.
    for (const int number : path) {
        if (--left_[number] == 0) cache_.erase(number);
    }
    return hidden;
}

}  // namespace rankscope
