// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace rankscope::kernels {

/// Runs body(begin, end) over a partition of [0, count) on at most threads() threads and waits for all of them.
/// `grain`: least number of items worth a thread. The body must not throw.
void parallel_for(std::int64_t count, std::int64_t grain, const std::function<void(std::int64_t, std::int64_t)>& body);

/// Number of threads parallel_for uses (default: hardware threads).
void set_threads(int threads);
[[nodiscard]] int threads() noexcept;

/// A host with a pool of its own (LibTorch) runs the work on it, so that two pools never fight for the cores.
using ParallelRunner = void (*)(std::int64_t count, std::int64_t grain,
                                const std::function<void(std::int64_t, std::int64_t)>& body);
void set_parallel_runner(ParallelRunner runner) noexcept;

}  // namespace rankscope::kernels
