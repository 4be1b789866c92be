// SPDX-License-Identifier: Apache-2.0
#include "core/base/index_list.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

using List = std::vector<std::int64_t>;

TEST(IndexList, ReadsSinglesRangesAndCountsFromTheEnd) {
    EXPECT_EQ(parse_index_list("0,2-5,-1", 9, "layer"), (List{0, 2, 3, 4, 5, 8}));
    EXPECT_EQ(parse_index_list("all", 3, "layer"), (List{0, 1, 2}));
    EXPECT_EQ(parse_index_list("3,1,3", 4, "layer"), (List{1, 3}));
    EXPECT_EQ(parse_index_list("-2--1", 4, "layer"), (List{2, 3}));
}

TEST(IndexList, RefusesWhatIsNotThere) {
    for (const char* text : {"", ",", "4", "-5", "2-1", "a", "1,", "1-", "0x1", "1 "}) {
        EXPECT_THROW((void)parse_index_list(text, 4, "layer"), Error) << text;
    }
}

}  // namespace
}  // namespace rankscope
