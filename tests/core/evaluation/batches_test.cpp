// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/batches.hpp"

#include <gtest/gtest.h>

#include <new>
#include <string>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

struct Seen {
    std::vector<std::vector<std::size_t>> parts;  // first, count of every attempt that fitted
    std::vector<std::string> warnings;

    [[nodiscard]] Progress progress() {
        Progress progress;
        progress.warn = [this](const std::string& text) { warnings.push_back(text); };
        return progress;
    }
};

TEST(ForEachBatch, HalvesUntilItFitsAndStaysThere) {
    Seen seen;
    int failed = 0;
    const std::vector<Batch> batches{{0, 8}, {8, 8}, {16, 1}};
    for_each_batch(batches, seen.progress(), [&](const Batch& batch) {
        if (batch.count > 3) {
            ++failed;
            throw Error(ErrorKind::Resource, "out of device memory");
        }
        seen.parts.push_back({batch.first, batch.count});
    });
    const std::vector<std::vector<std::size_t>> expected{{0, 2}, {2, 2}, {4, 2}, {6, 2}, {8, 2}, {10, 2}, {12, 2}, {14, 2}, {16, 1}};
    EXPECT_EQ(seen.parts, expected);
    EXPECT_EQ(failed, 2);
    ASSERT_EQ(seen.warnings.size(), 2U);
    EXPECT_EQ(seen.warnings[0], "memory ran out with 8 windows at once: going on with 4");
}

TEST(ForEachBatch, KnowsBadAlloc) {
    Seen seen;
    for_each_batch(std::vector<Batch>{{0, 3}}, seen.progress(), [&](const Batch& batch) {
        if (batch.count > 2) throw std::bad_alloc();
        seen.parts.push_back({batch.first, batch.count});
    });
    EXPECT_EQ(seen.parts, (std::vector<std::vector<std::size_t>>{{0, 2}, {2, 1}}));
}

TEST(ForEachBatch, OneWindowThatDoesNotFitIsTheError) {
    Seen seen;
    const auto never = [](const Batch&) { throw Error(ErrorKind::Resource, "out of device memory"); };
    try {
        for_each_batch(std::vector<Batch>{{0, 4}}, seen.progress(), never);
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Resource);
    }
    EXPECT_EQ(seen.warnings.size(), 2U);
}

TEST(ForEachBatch, OtherErrorsPassAtOnce) {
    Seen seen;
    int calls = 0;
    const auto wrong = [&](const Batch&) {
        ++calls;
        throw Error(ErrorKind::Input, "bad state");
    };
    EXPECT_THROW(for_each_batch(std::vector<Batch>{{0, 4}}, seen.progress(), wrong), Error);
    EXPECT_EQ(calls, 1);
    EXPECT_TRUE(seen.warnings.empty());
}

}  // namespace
}  // namespace rankscope
