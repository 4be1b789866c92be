// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/choose_channels.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/stop_scope.hpp"
#include "core/pruning/rank_revealing_qr.hpp"

namespace rankscope {
namespace {

const LayerConfig& prunable_layer(const ModelFolder& folder, std::int64_t index) {
    const auto& layers = folder.config().layers;
    if (index < 0 || index >= static_cast<std::int64_t>(layers.size())) {
        throw_usage(fmt::format("bad layer: found {}, expected 0 to {}", index, layers.size() - 1));
    }
    const LayerConfig& layer = layers[static_cast<std::size_t>(index)];
    if (!layer.prunable()) throw_usage(fmt::format("layer {} is softmax attention and has no key channels to prune", index));
    return layer;
}

std::int64_t target_width(const LayerConfig& layer, const TargetWidth& width) {
    if (width.keep.has_value() == width.ratio.has_value()) throw_usage("bad width: expected a ratio or a number of channels to keep");
    if (width.ratio) return kept_width(layer.key_dim, *width.ratio);
    if (*width.keep < 1 || *width.keep > layer.key_dim) {
        throw_usage(fmt::format("bad number of channels to keep: found {}, expected 1 to {}", *width.keep, layer.key_dim));
    }
    return *width.keep;
}

const ChannelStatistics& data_of(const Method& method, const ChannelStatistics* statistics) {
    if (statistics == nullptr) {
        throw_usage(fmt::format("method {} needs calibration data", method.name), "give a text with --calibrate FILE");
    }
    return *statistics;
}

bool is_rrqr(const Method& method) {
    return method.needs.r_factor || method.needs.normalised_factor || method.needs.sampled_factor;
}

std::vector<double> factor_of(const Method& method, const ChannelStatistics& statistics, std::int64_t layer, std::int64_t head) {
    const FactorKind kind = method.needs.sampled_factor      ? FactorKind::SampledRows
                            : method.needs.normalised_factor ? FactorKind::NormalisedRows
                                                             : FactorKind::AllRows;
    return statistics.factor(layer, head, kind);
}

// Per channel of the whole layer, [H * K]; for methods whose score is one number per channel.
std::vector<double> flat_scores(const ModelFolder& folder, std::int64_t layer, const Method& method, const ChannelStatistics* statistics) {
    if (method.needs.energy) return data_of(method, statistics).energy(layer);
    if (method.needs.gradients) return data_of(method, statistics).gradients(layer);
    const std::string attn = "model.layers." + std::to_string(layer) + ".attn.";
    const std::vector<float> q = folder.tensor(attn + "q_proj.weight").to_float();
    const std::vector<float> k = folder.tensor(attn + "k_proj.weight").to_float();
    std::vector<double> norms;
    if (method.needs.input_norms) norms = data_of(method, statistics).input_norms(layer);
    return weight_scores(q, k, folder.config().hidden_size, norms);
}

HeadScores rrqr_scores(std::span<const double> r, std::int64_t key_dim) {
    PivotOrder pivots = pivot_order(r, key_dim);
    HeadScores out;
    out.scores.resize(static_cast<std::size_t>(key_dim));
    for (std::size_t j = 0; j < pivots.order.size(); ++j) out.scores[static_cast<std::size_t>(pivots.order[j])] = pivots.diagonal[j];
    out.order = std::move(pivots.order);
    return out;
}

HeadScores random_scores(std::uint64_t seed, std::int64_t layer, std::int64_t head, std::int64_t key_dim) {
    HeadScores out;
    out.order = random_order(seed, layer, head, key_dim);
    out.scores.resize(out.order.size());
    for (std::size_t place = 0; place < out.order.size(); ++place) {
        out.scores[static_cast<std::size_t>(out.order[place])] = 1.0 - static_cast<double>(place) / static_cast<double>(key_dim);
    }
    return out;
}

// What the swap stage did in all heads of a layer, as one line.
class RrqrReport {
public:
    void add(std::int64_t head, const RrqrResult& result) {
        swaps_ += result.swaps;
        if (result.stop == RrqrStop::Singular) {
            singular_.push_back(head);
            return;
        }
        max_rho_ = std::max(max_rho_, result.max_rho);
        if (result.stop == RrqrStop::SwapLimit) capped_.push_back(head);
    }

    [[nodiscard]] std::string line(std::int64_t layer, const Method& method, const RrqrOptions& options) const {
        std::string text = fmt::format("layer {}: {}: final max rho {:.4g}, {} swap{}", layer, method.name, max_rho_, swaps_, swaps_ == 1 ? "" : "s");
        if (!capped_.empty()) {
            text += fmt::format("; still above {} after {} swaps in head {}", options.f, options.max_swaps, fmt::join(capped_, ", "));
        }
        if (!singular_.empty()) text += fmt::format("; kept channels numerically dependent in head {}", fmt::join(singular_, ", "));
        return text;
    }

private:
    int swaps_ = 0;
    double max_rho_ = 0;
    std::vector<std::int64_t> capped_, singular_;
};

}  // namespace

std::vector<HeadScores> score_channels(const ModelFolder& folder, std::int64_t layer, const Method& method,
                                       const ChannelStatistics* statistics, std::uint64_t seed) {
    const LayerConfig& config = prunable_layer(folder, layer);
    std::vector<HeadScores> out;
    if (is_rrqr(method)) {
        const ChannelStatistics& data = data_of(method, statistics);
        for (std::int64_t h = 0; h < config.key_heads; ++h) {
            check_stop();
            out.push_back(rrqr_scores(factor_of(method, data, layer, h), config.key_dim));
        }
        return out;
    }
    if (!method.needs.weights && !method.needs.data()) {
        for (std::int64_t h = 0; h < config.key_heads; ++h) out.push_back(random_scores(seed, layer, h, config.key_dim));
        return out;
    }
    const std::vector<double> scores = flat_scores(folder, layer, method, statistics);
    for (std::int64_t h = 0; h < config.key_heads; ++h) {
        const auto head = std::span(scores).subspan(static_cast<std::size_t>(h * config.key_dim), static_cast<std::size_t>(config.key_dim));
        out.push_back({{head.begin(), head.end()}, order_of(head, fmt::format("method {}, layer {}, head {}", method.name, layer, h))});
    }
    return out;
}

ChannelChoice choose_channels(const ModelFolder& folder, std::int64_t layer, const Method& method, const TargetWidth& width,
                              const ChannelStatistics* statistics, std::uint64_t seed) {
    const LayerConfig& config = prunable_layer(folder, layer);
    const std::int64_t kept = target_width(config, width);
    ChannelChoice out;
    out.layer.index = layer;
    out.layer.method = method.name;
    out.layer.key_dim = config.key_dim;
    out.layer.ratio = width.ratio.value_or(1.0 - static_cast<double>(kept) / static_cast<double>(config.key_dim));
    if (!is_rrqr(method)) {
        for (const HeadScores& head : score_channels(folder, layer, method, statistics, seed)) out.layer.keep.push_back(kept_channels(head.order, kept));
        return out;
    }
    const ChannelStatistics& data = data_of(method, statistics);
    const RrqrOptions options;
    RrqrReport report;
    for (std::int64_t h = 0; h < config.key_heads; ++h) {
        check_stop();
        const RrqrResult result = strong_rrqr(factor_of(method, data, layer, h), config.key_dim, kept, options);
        report.add(h, result);
        out.layer.keep.push_back(kept_channels(result.keep, kept));
    }
    out.note = report.line(layer, method, options);
    return out;
}

}  // namespace rankscope
