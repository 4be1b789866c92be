// SPDX-License-Identifier: Apache-2.0
// What a person waits for after moving one slider: a plan that differs from the one before in a single layer, evaluated on the
// model's own text.
//
//   live_evaluation_benchmark [--model=FOLDER] [--text=FILE] [--threads=N] [Google Benchmark's options]
//
// The default is books-delta on its shipped text. Time: until the exact result; first_ms: until the first partial one.
#include "core/base/error.hpp"
#include "core/evaluation/live_evaluation.hpp"
#include "core/model/load_model.hpp"
#include "core/text/token_windows.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace rankscope;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Every prunable layer keeps its first half, layer `changed` (−1: none) `step` channels less: a new widest layer would change
// the scale of all of them.
Plan plan_of(const ModelConfig& config, std::int64_t changed, std::int64_t step) {
    Plan plan;
    for (std::size_t l = 0; l < config.layers.size(); ++l) {
        const LayerConfig& layer = config.layers[l];
        if (!layer.prunable()) continue;
        std::int64_t kept = layer.key_dim / 2;
        if (static_cast<std::int64_t>(l) == changed) kept = std::max<std::int64_t>(kept - step, 1);
        PlanLayer entry{static_cast<std::int64_t>(l), "benchmark", 0, layer.key_dim, {}};
        std::vector<std::int32_t> channels;
        for (std::int64_t c = 0; c < kept; ++c)
            channels.push_back(static_cast<std::int32_t>(c));
        entry.keep.assign(static_cast<std::size_t>(layer.key_heads), channels);
        plan.layers.push_back(std::move(entry));
    }
    return plan;
}

// Argument: the layer that changes.
void one_change(benchmark::State& state, const Model& model, std::int64_t parameters, const TokenWindows& windows) {
    const auto live = make_live_evaluation(model, parameters, windows, {});
    const auto evaluate = [&](const Plan& plan, const LiveEvaluation::OnPartial& partial) {
        return live->evaluate({PlanFile{"", plan}}, true, partial, {});
    };
    const std::int64_t layer = state.range(0);
    (void)evaluate(plan_of(model.config(), -1, 0), {});
    std::vector<double> times, firsts;
    std::int64_t step = 0;
    for (auto _ : state) {
        // A width that was not asked for before: results are remembered.
        const Plan plan = plan_of(model.config(), layer, ++step);
        const auto begin = Clock::now();
        double first = 0;
        const EvaluateResult result = evaluate(plan, [&](const LivePartial&) {
            if (first == 0) first = ms_since(begin);
        });
        benchmark::DoNotOptimize(result.plans.at(0).value.nll);
        times.push_back(ms_since(begin));
        firsts.push_back(first);
        state.SetIterationTime(times.back() / 1e3);
    }
    std::sort(times.begin(), times.end());
    std::sort(firsts.begin(), firsts.end());
    state.counters["median_ms"] = times[times.size() / 2];
    state.counters["max_ms"] = times.back();
    state.counters["first_ms"] = firsts[firsts.size() / 2];
    state.counters["tokens"] = static_cast<double>(windows.scored_tokens());
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    std::string folder = RANKSCOPE_SOURCE_DIR "/resources/models/books-delta";
    std::string text = RANKSCOPE_SOURCE_DIR "/resources/texts/the-lighthouse-ledger.txt";
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        if (option.starts_with("--model=")) folder = option.substr(8);
        else if (option.starts_with("--text=")) text = option.substr(7);
        else if (option.starts_with("--threads=")) threads = std::max(1, std::atoi(option.c_str() + 10));
        else return std::fprintf(stderr, "live_evaluation_benchmark: unknown option %s\n", argv[i]), 2;
    }
    try {
        const ModelFolder source = ModelFolder::open(folder);
        const auto model = load_model(source, {"cpu", "float32", threads}, {});
        const auto tokenizer = Tokenizer::open(source.path(), source.config().vocab_size);
        const TokenWindows windows = read_text_windows(text, *tokenizer, {});
        std::printf("model %s, text %s, %d threads\n", folder.c_str(), text.c_str(), threads);
        auto* each = benchmark::RegisterBenchmark("one layer changes", [&](benchmark::State& state) {
            one_change(state, *model, source.parameters(), windows);
        });
        each->ArgName("layer")->UseManualTime()->Unit(benchmark::kMillisecond)->Iterations(8);
        for (std::size_t l = 0; l < model->config().layers.size(); ++l) {
            if (model->config().layers[l].prunable()) each->Arg(static_cast<std::int64_t>(l));
        }
        benchmark::RunSpecifiedBenchmarks();
    } catch (const Error& e) {
        std::fprintf(stderr, "live_evaluation_benchmark: %s\n", e.what());
        return 3;
    }
    return 0;
}
