// SPDX-License-Identifier: Apache-2.0
// Full spectra of 1,000 square states: singular_values (float64) against LibTorch's svdvals in float32 and float64, on the same
// threads, in turn within one run, and the results compared. The ratios are LibTorch's time by ours.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/base/random.hpp"
#include "core/spectra/singular_values.hpp"
#include "kernels/parallel.hpp"

namespace {

constexpr std::int64_t kStates = 1000;
constexpr int kRounds = 3;

// Decaying sums of outer products with unit keys, as a recurrence with forgetting leaves them.
std::vector<float> states(std::int64_t width) {
    rankscope::Random random(11);
    std::vector<float> all;
    std::vector<float> state(static_cast<std::size_t>(width * width), 0.0F);
    const auto draw = [&](std::vector<float>& vector) {
        for (float& x : vector) x = static_cast<float>(random.normal());
    };
    std::vector<float> key(static_cast<std::size_t>(width));
    std::vector<float> value(key);
    while (std::ssize(all) < kStates * width * width) {
        for (int token = 0; token < 4; ++token) {
            draw(key);
            draw(value);
            float square = 0;
            for (const float x : key) square += x * x;
            for (std::size_t k = 0; k < key.size(); ++k) {
                for (std::size_t v = 0; v < value.size(); ++v) {
                    float& entry = state[k * value.size() + v];
                    entry = 0.98F * entry + key[k] / std::sqrt(square) * value[v];
                }
            }
        }
        all.insert(all.end(), state.begin(), state.end());
    }
    return all;
}

template <class Work>
double seconds(const Work& work) {
    const auto began = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

void spectra(benchmark::State& run) {
    const std::int64_t width = run.range(0);
    const auto threads = static_cast<int>(run.range(1));
    at::InferenceMode inference;
    at::set_num_threads(threads);
    rankscope::kernels::set_threads(threads);
    std::vector<float> data = states(width);
    const at::Tensor single = at::from_blob(data.data(), {kStates, width, width}, at::kFloat);
    const at::Tensor exact = single.to(at::kDouble);
    std::vector<double> sigma(static_cast<std::size_t>(kStates * width));
    at::Tensor of_single;
    at::Tensor of_exact;
    double ours = 1e30, torch_single = 1e30, torch_exact = 1e30;
    for ([[maybe_unused]] auto iteration : run) {
        for (int round = 0; round < kRounds; ++round) {
            ours = std::min(ours, seconds([&] { rankscope::singular_values(data, kStates, width, width, sigma); }));
            torch_single = std::min(torch_single, seconds([&] { of_single = at::linalg_svdvals(single); }));
            torch_exact = std::min(torch_exact, seconds([&] { of_exact = at::linalg_svdvals(exact); }));
        }
        run.SetIterationTime(ours);
    }
    const at::Tensor found = at::from_blob(sigma.data(), {kStates, width}, at::kDouble);
    const at::Tensor first = of_exact.narrow(1, 0, 1);
    const double error = ((found - of_exact).abs() / first).max().item<double>();
    if (!(error < 1e-12)) run.SkipWithError("results differ from svdvals in float64");
    run.counters["error_vs_f64"] = error;
    run.counters["torch_f32_error"] = ((of_single.to(at::kDouble) - of_exact).abs() / first).max().item<double>();
    run.counters["us_per_state"] = ours / kStates * 1e6;
    run.counters["torch_f32_us"] = torch_single / kStates * 1e6;
    run.counters["torch_f64_us"] = torch_exact / kStates * 1e6;
    run.counters["ratio_f32"] = torch_single / ours;
    run.counters["ratio_f64"] = torch_exact / ours;
}

BENCHMARK(spectra)->ArgNames({"width", "threads"})->ArgsProduct({{64, 96, 128, 256}, {1, 2}})->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
