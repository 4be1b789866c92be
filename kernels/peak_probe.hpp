// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rankscope::kernels {

/// What the processor reaches at best: what other speeds are percentages of.
struct MachinePeaks {
    int threads = 1;
    double fma_one = 0;   ///< GF/s of float32 multiply-adds (two each) in registers, one thread, widest instruction set
    double fma_all = 0;   ///< the same, all threads at once
    double read_one = 0;  ///< GB/s read from memory, one thread
    double read_all = 0;  ///< the same, all threads at once
};

/// Takes about half a second; the best of several short runs each. `threads` >= 1: threads of its own, whatever parallel_for
/// uses. Memory is read from an array of 512 MiB, larger than most last-level caches, or as much as there is: throws
/// std::bad_alloc where there are not even 16 MiB.
[[nodiscard]] MachinePeaks measure_peaks(int threads);

/// GF/s alone: some ten milliseconds.
[[nodiscard]] double measure_fma_peak(int threads);

}  // namespace rankscope::kernels
