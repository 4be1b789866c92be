// SPDX-License-Identifier: Apache-2.0
// What narrower keys save when nothing is in the cache: the chosen kernel at K against itself at K = 128, and against the
// mere copying of v to out, which is the same for every K. Before each call the caches are emptied by writing to a large array;
// every iteration runs all of them in turn, so that whatever else the machine does hits all.
//
//   narrow_keys_benchmark [--threads=N] [Google Benchmark's options]
//
// Time is that of the kernel at K. Counters: to_K128 = median of the ratios of the iterations; warm_to_K128 = the same for one
// head and 256 tokens that stay in the cache; us/token/head of the kernel and of two copies (best iteration): row after row,
// and head after head in rows of V floats, HV·V apart, as one head sees them.
#include "kernels/delta_rule.hpp"
#include "kernels/parallel.hpp"
#include "tests/benchmarks/threads_option.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using rankscope::kernels::DeltaRuleArgs;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kTokens = 2048, kHeads = 16, kV = 128;
constexpr std::int64_t kWarmTokens = 256;

// As LibTorch's: rows begin with a cache line.
template <class T>
struct LineAllocator {
    using value_type = T;

    LineAllocator() = default;

    template <class U>
    LineAllocator(const LineAllocator<U>&) {}

    T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{64})); }

    void deallocate(T* memory, std::size_t) { ::operator delete(memory, std::align_val_t{64}); }

    bool operator==(const LineAllocator&) const { return true; }
};

using Floats = std::vector<float, LineAllocator<float>>;

class Problem {
public:
    explicit Problem(std::int64_t K) : K_(K) {
        std::mt19937 random(1);
        std::normal_distribution<float> draw;
        const auto normal = [&](std::int64_t count) {
            Floats x(static_cast<std::size_t>(count));
            for (float& value : x) value = draw(random);
            return x;
        };
        const auto unit_rows = [&] {
            Floats x = normal(kTokens * kHeads * K);
            for (auto row = x.begin(); row != x.end(); row += K) {
                float squares = 0;
                for (auto at = row; at != row + K; ++at) squares += *at * *at;
                for (auto at = row; at != row + K; ++at) *at /= std::sqrt(squares);
            }
            return x;
        };
        q_ = unit_rows();
        k_ = unit_rows();
        v_ = normal(kTokens * kHeads * kV);
        beta_ = normal(kTokens * kHeads);
        g_ = beta_;
        for (float& x : beta_) x = 1 / (1 + std::exp(-x));
        for (float& x : g_) x = -0.25F * std::log1p(std::exp(x));
        out_.resize(v_.size());
    }

    void run(std::int64_t tokens, std::int64_t heads) {
        DeltaRuleArgs<float> a;
        a.B = 1;
        a.T = tokens;
        a.H = a.HV = heads;
        a.K = K_;
        a.V = kV;
        a.scale = 1 / std::sqrt(static_cast<float>(K_));
        a.q = q_.data();
        a.k = k_.data();
        a.v = v_.data();
        a.beta = beta_.data();
        a.g = g_.data();
        a.out = out_.data();
        rankscope::kernels::delta_rule(a);
    }

    void copy_rows() { copy(kTokens, kHeads * kV, kHeads * kV, 1); }

    void copy_heads() { copy(kHeads, kV, kV, kTokens); }

private:
    // `count` pieces of work, each `rows` rows of `width` floats; `step` floats from one piece to the next.
    void copy(std::int64_t count, std::int64_t step, std::int64_t width, std::int64_t rows) {
        rankscope::kernels::parallel_for(count, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                for (std::int64_t r = 0; r < rows; ++r) {
                    const std::int64_t at = i * step + r * kHeads * kV;
                    std::memcpy(out_.data() + at, v_.data() + at, static_cast<std::size_t>(width) * sizeof(float));
                }
            }
        });
    }

    std::int64_t K_;
    Floats q_, k_, v_, beta_, g_, out_;
};

// More than any last-level cache this is likely to meet.
void empty_caches() {
    static std::vector<float> other(std::size_t{48} << 20);
    for (std::size_t i = 0; i < other.size(); i += 16) other[i] += 1;
    benchmark::ClobberMemory();
}

template <class Work>
double seconds(bool cold, const Work& work) {
    if (cold) empty_caches();
    const auto begin = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> x) {
    std::nth_element(x.begin(), x.begin() + std::ssize(x) / 2, x.end());
    return x[x.size() / 2];
}

void keys(benchmark::State& state) {
    Problem narrow(state.range(0)), wide(128);
    std::vector<double> times, ratios, warm;
    double rows = 1e30, heads = 1e30;
    for (auto _ : state) {
        const double a = seconds(true, [&] { narrow.run(kTokens, kHeads); });
        const double b = seconds(true, [&] { wide.run(kTokens, kHeads); });
        rows = std::min(rows, seconds(true, [&] { narrow.copy_rows(); }));
        heads = std::min(heads, seconds(true, [&] { narrow.copy_heads(); }));
        times.push_back(a);
        ratios.push_back(a / b);
        double warm_narrow = 1e30, warm_wide = 1e30;
        for (int i = 0; i < 10; ++i) {
            warm_narrow = std::min(warm_narrow, seconds(false, [&] { narrow.run(kWarmTokens, 1); }));
            warm_wide = std::min(warm_wide, seconds(false, [&] { wide.run(kWarmTokens, 1); }));
        }
        warm.push_back(warm_narrow / warm_wide);
        state.SetIterationTime(a);
    }
    constexpr double kUnit = 1e6 / static_cast<double>(kTokens * kHeads);
    state.counters["to_K128"] = median(ratios);
    state.counters["warm_to_K128"] = median(warm);
    state.counters["us"] = *std::min_element(times.begin(), times.end()) * kUnit;
    state.counters["copy_rows_us"] = rows * kUnit;
    state.counters["copy_heads_us"] = heads * kUnit;
}

BENCHMARK(keys)->ArgName("K")->DenseRange(16, 112, 16)->Arg(128)->Iterations(25)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    const std::optional<int> threads = rankscope::benchmarks::start(argc, argv);
    if (!threads) return 2;
    rankscope::kernels::set_threads(*threads);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
