// SPDX-License-Identifier: Apache-2.0
#include "core/engine/calibrate.hpp"

#include <chrono>
#include <span>
#include <utility>

#include "core/base/stop_scope.hpp"
#include "core/evaluation/batches.hpp"

namespace rankscope {
namespace {

constexpr std::int64_t kBatchTokens = 2048;
// Multiply-adds of the R factors between two looks at the stop.
constexpr std::int64_t kFactorWork = 100'000'000;

// Number of leading layers that have to be run.
std::size_t depth_of(const std::vector<ChannelNeeds>& needs, const ModelConfig& config) {
    std::size_t depth = 0;
    for (std::size_t l = 0; l < needs.size(); ++l) {
        if (config.layers[l].prunable() && needs[l].activations()) depth = l + 1;
    }
    return depth;
}

void feed(ChannelStatistics& statistics, const MixerTrace& trace) {
    const ChannelNeeds& needs = statistics.needs(trace.layer);
    if (needs.input_norms) statistics.add_inputs(trace.layer, trace.layer_input);
    if (!needs.raw_keys()) return;
    // A block of rows takes a reflection of every column over all later ones.
    const std::int64_t width = trace.H * trace.K, rows = trace.B * trace.T;
    const std::int64_t step = std::max<std::int64_t>(64, kFactorWork / (2 * width * trace.K));
    for (std::int64_t begin = 0; begin < rows; begin += step) {
        check_stop();
        const auto first = static_cast<std::size_t>(begin * width), count = static_cast<std::size_t>(std::min(step, rows - begin) * width);
        statistics.add_keys(trace.layer, trace.q_raw.subspan(first, count), trace.k_raw.subspan(first, count));
    }
}

void run_activations(const Model& model, const TokenWindows& windows, const std::vector<ChannelNeeds>& needs,
                     ChannelStatistics& statistics, const Progress& progress) {
    const std::size_t depth = depth_of(needs, model.config());
    if (depth == 0) return;
    const auto began = std::chrono::steady_clock::now();
    const std::vector<Batch> batches = make_batches(windows.rows, kBatchTokens);
    const auto total = static_cast<double>(batches.size());
    double done = 0;
    for (const Batch& batch : batches) {
        Hidden hidden = model.embed(std::span(windows.rows).subspan(batch.first, batch.count));
        for (std::size_t l = 0; l < depth; ++l) {
            progress.check();
            TraceRequest trace;
            trace.layer_input = needs[l].input_norms;
            trace.raw = needs[l].raw_keys();
            trace.deliver = [&](const MixerTrace& seen) { feed(statistics, seen); };
            RunOptions options;
            if (needs[l].activations()) options.trace = &trace;
            hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
        }
        ++done;
        const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        progress.update({done, total, "batches", passed > 0.5 ? passed * (total - done) / done : -1, "calibrating"});
    }
}

}  // namespace

ChannelStatistics calibrate(const Model& model, const TokenWindows& windows, std::vector<ChannelNeeds> needs,
                            std::uint64_t seed, const Progress& progress) {
    StatisticsOptions options;
    options.seed = seed;
    options.tokens = windows.tokens();
    ChannelStatistics statistics(model.config(), needs, options);
    run_activations(model, windows, needs, statistics, progress);
    if (statistics.needs().gradients) {
        ChannelGradients gradients = model.channel_gradients(windows.rows, progress);
        for (std::size_t l = 0; l < needs.size(); ++l) {
            if (needs[l].gradients && model.config().layers[l].prunable()) {
                statistics.set_gradients(static_cast<std::int64_t>(l), std::move(gradients.scores[l]));
            }
        }
    }
    return statistics;
}

}  // namespace rankscope
