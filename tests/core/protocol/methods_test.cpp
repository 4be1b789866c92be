// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/methods.hpp"

#include "core/protocol/cbor.hpp"
#include "tests/support/expect_error.hpp"

#include <gtest/gtest.h>

namespace rankscope::protocol {
namespace {

// Through the bytes that cross.
template <class T>
T crossed(const T& value) {
    return parse<T>(decode_cbor(encode_cbor(to_value(value))), "test");
}

TEST(Methods, ASweepPartialKeepsAllItsPoints) {
    SweepPartial partial;
    partial.job = 7;
    for (const std::int64_t layer : {-1, 3}) {
        SweepPoint& point = partial.points.emplace_back();
        point.method = "l1";
        point.ratio = 0.25;
        point.layer = layer;
        point.value.delta_nll = 0.5 + static_cast<double>(layer);
    }
    partial.baseline.perplexity = 12.5;
    const SweepPartial back = crossed(partial);
    EXPECT_EQ(back.job, 7);
    ASSERT_EQ(back.points.size(), 2u);
    EXPECT_EQ(back.points[1].layer, 3);
    EXPECT_EQ(back.points[1].value.delta_nll, 3.5);
    EXPECT_EQ(back.points[1].value.delta_nll_se, std::nullopt);
    EXPECT_EQ(back.baseline.perplexity, 12.5);
}

TEST(Methods, TheResultOfAFinishedJobIsReadByItsMethod) {
    StateResult state{{{2, 3}, {1, 2, 3, 4, 5, -0.5F}}};
    const FinishedNote back = crossed(FinishedNote{4, "state", to_value(state)});
    EXPECT_EQ(back.method, "state");
    EXPECT_EQ(parse<StateResult>(back.result, "state").state, state.state);
}

TEST(Methods, WrongParametersAreNamed) {
    const auto refuse = [](const Value& value, const std::string& part) {
        test::expect_error(ErrorKind::Usage, part, [&] { (void)parse<SweepRequest>(value, "sweep"); });
    };
    refuse(Value(), "methods");
    refuse(Value::Object{{"methods", "l1"}, {"ratios", Value::Array{}}}, "sweep.methods: found text, expected an array");
    refuse(Value::Object{{"methods", Value::Array{Value("l1")}}, {"ratios", Value::Array{Value("much")}}}, "sweep.ratios[0]");
    refuse(Value::Object{{"methods", Value::Array{}}, {"ratios", Value::Array{}}, {"seed", Value(-1)}}, "seed");
    refuse(Value(3), "expected an object");
}

TEST(Methods, WhatIsLeftOutHasItsDefaultAndWhatIsUnknownIsIgnored) {
    const auto request = parse<TextRequest>(Value::Object{{"text", "a.txt"}, {"later", Value(1)}}, "text");
    EXPECT_EQ(request.window, 512);
    EXPECT_TRUE(request.token_text);
    EXPECT_EQ(request.max_tokens, std::nullopt);
}

}  // namespace
}  // namespace rankscope::protocol
