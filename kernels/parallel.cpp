// SPDX-License-Identifier: Apache-2.0
#include "kernels/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace rankscope::kernels {
namespace {

std::atomic<int> thread_count{0};

// Plain threads, started per call: this runner serves tests, tools and the window; the engine installs LibTorch's pool.
void run_on_threads(std::int64_t count, std::int64_t grain,
                    const std::function<void(std::int64_t, std::int64_t)>& body) {
    const std::int64_t most = std::max<std::int64_t>(1, count / std::max<std::int64_t>(1, grain));
    const std::int64_t parts = std::min<std::int64_t>(threads(), most);
    std::vector<std::jthread> workers;
    workers.reserve(static_cast<std::size_t>(parts));
    for (std::int64_t i = 1; i < parts; ++i) {
        workers.emplace_back([&, i] { body(count * i / parts, count * (i + 1) / parts); });
    }
    body(0, count / parts);  // the jthreads join on return
}

std::atomic<ParallelRunner> runner{&run_on_threads};

}  // namespace

void parallel_for(std::int64_t count, std::int64_t grain,
                  const std::function<void(std::int64_t, std::int64_t)>& body) {
    if (count <= 0) return;
    if (count <= grain || threads() == 1) {
        body(0, count);
        return;
    }
    runner.load()(count, grain, body);
}

void set_threads(int value) {
    thread_count = value;
}

int threads() noexcept {
    const int chosen = thread_count;
    return chosen > 0 ? chosen : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void set_parallel_runner(ParallelRunner value) noexcept {
    runner = value ? value : &run_on_threads;
}

}  // namespace rankscope::kernels
