// SPDX-License-Identifier: Apache-2.0
// Delta rule, prefill: every implementation against the chunked ATen composition (all heads and chunks batched, chunk 64,
// no gradients, the same number of threads). Each iteration runs both, one after the other, so that whatever else the
// machine does hits both; their outputs are compared before the first one.
//
//   delta_rule_benchmark [--threads=N] [Google Benchmark's options]
//
// Time is ours. Counters: aten_ms; aten/ours = median of the ratios of the iterations; us/token/head; GF/s counting
// 7·K·V flop per token and value head; peak% of the FMA peak measured at the start with the same threads.
#include "core/model/internal/mixer_aten.hpp"
#include "kernels/delta_rule.hpp"
#include "kernels/parallel.hpp"
#include "kernels/peak_probe.hpp"
#include "tests/benchmarks/threads_option.hpp"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using rankscope::kernels::DeltaRuleArgs;
using rankscope::kernels::DeltaRuleImplementation;
using Clock = std::chrono::steady_clock;

double peak_flops = 0;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> x) {
    std::nth_element(x.begin(), x.begin() + std::ssize(x) / 2, x.end());
    return x[x.size() / 2];
}

struct Shape {
    std::int64_t T, heads, K, V;
    bool gate;
};

class Problem {
public:
    explicit Problem(const Shape& s) : shape_(s) {
        const auto unit = [](const at::Tensor& x) { return x / at::norm(x, 2, -1, true); };
        q_ = unit(at::randn({1, s.T, s.heads, s.K}));
        k_ = unit(at::randn({1, s.T, s.heads, s.K}));
        v_ = at::randn({1, s.T, s.heads, s.V});
        beta_ = at::rand({1, s.T, s.heads});
        if (s.gate) g_ = at::log_sigmoid(at::rand({1, s.T, s.heads})) * 0.25;
        out_ = at::zeros_like(v_);
        final_ = at::zeros({1, s.heads, s.K, s.V});
    }

    rankscope::internal::MixerResult aten() const {
        return rankscope::internal::delta_rule_aten(q_, k_, v_, beta_, g_, 1 / std::sqrt(static_cast<double>(shape_.K)), {});
    }

    DeltaRuleArgs<float> ours() const {
        DeltaRuleArgs<float> a;
        a.B = 1;
        a.T = shape_.T;
        a.H = a.HV = shape_.heads;
        a.K = shape_.K;
        a.V = shape_.V;
        a.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(shape_.K)));
        a.q = q_.const_data_ptr<float>();
        a.k = k_.const_data_ptr<float>();
        a.v = v_.const_data_ptr<float>();
        a.beta = beta_.const_data_ptr<float>();
        a.g = g_.defined() ? g_.const_data_ptr<float>() : nullptr;
        a.out = out_.data_ptr<float>();
        a.final_state = final_.data_ptr<float>();
        return a;
    }

    // Largest difference over the largest value, outputs and final states.
    double disagreement(const rankscope::internal::MixerResult& r) const {
        const auto error = [](const at::Tensor& a, const at::Tensor& b) {
            return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
        };
        return std::max(error(out_, r.out), error(final_, r.final_state));
    }

private:
    Shape shape_;
    at::Tensor q_, k_, v_, beta_, g_, out_, final_;
};

void run(benchmark::State& state, const DeltaRuleImplementation* kernel, const Shape& shape) {
    const c10::InferenceMode inference;
    at::manual_seed(1);
    const Problem problem(shape);
    const auto args = problem.ours();
    const DeltaRuleImplementation& chosen = kernel != nullptr ? *kernel : rankscope::kernels::choose_delta_rule(args);
    chosen.run(args);
    const double error = problem.disagreement(problem.aten());
    if (!(error < 1e-4)) {
        state.SkipWithError(("disagrees with ATen by " + std::to_string(error)).c_str());
        return;
    }
    std::vector<double> ours, aten, ratios;
    for (auto _ : state) {
        auto begin = Clock::now();
        chosen.run(args);
        ours.push_back(seconds_since(begin));
        begin = Clock::now();
        benchmark::DoNotOptimize(problem.aten());
        aten.push_back(seconds_since(begin));
        ratios.push_back(aten.back() / ours.back());
        state.SetIterationTime(ours.back());
    }
    const double token_heads = static_cast<double>(shape.T * shape.heads);
    const double best = *std::min_element(ours.begin(), ours.end());
    const double flops = 7.0 * static_cast<double>(shape.K * shape.V) * token_heads / best;
    state.counters["best_ms"] = best * 1e3;
    state.counters["aten_ms"] = *std::min_element(aten.begin(), aten.end()) * 1e3;
    state.counters["aten/ours"] = median(ratios);
    state.counters["us/token/head"] = best * 1e6 / token_heads;
    state.counters["GF/s"] = flops * 1e-9;
    state.counters["peak%"] = 100 * flops / peak_flops;
    state.SetLabel(std::string(chosen.name));
}

void add(const std::string& name, const DeltaRuleImplementation* kernel, const Shape& s) {
    const std::string full = name + "/T" + std::to_string(s.T) + "/heads" + std::to_string(s.heads) + "/K" + std::to_string(s.K) + "/V"
                             + std::to_string(s.V) + (s.gate ? "/gated" : "/plain");
    benchmark::RegisterBenchmark(full.c_str(), [kernel, s](benchmark::State& state) { run(state, kernel, s); })
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<int> threads = rankscope::benchmarks::start(argc, argv);
    if (!threads) return 2;
    at::set_num_threads(*threads);
    rankscope::kernels::set_threads(*threads);
    peak_flops = 1e9 * rankscope::kernels::measure_fma_peak(*threads);
    std::printf("%d thread(s), FMA peak %.1f GF/s\n", *threads, peak_flops * 1e-9);

    for (const bool gate : {true, false}) {
        for (const std::int64_t width : {64, 128}) {
            for (const auto& kernel : rankscope::kernels::delta_rule_implementations()) {
                add(std::string(kernel.name), &kernel, {2048, 16, width, width, gate});
            }
        }
    }
    add("chosen", nullptr, {4096, 16, 128, 128, true});
    // V fixed: narrower keys must cost less.
    for (const std::int64_t K : {128, 112, 96, 80, 64, 48, 40, 32, 24, 16, 13}) add("keys", nullptr, {2048, 16, K, 128, true});
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
