// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/model/model.hpp"
#include "core/pruning/plan.hpp"

namespace rankscope {

/// The selection of every layer under a plan; attention layers keep their own. Without a plan all entries are empty.
[[nodiscard]] std::vector<LayerSelection> selections_of(const ModelConfig& config, const Plan* plan);

/// Runs several variants of one model (the full one and plans) on the same batch and computes what they share once: two
/// variants share every layer before the first one in which they differ. Exact, not an approximation.
class PlanRunner {
public:
    /// Variant 0 is the full model; variant i + 1 is plans[i].
    PlanRunner(const Model& model, std::span<const Plan* const> plans);

    [[nodiscard]] std::size_t variants() const noexcept { return prefix_.size(); }

    /// Layers that really have to be run for one batch, over all variants (for progress).
    [[nodiscard]] std::int64_t layer_runs() const noexcept { return layer_runs_; }

    /// Last hidden states of `variant` for the batch of the last begin(). `after_layer` hears of every layer that was really run.
    [[nodiscard]] Hidden run(std::size_t variant, const Progress& progress, const std::function<void()>& after_layer = {});
    /// Starts a batch: forgets the previous one.
    void begin(std::span<const std::vector<std::int32_t>> ids);

private:
    const Model& model_;
    std::vector<std::vector<LayerSelection>> selections_;
    // prefix_[v][l]: number of the sequence of selections of layers 0..l; equal numbers mean equal hidden states.
    std::vector<std::vector<int>> prefix_;
    std::map<int, int> uses_;
    std::map<int, int> left_;
    std::map<int, Hidden> cache_;
    Hidden embedded_;
    std::int64_t layer_runs_ = 0;
};

}  // namespace rankscope
