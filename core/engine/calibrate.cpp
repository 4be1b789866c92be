// SPDX-License-Identifier: Apache-2.0
#include "core/engine/calibrate.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

#include "core/base/remaining.hpp"
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

// Windows `window` to the last of the batch.
void feed(ChannelStatistics& statistics, const MixerTrace& trace, std::int64_t window) {
    const ChannelNeeds& needs = statistics.needs(trace.layer);
    const std::int64_t skipped = window * trace.T;  // tokens
    if (needs.input_norms) {
        const auto hidden = std::ssize(trace.layer_input) / (trace.B * trace.T);
        statistics.add_inputs(trace.layer, trace.layer_input.subspan(static_cast<std::size_t>(skipped * hidden)));
    }
    if (!needs.raw_keys()) return;
    // A block of rows takes a reflection of every column over all later ones.
    const std::int64_t width = trace.H * trace.K, rows = trace.B * trace.T;
    const std::int64_t step = std::max<std::int64_t>(64, kFactorWork / (2 * width * trace.K));
    for (std::int64_t begin = skipped; begin < rows; begin += step) {
        check_stop();
        const auto first = static_cast<std::size_t>(begin * width), count = static_cast<std::size_t>(std::min(step, rows - begin) * width);
        statistics.add_keys(trace.layer, trace.q_raw.subspan(first, count), trace.k_raw.subspan(first, count));
    }
}

// Text through the leading layers, batch by batch; where memory runs out, in smaller ones. What a layer showed before that is summed
// up already and is not summed up twice: every window remembers how far it is.
class ActivationRun {
public:
    ActivationRun(const Model& model, const TokenWindows& windows, const std::vector<ChannelNeeds>& needs, ChannelStatistics& statistics,
                  const Progress& progress)
        : model_(model), windows_(windows), needs_(needs), statistics_(statistics), progress_(progress),
          depth_(depth_of(needs, model.config())), counted_(windows.rows.size(), 0) {}

    void run() {
        if (depth_ == 0) return;
        for_each_batch(make_batches(windows_.rows, kBatchTokens), progress_, [&](const Batch& batch) { run_batch(batch); });
    }

private:
    // A batch of a large model takes a minute: told after every layer.
    void tell(const Batch& batch, std::size_t layers) const {
        const auto total = static_cast<double>(windows_.rows.size());
        const double done = static_cast<double>(batch.first) + static_cast<double>(batch.count * layers) / static_cast<double>(depth_);
        const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
        progress_.update({done, total, "windows", remaining_seconds(passed, done, total), "calibrating"});
    }

    void run_batch(const Batch& batch) {
        if (failure_) std::rethrow_exception(failure_);
        Hidden hidden = model_.embed(std::span(windows_.rows).subspan(batch.first, batch.count));
        for (std::size_t l = 0; l < depth_; ++l) {
            progress_.check();
            TraceRequest trace;
            trace.layer_input = needs_[l].input_norms;
            trace.raw = needs_[l].raw_keys();
            trace.deliver = [&](const MixerTrace& seen) { count(seen, batch); };
            RunOptions options;
            if (needs_[l].activations() && new_in(batch, l) < batch.count) options.trace = &trace;
            hidden = model_.run_layer(static_cast<std::int64_t>(l), hidden, options);
            tell(batch, l + 1);
        }
    }

    // The first window of the batch that layer l has not been counted for; later ones are never further than earlier ones.
    [[nodiscard]] std::size_t new_in(const Batch& batch, std::size_t l) const {
        std::size_t i = 0;
        while (i < batch.count && counted_[batch.first + i] > l) ++i;
        return i;
    }

    void count(const MixerTrace& seen, const Batch& batch) {
        const auto layer = static_cast<std::size_t>(seen.layer);
        const std::size_t first = new_in(batch, layer);
        try {
            feed(statistics_, seen, static_cast<std::int64_t>(first));
        } catch (...) {
            failure_ = std::current_exception();  // some of it is in the sums: no smaller batch can mend that
            throw;
        }
        for (std::size_t i = first; i < batch.count; ++i) counted_[batch.first + i] = layer + 1;
    }

    const Model& model_;
    const TokenWindows& windows_;
    const std::vector<ChannelNeeds>& needs_;
    ChannelStatistics& statistics_;
    const Progress& progress_;
    std::size_t depth_;
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::vector<std::size_t> counted_;  ///< per window: leading layers whose statistics hold it
    std::exception_ptr failure_;
};

}  // namespace

ChannelStatistics calibrate(const Model& model, const TokenWindows& windows, std::vector<ChannelNeeds> needs,
                            std::uint64_t seed, const Progress& progress) {
    StatisticsOptions options;
    options.seed = seed;
    options.tokens = windows.tokens();
    ChannelStatistics statistics(model.config(), needs, options);
    ActivationRun(model, windows, needs, statistics, progress).run();
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
