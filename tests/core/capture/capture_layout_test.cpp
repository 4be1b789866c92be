// SPDX-License-Identifier: Apache-2.0
#include "core/capture/capture_layout.hpp"

#include "tests/core/capture/sample_capture.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <numeric>

namespace rankscope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::Sample;

std::int64_t bytes_of(const std::vector<std::int64_t>& chunk) {
    return std::accumulate(chunk.begin(), chunk.end(), std::int64_t{4}, std::multiplies<>());
}

TEST(CaptureLayoutTest, LayerNamesHaveTwoDigitsAndThreeFromAHundredOn) {
    EXPECT_EQ(layer_name(0), "layer_00");
    EXPECT_EQ(layer_name(47), "layer_47");
    EXPECT_EQ(layer_name(100), "layer_100");
}

TEST(CaptureLayoutTest, OneChunkOfStatesIsOneWriteOf256KibTo4Mib) {
    for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{
             {1000, 1, 6, 16, 16}, {100, 8, 16, 128, 128}, {8, 1, 4, 256, 256}, {8, 3, 5, 640, 256}, {64, 512, 1, 64, 64}, {4, 1, 1, 4096, 4096}}) {
        const auto chunk = state_chunk(shape);
        EXPECT_GE(bytes_of(chunk), 256 << 10) << shape[0] << ' ' << shape[3];
        EXPECT_LE(bytes_of(chunk), 4 << 20) << shape[0] << ' ' << shape[3];
        for (std::size_t i = 0; i < shape.size(); ++i) EXPECT_LE(chunk[i], shape[i]);
    }
    // Everything together is smaller than one write.
    EXPECT_THAT(state_chunk(std::vector<std::int64_t>{2, 3, 4, 8, 8}), ElementsAre(2, 3, 4, 8, 8));
}

TEST(CaptureLayoutTest, ChunksOfSmallStatesLeaveHardlyAnyRoomUnused) {
    // Chunks have their whole place on disk: with 6 and 6 windows a capture of 8 would hold half as many again.
    for (std::int64_t windows = 1; windows < 100; ++windows) {
        const std::vector<std::int64_t> chunk = state_chunk(std::vector<std::int64_t>{windows, 1, 3, 64, 64});
        const std::int64_t chunks = (windows + chunk[0] - 1) / chunk[0];
        EXPECT_LT(chunks * chunk[0] - windows, chunks) << windows;
    }
}

TEST(CaptureLayoutTest, GroupedValueHeadsShareTheirKeyHead) {
    EXPECT_THAT(key_heads_of(std::vector<std::int32_t>{1, 4, 5}, 6, 2), ElementsAre(0, 1));
    EXPECT_THAT(key_heads_of(std::vector<std::int32_t>{3, 4}, 6, 2), ElementsAre(1));
}

TEST(CaptureLayoutTest, NamesWhatIsWrong) {
    EXPECT_EQ(defect_of(Sample().layout), "");
    const auto broken = [](const std::function<void(CaptureLayout&)>& change) {
        CaptureLayout layout = Sample().layout;
        change(layout);
        return defect_of(layout);
    };
    EXPECT_THAT(broken([](auto& l) { l.layers.clear(); }), HasSubstr("layer"));
    EXPECT_THAT(broken([](auto& l) { l.positions = {5, 3}; }), HasSubstr("positions"));
    EXPECT_THAT(broken([](auto& l) { l.positions.back() = l.window_tokens; }), HasSubstr("positions"));
    EXPECT_THAT(broken([](auto& l) { l.state_positions = {4}; }), HasSubstr("state positions"));
    EXPECT_THAT(broken([](auto& l) { l.layers[1].heads = {1, 6}; }), HasSubstr("layer 10: bad value heads"));
    EXPECT_THAT(broken([](auto& l) { l.layers[1].captured_key_heads = {0}; }), HasSubstr("key heads"));
    EXPECT_THAT(broken([](auto& l) { l.layers[0].value_heads = 3; }), HasSubstr("multiple"));
    EXPECT_THAT(broken([](auto& l) { l.layers[2].channels.pop_back(); }), HasSubstr("channels"));
}

TEST(CaptureLayoutTest, NamesTheFirstDifference) {
    const CaptureLayout a = Sample().layout;
    EXPECT_EQ(difference_of(a, a), "");
    CaptureLayout b = a;
    b.layers[1].key_dim = 7;
    EXPECT_EQ(difference_of(a, b), "layer 10: key_dim: found 3, expected 7");
    b = a;
    b.positions[1] = 4;
    EXPECT_EQ(difference_of(a, b), "positions: found 5, expected 4 at 1");
}

TEST(CaptureLayoutTest, TokensBecomeReadableText) {
    EXPECT_EQ(readable_token("the"), "the");
    EXPECT_EQ(readable_token("\xe2\x82\xac!"), "€!");
    EXPECT_EQ(readable_token("\xe2\x82"), "\\xE2\\x82");
    EXPECT_EQ(readable_token(std::string("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(readable_token("\n"), "\n");
}

}  // namespace
}  // namespace rankscope
