// SPDX-License-Identifier: Apache-2.0
// Gradient of the delta rule: the chunked implementation of each instruction set against the recurrent one of the same set.
// Every iteration runs both, one after the other, so that whatever else the machine does hits both; their results are
// compared first.
//
//   delta_rule_backward_benchmark [--threads=N] [Google Benchmark's options]
//
// Time is that of the chunked one. Counters: recurrent/chunked = median of the ratios of the iterations; us/token/head of
// both (best iteration).
#include "kernels/delta_rule.hpp"
#include "kernels/parallel.hpp"
#include "tests/benchmarks/threads_option.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using rankscope::kernels::DeltaRuleBackwardArgs;
using rankscope::kernels::DeltaRuleImplementation;
using Clock = std::chrono::steady_clock;

struct Shape {
    std::int64_t T, heads, K, V;
    bool gate;
};

class Problem {
public:
    explicit Problem(const Shape& s) : shape_(s), random_(1) {
        const std::int64_t rows = s.T * s.heads;
        q_ = unit_rows(rows, s.K);
        k_ = unit_rows(rows, s.K);
        v_ = normal(rows * s.V);
        d_out_ = normal(rows * s.V);
        beta_ = normal(rows);
        for (float& x : beta_)
            x = 1 / (1 + std::exp(-x));
        if (s.gate) g_ = normal(rows);
        for (float& x : g_)
            x = -0.25F * std::log1p(std::exp(x));
    }

    struct Gradients {
        std::vector<float> q, k, v, beta, g;
    };

    DeltaRuleBackwardArgs<float> arguments(Gradients& to) const {
        to.q.resize(q_.size());
        to.k.resize(k_.size());
        to.v.resize(v_.size());
        to.beta.resize(beta_.size());
        to.g.resize(g_.size());
        DeltaRuleBackwardArgs<float> w;
        auto& a = w.forward;
        a.B = 1;
        a.T = shape_.T;
        a.H = a.HV = shape_.heads;
        a.K = shape_.K;
        a.V = shape_.V;
        a.scale = 1 / std::sqrt(static_cast<float>(shape_.K));
        a.q = q_.data();
        a.k = k_.data();
        a.v = v_.data();
        a.beta = beta_.data();
        a.g = shape_.gate ? g_.data() : nullptr;
        w.d_out = d_out_.data();
        w.d_q = to.q.data();
        w.d_k = to.k.data();
        w.d_v = to.v.data();
        w.d_beta = to.beta.data();
        w.d_g = shape_.gate ? to.g.data() : nullptr;
        return w;
    }

private:
    std::vector<float> normal(std::int64_t count) {
        std::normal_distribution<float> draw;
        std::vector<float> x(static_cast<std::size_t>(count));
        for (float& value : x)
            value = draw(random_);
        return x;
    }

    std::vector<float> unit_rows(std::int64_t rows, std::int64_t width) {
        std::vector<float> x = normal(rows * width);
        for (auto row = x.begin(); row != x.end(); row += width) {
            float squares = 0;
            for (auto at = row; at != row + width; ++at)
                squares += *at * *at;
            for (auto at = row; at != row + width; ++at)
                *at /= std::sqrt(squares);
        }
        return x;
    }

    Shape shape_;
    std::mt19937 random_;
    std::vector<float> q_, k_, v_, beta_, g_, d_out_;
};

double disagreement(const std::vector<float>& a, const std::vector<float>& b) {
    double difference = 0, magnitude = 1e-30;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
        magnitude = std::max(magnitude, std::abs(static_cast<double>(b[i])));
    }
    return difference / magnitude;
}

double seconds(const DeltaRuleImplementation& kernel, const DeltaRuleBackwardArgs<float>& w) {
    const auto begin = Clock::now();
    kernel.run_backward(w);
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

void run(benchmark::State& state, const DeltaRuleImplementation& chunked, const DeltaRuleImplementation& recurrent,
         const Shape& shape) {
    const Problem problem(shape);
    Problem::Gradients mine, other;
    const auto ours = problem.arguments(mine), theirs = problem.arguments(other);
    chunked.run_backward(ours);
    recurrent.run_backward(theirs);
    const double error = std::max({disagreement(mine.q, other.q), disagreement(mine.k, other.k), disagreement(mine.v, other.v),
                                   disagreement(mine.beta, other.beta), disagreement(mine.g, other.g)});
    if (!(error < 2e-5)) {
        state.SkipWithError(("the two differ by " + std::to_string(error)).c_str());
        return;
    }
    double best = 1e30, best_recurrent = 1e30;
    std::vector<double> ratios;
    for (auto _ : state) {
        const double a = seconds(chunked, ours), b = seconds(recurrent, theirs);
        best = std::min(best, a);
        best_recurrent = std::min(best_recurrent, b);
        ratios.push_back(b / a);
        state.SetIterationTime(a);
    }
    std::nth_element(ratios.begin(), ratios.begin() + std::ssize(ratios) / 2, ratios.end());
    const double token_heads = static_cast<double>(shape.T * shape.heads);
    state.counters["recurrent/chunked"] = ratios[ratios.size() / 2];
    state.counters["us/token/head"] = best * 1e6 / token_heads;
    state.counters["recurrent_us"] = best_recurrent * 1e6 / token_heads;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<int> threads = rankscope::benchmarks::start(argc, argv);
    if (!threads) return 2;
    rankscope::kernels::set_threads(*threads);
    const auto all = rankscope::kernels::delta_rule_implementations();  // chunked, recurrent, chunked, …
    for (std::size_t i = 0; i + 1 < all.size(); i += 2) {
        for (const Shape& s : {Shape{1024, 4, 128, 128, true},
                               {1024, 4, 128, 128, false},
                               {2048, 4, 64, 64, true},
                               {2048, 4, 96, 128, true},
                               {2048, 4, 48, 128, true},
                               {2048, 4, 16, 128, true},
                               {2048, 4, 32, 32, true}}) {
            const std::string name = std::string(all[i].name) + "/T" + std::to_string(s.T) + "/heads" + std::to_string(s.heads)
                                     + "/K" + std::to_string(s.K) + "/V" + std::to_string(s.V) + (s.gate ? "/gated" : "/plain");
            benchmark::RegisterBenchmark(name.c_str(),
                                         [&all, i, s](benchmark::State& state) { run(state, all[i], all[i + 1], s); })
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond);
        }
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
