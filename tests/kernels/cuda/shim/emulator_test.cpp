// SPDX-License-Identifier: Apache-2.0
// What the emulator refuses that a GPU refuses, and what it computes that a GPU computes.
#include "kernels/cuda/shim/emulator.hpp"

#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/mma.cuh"
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace rankscope::simt {
namespace {

struct Pointers {
    char *from, *to;
};

constexpr std::size_t kShared = 1024;

void run(void (*kernel)(Pointers), Pointers p = {}, std::size_t shared = kShared) {
    EXPECT_EQ(cuda::launch(kernel, {}, 32, shared, nullptr, p), nullptr);
}

void load_rows_off_by(int elements) {
    std::uint32_t w[4];
    auto* row = reinterpret_cast<kernels::Bf16*>(shared_memory()) + thread() % 8 * 16 + elements;
    cuda::load_blocks<false>(w[0], w[1], w[2], w[3], row);
}

TEST(EmulatorDeathTest, RefusesRowsOfAMatrixThatAreNotAligned) {
    run([](Pointers) { load_rows_off_by(8); });
    EXPECT_DEATH(run([](Pointers) { load_rows_off_by(4); }), "not aligned");
    EXPECT_DEATH(run([](Pointers) { load_rows_off_by(1); }), "not aligned");
}

TEST(EmulatorDeathTest, RefusesRowsAndCopiesOutsideSharedMemory) {
    alignas(16) static char outside[32];
    EXPECT_DEATH(run([](Pointers) {
                     std::uint32_t w[4];
                     cuda::load_blocks<true>(w[0], w[1], w[2], w[3], reinterpret_cast<kernels::Bf16*>(outside));
                 }),
                 "not in shared memory");
    EXPECT_DEATH(run([](Pointers) { copy_async(outside, outside + 16); }), "not in shared memory");
    EXPECT_DEATH(run([](Pointers) { copy_async(shared_memory() + kShared - 8, outside); }), "not aligned");
}

TEST(EmulatorDeathTest, RefusesPairsThatAreNotAligned) {
    run([](Pointers) { cuda::put_pair(reinterpret_cast<float*>(shared_memory()) + 2 * thread(), 1, 2); });
    EXPECT_DEATH(run([](Pointers) { cuda::put_pair(reinterpret_cast<float*>(shared_memory()) + 1, 1, 2); }), "not aligned");
    EXPECT_DEATH(run([](Pointers) { cuda::put_pair(reinterpret_cast<kernels::Bf16*>(shared_memory()) + 1, 1, 2); }), "not aligned");
}

TEST(EmulatorDeathTest, RefusesMoreSharedMemoryThanTheGpuHas) {
    const auto nothing = [](Pointers) {};
    run(nothing, {}, std::size_t{227} << 10);
    EXPECT_DEATH(run(nothing, {}, (std::size_t{227} << 10) + 16), "more shared memory");
    EXPECT_DEATH(
        {
            emulator::set_shared_limit(99 << 10);
            run(nothing, {}, 100 << 10);
        },
        "more shared memory");
}

// A copy may arrive before whoever still reads its target is done.
TEST(Emulator, LetsCopiesArriveEarlyAndLate) {
    alignas(16) static char from[16] = {5}, seen[1];
    const auto kernel = [](Pointers) {
        char* to = shared_memory() + 16 * thread();
        *to = 1;
        copy_async(to, from);
        seen[0] = *to;
        commit_copies();
        wait_copies<0>();
        if (*to != 5) seen[0] = 0;
    };
    run(kernel);
    EXPECT_EQ(seen[0], 1);
    emulator::set_schedule(emulator::Schedule::Descending);
    run(kernel);
    emulator::set_schedule(emulator::Schedule::Ascending);
    EXPECT_EQ(seen[0], 5);
}

TEST(Emulator, CutsSumsOffAsTensorCoresDo) {
    const auto sum_of = [](float start, const std::vector<std::pair<float, float>>& products) {
        float sum[16][8] = {}, left[16][16] = {}, right[16][8] = {};
        sum[3][2] = start;
        for (std::size_t k = 0; k < products.size(); ++k) {
            left[3][k] = products[k].first;
            right[k][2] = products[k].second;
        }
        emulator::multiply_tile(sum, left, right);
        return sum[3][2];
    };
    EXPECT_EQ(sum_of(1, {{3, 5}, {-2, 0.5F}}), 15);
    EXPECT_EQ(sum_of(-0.75F, {}), -0.75F);
    // The last bit of the sum, and three quarters of it: rounded it would be one more.
    EXPECT_EQ(sum_of(1, {{0x1p-23F, 1}}), 1 + 0x1p-23F);
    EXPECT_EQ(sum_of(1, {{0x1.8p-24F, 1}}), 1);
    EXPECT_EQ(sum_of(-1, {{-0x1.8p-24F, 1}}), -1);
    // Two halves meet behind the last bit; two quarters are cut off before they can.
    EXPECT_EQ(sum_of(1, {{0x1p-24F, 1}, {0x1p-24F, 1}}), 1 + 0x1p-23F);
    EXPECT_EQ(sum_of(1, {{0x1p-25F, 1}, {0x1p-25F, 1}, {0x1p-25F, 1}, {0x1p-25F, 1}}), 1);
    // Small subnormal and large numbers; what is not finite.
    EXPECT_EQ(sum_of(0, {{0x1p-133F, 0x1p20F}}), 0x1p-113F);
    EXPECT_EQ(sum_of(0, {{0x1p100F, 0x1p27F}}), 0x1p127F);
    EXPECT_EQ(sum_of(0, {{0x1p100F, 0x1p28F}}), INFINITY);
    EXPECT_TRUE(std::isnan(sum_of(0, {{INFINITY, 0}})));
}

}  // namespace
}  // namespace rankscope::simt
