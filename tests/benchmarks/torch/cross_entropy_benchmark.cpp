// SPDX-License-Identifier: Apache-2.0
// Loss and arg max of the next token: kernels::cross_entropy against the LibTorch composition that writes the logits of 256 rows
// at a time (linear, logsumexp, gather, argmax), on the same threads, in turn within one run, after the two were compared.
//
//   cross_entropy_benchmark [--threads=N] [Google Benchmark's options]
//
// Time is ours. Counters: torch/ours = median of the ratios of the iterations; torch_ms; GF/s of ours (2 · rows · width ·
// vocabulary); peak_MB: how far resident memory rose during the first call of
// each.
#include "kernels/cross_entropy.hpp"
#include "kernels/parallel.hpp"
#include "tests/benchmarks/threads_option.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

template <class Work>
double seconds(const Work& work) {
    const auto begin = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A line of /proc/self/status in MB.
double status_megabytes(const std::string& name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
    }
    return 0;
}

// How far the peak of resident memory rises above what is resident before.
template <class Work>
double peak_megabytes(const Work& work) {
    std::ofstream("/proc/self/clear_refs") << '5';  // resets the peak
    const double before = status_megabytes("VmRSS");
    work();
    return status_megabytes("VmHWM") - before;
}

struct Problem {
    at::Tensor hidden, weight, targets, nll, best;

    Problem(std::int64_t rows, std::int64_t width, std::int64_t vocabulary)
        : hidden(at::randn({rows, width})), weight(at::randn({vocabulary, width}) * 0.1), targets(at::randint(vocabulary, {rows}, at::kLong)),
          nll(at::empty({rows})), best(at::empty({rows}, at::kLong)) {}

    void ours() const {
        rankscope::kernels::CrossEntropyArgs<float, std::int64_t> a;
        a.rows = hidden.size(0);
        a.width = hidden.size(1);
        a.vocabulary = weight.size(0);
        a.hidden = hidden.const_data_ptr<float>();
        a.weight = weight.const_data_ptr<float>();
        a.targets = targets.const_data_ptr<std::int64_t>();
        a.nll = nll.data_ptr<float>();
        a.argmax = best.data_ptr<std::int64_t>();
        benchmark::DoNotOptimize(rankscope::kernels::cross_entropy(a));
    }

    // Losses, and how many tokens were the arg max.
    std::pair<at::Tensor, at::Tensor> torch() const {
        constexpr std::int64_t kRows = 256;
        std::vector<at::Tensor> losses, correct;
        for (std::int64_t begin = 0; begin < hidden.size(0); begin += kRows) {
            const std::int64_t rows = std::min(kRows, hidden.size(0) - begin);
            const at::Tensor logits = at::linear(hidden.narrow(0, begin, rows), weight), target = targets.narrow(0, begin, rows);
            losses.push_back(at::logsumexp(logits, {1}) - logits.gather(1, target.unsqueeze(1)).squeeze(1));
            correct.push_back(logits.argmax(1) == target);
        }
        return {at::cat(losses, 0), at::cat(correct, 0)};
    }
};

void run(benchmark::State& state) {
    const c10::InferenceMode inference;
    at::manual_seed(1);
    const Problem problem(state.range(0), state.range(1), state.range(2));
    const double peak = peak_megabytes([&] { problem.ours(); });
    std::pair<at::Tensor, at::Tensor> composed;
    const double torch_peak = peak_megabytes([&] { composed = problem.torch(); });
    const at::Tensor& losses = composed.first;
    const double error = (losses - problem.nll).abs().max().item<double>();
    if (!(error < 1e-4)) {
        state.SkipWithError(("losses differ by " + std::to_string(error)).c_str());
        return;
    }
    double ours = 1e30, torch = 1e30;
    std::vector<double> ratios;
    for (auto _ : state) {
        const double a = seconds([&] { problem.ours(); });
        const double b = seconds([&] { benchmark::DoNotOptimize(problem.torch()); });
        ours = std::min(ours, a);
        torch = std::min(torch, b);
        ratios.push_back(b / a);
        state.SetIterationTime(a);
    }
    std::nth_element(ratios.begin(), ratios.begin() + std::ssize(ratios) / 2, ratios.end());
    state.counters["torch/ours"] = ratios[ratios.size() / 2];
    state.counters["best_ms"] = ours * 1e3;
    state.counters["torch_ms"] = torch * 1e3;
    state.counters["GF/s"] = 2e-9 * static_cast<double>(state.range(0) * state.range(1) * state.range(2)) / ours;
    state.counters["peak_MB"] = peak;
    state.counters["torch_peak_MB"] = torch_peak;
    state.counters["difference"] = error;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<int> threads = rankscope::benchmarks::start(argc, argv);
    if (!threads) return 2;
    at::set_num_threads(*threads);
    rankscope::kernels::set_threads(*threads);
    benchmark::RegisterBenchmark("cross_entropy", &run)
        ->ArgNames({"rows", "width", "vocabulary"})
        ->Args({1, 192, 4096})
        ->Args({511, 128, 174})
        ->Args({511, 192, 4096})
        ->Args({2044, 192, 4096})
        ->Args({511, 1024, 32000})
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
