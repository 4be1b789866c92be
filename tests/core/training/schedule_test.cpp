// SPDX-License-Identifier: Apache-2.0
#include "core/training/schedule.hpp"

#include <gtest/gtest.h>

namespace rankscope {
namespace {

TEST(Schedule, WarmsUpLinearlyThenFallsAlongACosine) {
    const Schedule s{10, 110, 0.1};
    EXPECT_DOUBLE_EQ(s.factor(0), 0.1);
    EXPECT_DOUBLE_EQ(s.factor(4), 0.5);
    EXPECT_DOUBLE_EQ(s.factor(9), 1.0);
    EXPECT_LT(s.factor(10), 1.0);
    for (int step = 10; step < 109; ++step) EXPECT_GT(s.factor(step), s.factor(step + 1)) << step;
    EXPECT_GT(s.factor(109), 0.1);
    EXPECT_NEAR(s.factor(109), 0.1, 1e-3);
    EXPECT_DOUBLE_EQ(s.factor(110), 0.1);
    EXPECT_DOUBLE_EQ(s.factor(100000), 0.1);
    // Halfway: (1 + f) / 2. Steps 10 to 109 lie between 1 and f in 101 parts.
    const Schedule half{0, 9, 0.5};
    EXPECT_DOUBLE_EQ(half.factor(4), 0.75);
}

TEST(Schedule, StaysUpWhileTheEndIsUnknown) {
    const Schedule s{2, 0, 0};
    EXPECT_DOUBLE_EQ(s.factor(0), 0.5);
    EXPECT_DOUBLE_EQ(s.factor(1), 1);
    EXPECT_DOUBLE_EQ(s.factor(1'000'000), 1);
}

TEST(Schedule, IsDefinedForShortRuns) {
    EXPECT_DOUBLE_EQ((Schedule{0, 1, 0}.factor(0)), 0.5);
    const Schedule longer_warmup{30, 5, 0};
    for (int step = 0; step < 5; ++step) EXPECT_DOUBLE_EQ(longer_warmup.factor(step), (step + 1) / 30.0);
}

}  // namespace
}  // namespace rankscope
