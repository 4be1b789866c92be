// SPDX-License-Identifier: Apache-2.0
#include "kernels/peak_probe.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace rankscope::kernels {
namespace {

// No work that goes through memory or waits for itself may beat the probe.
TEST(PeakProbe, IsAboveADependentChainAndBelowWhatNoProcessorReaches) {
    const double peak = measure_fma_peak(1);
    float x = 0;
    constexpr int kRounds = 1'000'000;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) {
        x = x * 0.999F + 0.001F;
        asm volatile("" : : "m"(x));
    }
    const double chain = 2e-9 * kRounds / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_GT(peak, 2 * chain);
    EXPECT_LT(peak, 2000);
}

TEST(PeakProbe, MeasuresMemoryToo) {
    const MachinePeaks peaks = measure_peaks(2);
    EXPECT_EQ(peaks.threads, 2);
    EXPECT_GT(peaks.fma_one, 0.1);
    EXPECT_GT(peaks.fma_all, 0.1);
    EXPECT_GT(peaks.read_one, 0.1);
    EXPECT_GT(peaks.read_all, 0.1);
    EXPECT_LT(peaks.read_one, 1000);
    EXPECT_LT(peaks.read_all, 2000);
}

}  // namespace
}  // namespace rankscope::kernels
