// SPDX-License-Identifier: Apache-2.0
#include "kernels/peak_probe.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <new>
#include <thread>
#include <vector>

namespace rankscope::kernels {
namespace {

using Clock = std::chrono::steady_clock;

// Twelve chains in registers: `asm` keeps them there and keeps the compiler from computing ahead. Returns operations.
#define RANKSCOPE_FMA_LOOP(lanes)                                                                                    \
    typedef float Vec __attribute__((vector_size(4 * (lanes))));                                                     \
    Vec a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{}, j{}, k{}, l{};                                                  \
    const Vec x = Vec{} + 0.999F, y = Vec{} + 0.001F;                                                                \
    for (std::int64_t n = 0; n < rounds; ++n) {                                                                      \
        a = a * x + y, b = b * x + y, c = c * x + y, d = d * x + y, e = e * x + y, f = f * x + y;                    \
        g = g * x + y, h = h * x + y, i = i * x + y, j = j * x + y, k = k * x + y, l = l * x + y;                    \
        asm volatile("" : "+v"(a), "+v"(b), "+v"(c), "+v"(d), "+v"(e), "+v"(f), "+v"(g), "+v"(h), "+v"(i), "+v"(j)); \
    }                                                                                                                \
    volatile float total = (a + b + c + d + e + f + g + h + i + j + k + l)[0];                                       \
    static_cast<void>(total);                                                                                        \
    return static_cast<double>(rounds) * 12 * 2 * (lanes)

#if defined(__x86_64__)
__attribute__((target("avx512f,fma"), optimize("fp-contract=fast"))) double fma_loop_512(std::int64_t rounds) {
    RANKSCOPE_FMA_LOOP(16);
}

__attribute__((target("avx2,fma"), optimize("fp-contract=fast"))) double fma_loop_256(std::int64_t rounds) {
    RANKSCOPE_FMA_LOOP(8);
}

double fma_loop_128(std::int64_t rounds) {
    RANKSCOPE_FMA_LOOP(4);
}
#else
// Other processors: what the compiler makes of the same chains ("+v" is a constraint of x86).
double fma_loop_128(std::int64_t rounds) {
    typedef float Vec __attribute__((vector_size(16)));
    Vec chains[12] = {};
    for (std::int64_t n = 0; n < rounds; ++n) {
        for (Vec& chain : chains) chain = chain * 0.999F + 0.001F;
        asm volatile("" : : "r"(chains) : "memory");
    }
    return static_cast<double>(rounds) * 12 * 2 * 4;
}
#endif

// Runs work(i) on `threads` threads at once; seconds.
template <class Work>
double together(int threads, const Work& work) {
    const auto begin = Clock::now();
    {
        std::vector<std::jthread> workers;
        for (int i = 1; i < threads; ++i) workers.emplace_back([&, i] { work(i); });
        work(0);
    }
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The best of some runs of GB/s over parts of one array.
double read_speed(const std::vector<std::uint64_t>& data, int threads) {
    double best = 0;
    std::vector<std::uint64_t> sums(static_cast<std::size_t>(threads) * 8);  // a cache line each
    for (int repeat = 0; repeat < 4; ++repeat) {
        const double seconds = together(threads, [&](int i) {
            const std::size_t begin = data.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(threads);
            const std::size_t end = data.size() * static_cast<std::size_t>(i + 1) / static_cast<std::size_t>(threads);
            std::uint64_t sum[8] = {};
            for (std::size_t at = begin; at + 8 <= end; at += 8) {
                for (std::size_t n = 0; n < 8; ++n) sum[n] += data[at + n];
            }
            for (const std::uint64_t part : sum) sums[static_cast<std::size_t>(i) * 8] += part;
        });
        best = std::max(best, static_cast<double>(data.size() * sizeof data[0]) / seconds * 1e-9);
    }
    volatile std::uint64_t used = sums[0];
    static_cast<void>(used);
    return best;
}

std::vector<std::uint64_t> large_array() {
    for (std::size_t bytes = std::size_t{512} << 20; bytes >= std::size_t{16} << 20; bytes /= 2) {
        try {
            // Written, so that every page is its own.
            return std::vector<std::uint64_t>(bytes / sizeof(std::uint64_t), 1);
        } catch (const std::bad_alloc&) {
        }
    }
    throw std::bad_alloc();
}

}  // namespace

double measure_fma_peak(int threads) {
    double (*loop)(std::int64_t) = &fma_loop_128;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) loop = &fma_loop_256;
    if (__builtin_cpu_supports("avx512f")) loop = &fma_loop_512;
#endif
    double best = 0;
    for (int repeat = 0; repeat < 20; ++repeat) {
        std::vector<double> operations(static_cast<std::size_t>(threads));
        const double seconds = together(threads, [&](int i) { operations[static_cast<std::size_t>(i)] = loop(1'000'000); });
        double sum = 0;
        for (const double n : operations) sum += n;
        best = std::max(best, sum / seconds * 1e-9);
    }
    return best;
}

MachinePeaks measure_peaks(int threads) {
    const std::vector<std::uint64_t> data = large_array();
    return {threads, measure_fma_peak(1), measure_fma_peak(threads), read_speed(data, 1), read_speed(data, threads)};
}

}  // namespace rankscope::kernels
