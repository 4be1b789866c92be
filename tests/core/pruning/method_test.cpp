// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/method.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace rankscope {
namespace {

TEST(Method, EveryOneHasATitleOfItsOwn) {
    std::set<std::string> titles;
    for (const Method& method : methods()) {
        const std::string title = title_of(std::string(method.name));
        EXPECT_FALSE(title.empty());
        EXPECT_NE(title, method.name);
        EXPECT_TRUE(titles.insert(title).second) << title;
    }
    EXPECT_EQ(title_of("drrqr-normalised"), "DRRQR normalised");
}

TEST(Method, AnUnknownOneIsCalledByItsName) {
    EXPECT_EQ(title_of("magic"), "magic");
}

}  // namespace
}  // namespace rankscope
