// SPDX-License-Identifier: Apache-2.0
#include "core/base/json_fault.hpp"

#include <gtest/gtest.h>

#include "core/base/error.hpp"
#include "tests/support/expect_error.hpp"

namespace rankscope {
namespace {

TEST(JsonFault, SaysWhereAndWhatAndWhatBelongsThere) {
    EXPECT_EQ(json_fault("{\n  \"a\": [1, 2,]\n}"), "line 2, column 14: found ']', expected a value");
    EXPECT_EQ(json_fault("{\"a\": 1 \"b\": 2}"), "line 1, column 9: found '\"b\"', expected ',' or '}'");
    EXPECT_EQ(json_fault("{\n\"a\" 1}"), "line 2, column 5: found '1', expected ':'");
    EXPECT_EQ(json_fault("{'a': 1}"), "line 1, column 2: found ''', expected a key in double quotes");
    EXPECT_EQ(json_fault("{\"a\": 1,}"), "line 1, column 9: found '}', expected a key in double quotes");
    EXPECT_EQ(json_fault("{\"a\": True}"), "line 1, column 7: found 'True', expected a value");
    EXPECT_EQ(json_fault("[1 2]"), "line 1, column 4: found '2', expected ',' or ']'");
    EXPECT_EQ(json_fault("{} {}"), "line 1, column 4: found '{', expected the end");
    EXPECT_EQ(json_fault("not JSON"), "line 1, column 1: found 'not', expected a value");
    EXPECT_EQ(json_fault("[1.]"), "line 1, column 4: found ']', expected a digit after '.'");
    EXPECT_EQ(json_fault("{\"a\": nul}"), "line 1, column 7: found 'nul', expected a value");
    EXPECT_EQ(json_fault("[1, // ok\n2]"), "line 1, column 5: found '/', expected a value");
}

TEST(JsonFault, KnowsTheEndOfAFileThatWasCutShort) {
    EXPECT_EQ(json_fault("{\n  \"a\": [1, 2"), "line 2, column 13: found the end of the text, expected ',' or ']'");
    EXPECT_EQ(json_fault("{\"a\": \"b"), "line 1, column 9: found the end of the text, expected '\"'");
    EXPECT_EQ(json_fault(""), "line 1, column 1: found the end of the text, expected a value");
}

TEST(JsonFault, CountsCharactersAndShowsUnreadableBytes) {
    EXPECT_EQ(json_fault("{\"größe\": x}"), "line 1, column 11: found 'x', expected a value");
    EXPECT_EQ(json_fault("[\xff\xfe]"), "line 1, column 2: found '\\xff', expected a value");
    const std::string cut = json_fault("{\"a\": \"b\nc\"}");
    EXPECT_EQ(cut.rfind("line 1, column 9: found '\\x0a', expected a string: control character", 0), 0U) << cut;
    EXPECT_LT(json_fault("[" + std::string(100'000, 'x')).size(), 200U);
}

TEST(JsonFault, LetsPassWhatIsReadAndKeepsPlacesBehindIt) {
    EXPECT_EQ(json_fault("{\"a\": [NaN, -Infinity, Infinity, 1e5], \"NaN\": \"\\\"\"}"), "");
    EXPECT_EQ(json_fault("[NaN, -Infinity, }"), "line 1, column 18: found '}', expected a value");
}

TEST(JsonFault, IsThrownWithItsFile) {
    test::expect_error(ErrorKind::Input, "bad plan: x.json: not JSON: line 1, column 2: found ']'", [] { throw_no_json("bad plan: x.json", "{]"); });
    try {
        throw_no_json("bad plan: x.json", "{\"a\": ");
    } catch (const Error& error) {
        EXPECT_EQ(error.hint(), "it may have been cut short while it was copied");
    }
    try {
        throw_no_json("bad plan: x.json", "");
    } catch (const Error& error) {
        EXPECT_EQ(error.hint(), "it is empty");
    }
}

TEST(PlaceInText, CountsLinesAndCharactersFromOne) {
    EXPECT_EQ(place_in_text("ab\nc\xc3\xb6" "d", 0), "line 1, column 1");
    EXPECT_EQ(place_in_text("ab\nc\xc3\xb6" "d", 6), "line 2, column 3");
    EXPECT_EQ(place_in_text("ab\n", 99), "line 2, column 1");
}

}  // namespace
}  // namespace rankscope
