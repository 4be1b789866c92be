// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/noise.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/base/remaining.hpp"
#include "core/evaluation/amplification.hpp"
#include "core/evaluation/batches.hpp"
#include "core/evaluation/plan_runner.hpp"
#include "core/evaluation/window_scores.hpp"

namespace rankscope {
namespace {

constexpr std::int64_t kBatchTokens = 2048;
// The state changes slowly; its spectrum after every 16th token gives the mean over tokens at a sixteenth of the cost.
constexpr std::int64_t kStride = 16;

std::vector<std::int64_t> chosen_layers(const Model& model, const std::vector<std::int64_t>& asked) {
    std::vector<std::int64_t> layers;
    for (std::size_t i = 0; i < model.config().layers.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        const bool wanted = asked.empty() || std::find(asked.begin(), asked.end(), index) != asked.end();
        if (wanted && model.config().layers[i].prunable()) layers.push_back(index);
    }
    return layers;
}

std::vector<std::int64_t> sampled_positions(std::int64_t length) {
    std::vector<std::int64_t> positions;
    for (std::int64_t t = kStride - 1; t < length; t += kStride) positions.push_back(t);
    if (positions.empty()) positions.push_back(length - 1);
    return positions;
}

// Runs one variant with noise on the chosen layers (level 0: without).
void run_noisy(const Model& model, const std::vector<LayerSelection>& selections, const std::vector<bool>& noisy,
               double level, std::uint64_t seed, const TokenWindows& windows, const std::vector<Batch>& batches,
               WindowScores& scores, const std::function<void(double)>& step, const Progress& progress) {
    for_each_batch(batches, progress, [&](const Batch& batch) {
        const std::span ids(windows.rows.data() + batch.first, batch.count);
        const QueryNoise noise{level, seed, static_cast<std::int64_t>(batch.first)};
        Hidden hidden = model.embed(ids);
        for (std::size_t l = 0; l < selections.size(); ++l) {
            progress.check();
            RunOptions options;
            if (!selections[l].keep.empty() || selections[l].scale != 0) options.selection = &selections[l];
            if (level > 0 && noisy[l]) options.noise = &noise;
            hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
            step(static_cast<double>(batch.count) / static_cast<double>(selections.size() + 1));
        }
        const TokenScores result = model.score(hidden, ids);
        const auto row = static_cast<std::ptrdiff_t>(result.T - 1);
        for (std::int64_t b = 0; b < result.B; ++b) {
            const auto nll = result.nll.begin() + b * row;
            const auto correct = result.correct.begin() + b * row;
            scores.set(batch.first + static_cast<std::size_t>(b), {nll, nll + row}, {correct, correct + row});
        }
        step(static_cast<double>(batch.count) / static_cast<double>(selections.size() + 1));
    });
}

}  // namespace

NoiseResult measure_noise(const Model& model, const NoiseRequest& request, const Progress& progress) {
    const auto began = std::chrono::steady_clock::now();
    const std::vector<std::int64_t> layers = chosen_layers(model, request.layers);
    std::vector<bool> noisy(model.config().layers.size(), false);
    for (const std::int64_t layer : layers) noisy[static_cast<std::size_t>(layer)] = true;
    const auto& rows = request.windows.rows;
    const std::vector<Batch> batches = make_batches(rows, kBatchTokens);

    const std::size_t variants = request.plans.size() + 1;
    const auto total = static_cast<double>(rows.size() + variants * (request.levels.size() + 1) * rows.size());
    double done = 0;
    const auto step = [&](double windows) {
        done = std::min(total, done + windows);  // a batch that was begun anew counts once more
        const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        progress.update({done, total, "windows", remaining_seconds(passed, done, total), {}});
    };

    // Amplification: one window after the other, since states at many positions are large.
    std::vector<std::vector<AmplificationMean>> means(model.config().layers.size());
    for (const std::int64_t layer : layers) {
        means[static_cast<std::size_t>(layer)].resize(
            static_cast<std::size_t>(model.config().layers[static_cast<std::size_t>(layer)].value_heads));
    }
    for (const auto& row : rows) {
        const std::span ids(&row, 1);
        TraceRequest trace;
        trace.inputs = true;
        trace.state_positions = sampled_positions(std::ssize(row));
        const bool normalised = model.config().qk_norm == QkNorm::L2;
        trace.deliver = [&](const MixerTrace& seen) {
            accumulate_amplification(seen, trace.state_positions, normalised, means[static_cast<std::size_t>(seen.layer)]);
        };
        Hidden hidden = model.embed(ids);
        for (std::size_t l = 0; l < noisy.size(); ++l) {
            progress.check();
            RunOptions options;
            if (noisy[l]) options.trace = &trace;
            hidden = model.run_layer(static_cast<std::int64_t>(l), hidden, options);
            step(1.0 / static_cast<double>(noisy.size()));
        }
    }
    NoiseResult result;
    for (const std::int64_t layer : layers) {
        const auto& heads = means[static_cast<std::size_t>(layer)];
        for (std::size_t h = 0; h < heads.size(); ++h) {
            result.heads.push_back({layer, static_cast<std::int64_t>(h), heads[h].amplification(), heads[h].worst(), heads[h].rank_stable()});
        }
    }

    for (std::size_t v = 0; v < variants; ++v) {
        const Plan* plan = v == 0 ? nullptr : &request.plans[v - 1].plan;
        const std::vector<LayerSelection> selections = selections_of(model.config(), plan);
        WindowScores quiet(rows.size());
        run_noisy(model, selections, noisy, 0, request.seed, request.windows, batches, quiet, step, progress);
        for (const double level : request.levels) {
            WindowScores loud(rows.size());
            run_noisy(model, selections, noisy, level, request.seed, request.windows, batches, loud, step, progress);
            const BlockMean delta = loud.difference(quiet);
            result.levels.push_back({level, v == 0 ? "" : request.plans[v - 1].path, loud.perplexity({}).perplexity, delta.mean, delta.se});
        }
    }
    return result;
}

}  // namespace rankscope
