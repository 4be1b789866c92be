// SPDX-License-Identifier: Apache-2.0
#include "core/base/remaining.hpp"

#include <gtest/gtest.h>

namespace rankscope::test {
namespace {

TEST(Remaining, GoesOnAsFastAsSoFar) {
    EXPECT_DOUBLE_EQ(remaining_seconds(3, 1, 4), 9);
    EXPECT_DOUBLE_EQ(remaining_seconds(3, 0.25, 1), 9);
    EXPECT_DOUBLE_EQ(remaining_seconds(3, 4, 4), 0);
}

TEST(Remaining, IsUnknownAtFirst) {
    EXPECT_EQ(remaining_seconds(0.4, 1, 4), -1);
    EXPECT_EQ(remaining_seconds(10, 0, 4), -1);
}

}  // namespace
}  // namespace rankscope::test
