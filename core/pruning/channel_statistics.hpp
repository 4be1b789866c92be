// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/checkpoint/model_config.hpp"
#include "core/pruning/method.hpp"

namespace rankscope {

enum class FactorKind { AllRows, NormalisedRows, SampledRows };

struct StatisticsOptions {
    std::uint64_t seed = 0;  ///< chooses the sampled rows
    /// Tokens that will be fed per layer: the sampled rows are drawn from all 2N stacked rows before the first arrives.
    std::int64_t tokens = 0;
    std::int64_t sampled_rows = 5000;  ///< per key head, without replacement; all of them if there are fewer
};

/// What the pruning methods need to know about activations, summed up while calibration text streams through the model.
/// Memory depends on the model alone. Per key head the rows are those of q on top of those of k, N tokens each: stacked
/// row n < N is q of token n, row N + n is k of token n.
class ChannelStatistics {
public:
    /// `needs`: one per layer; those of attention layers are ignored.
    ChannelStatistics(const ModelConfig& model, std::vector<ChannelNeeds> needs, const StatisticsOptions& options);
    ~ChannelStatistics();
    ChannelStatistics(ChannelStatistics&&) noexcept;
    ChannelStatistics& operator=(ChannelStatistics&&) noexcept;

    [[nodiscard]] const ChannelNeeds& needs(std::int64_t layer) const;
    /// Union over all layers.
    [[nodiscard]] ChannelNeeds needs() const;

    /// `layer_input` [N, D]: what q_proj multiplies. For layers that need input_norms.
    void add_inputs(std::int64_t layer, std::span<const float> layer_input);
    /// q_raw, k_raw [N, H, K] after convolution and activation, before the norm. For layers that need raw_keys().
    /// Key heads run in parallel.
    void add_keys(std::int64_t layer, std::span<const float> q_raw, std::span<const float> k_raw);
    /// Σ|W∘G| per channel [H * K] (ChannelGradients of the model).
    void set_gradients(std::int64_t layer, std::vector<double> scores);

    /// Root mean square over tokens of every input feature [D].
    [[nodiscard]] std::vector<double> input_norms(std::int64_t layer) const;
    /// Mean over tokens of q̂² + k̂² [H * K], q̂ = q / sqrt(Σ q² + 1e-6) over the head and k̂ likewise.
    [[nodiscard]] std::vector<double> energy(std::int64_t layer) const;
    [[nodiscard]] const std::vector<double>& gradients(std::int64_t layer) const;
    /// R factor [K, K] row-major of one key head's rows. Error{Input} naming layer and head when NaN or infinity was fed.
    [[nodiscard]] std::vector<double> factor(std::int64_t layer, std::int64_t head, FactorKind kind) const;
    /// Stacked row indices that `drrqr-sampled` looks at, ascending; replaced by set_sampled_rows before feeding.
    [[nodiscard]] const std::vector<std::int64_t>& sampled_rows(std::int64_t layer, std::int64_t head) const;
    void set_sampled_rows(std::int64_t layer, std::int64_t head, std::vector<std::int64_t> rows);

private:
    struct Layer;
    [[nodiscard]] Layer& layer(std::int64_t index) const;

    std::vector<std::unique_ptr<Layer>> layers_;
    std::int64_t tokens_ = 0;
};

}  // namespace rankscope
