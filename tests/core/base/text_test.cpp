// SPDX-License-Identifier: Apache-2.0
// UTF-8, text for people, and JSON before it is parsed.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "core/base/error.hpp"
#include "core/base/json_text.hpp"
#include "core/base/utf8.hpp"
#include "tests/support/expect_error.hpp"

namespace rankscope {
namespace {

std::string encoded(std::uint32_t c) {
    if (c < 0x80) return {static_cast<char>(c)};
    if (c < 0x800) return {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    if (c < 0x10000) return {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    return {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)), static_cast<char>(0x80 | (c >> 6 & 63)),
            static_cast<char>(0x80 | (c & 63))};
}

TEST(Utf8, AcceptsEveryCodePointButSurrogates) {
    for (std::uint32_t c = 0; c < 0x110000; ++c) {
        const std::string text = encoded(c);
        const bool surrogate = c >= 0xd800 && c < 0xe000;
        ASSERT_EQ(utf8_sequence_length(text), surrogate ? 0 : text.size()) << std::hex << c;
        ASSERT_EQ(utf8_sequence_length(std::string_view(text).substr(0, text.size() - 1)), 0u) << std::hex << c;
    }
    EXPECT_EQ(utf8_sequence_length(encoded(0x110000)), 0u);
}

TEST(Utf8, RefusesOverlongFormsAndStrayBytes) {
    for (const char* bad : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
                            "\xc3(", "\xe2\x28\xa1", "\xe2\x82("}) {
        EXPECT_EQ(utf8_sequence_length(bad), 0u) << bad;
        EXPECT_EQ(find_invalid_utf8("gr\xc3\xbc\xc3\x9f" + std::string(bad)), 6u);
    }
    EXPECT_EQ(find_invalid_utf8("gr\xc3\xbc\xc3\x9f"), std::nullopt);
    EXPECT_EQ(find_invalid_utf8(""), std::nullopt);
}

TEST(Printable, StaysOnOneReadableLine) {
    EXPECT_EQ(printable("h\xc3\xa9llo w\xc3\xb6rld"), "h\xc3\xa9llo w\xc3\xb6rld");
    EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f"), "a\\x0ab\\x09c\\x1b[31m\\x7f");
    EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
    EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
}

// Terminals take U+0080 to U+009F for control sequences, and the others break the line or turn its direction around.
TEST(Printable, EscapesControlCharactersBeyondAscii) {
    EXPECT_EQ(printable(encoded(0x9b) + "31m"), "\\xc2\\x9b31m");
    EXPECT_EQ(printable(encoded(0x85)), "\\xc2\\x85");
    EXPECT_EQ(printable(encoded(0x2028) + encoded(0x2029)), "\\xe2\\x80\\xa8\\xe2\\x80\\xa9");
    for (const std::uint32_t c : {0x200eu, 0x200fu, 0x202au, 0x202eu, 0x2066u, 0x2069u}) EXPECT_EQ(printable(encoded(c)).front(), '\\') << c;
    for (const std::uint32_t c : {0xa0u, 0x2027u, 0x2030u, 0x206au}) EXPECT_EQ(printable(encoded(c)), encoded(c)) << c;
}

TEST(Printable, IsCutWithoutTearingACharacter) {
    const std::string cut = printable(std::string(199, 'a') + "\xc3\xa9\xc3\xa9", 200);
    EXPECT_EQ(cut, std::string(199, 'a') + "\xc3\xa9...");
    EXPECT_EQ(printable(std::string(200, 'a'), 200), std::string(200, 'a'));
    EXPECT_LT(printable(std::string(100000, '\1')).size(), 220u);
}

TEST(ExitCodes, AreThoseOfTheDocumentation) {
    EXPECT_EQ(exit_code(ErrorKind::Internal), 1);
    EXPECT_EQ(exit_code(ErrorKind::Usage), 2);
    EXPECT_EQ(exit_code(ErrorKind::Input), 3);
    EXPECT_EQ(exit_code(ErrorKind::Unsupported), 4);
    EXPECT_EQ(exit_code(ErrorKind::Resource), 5);
}

TEST(PreparedJson, NestsAtMost64Levels) {
    const auto nested = [](int depth) { return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']'); };
    EXPECT_EQ(prepare_json(nested(64), "x"), nested(64));
    test::expect_error(ErrorKind::Input, "deeper than 64", [&] { (void)prepare_json(nested(65), "x"); });
    test::expect_error(ErrorKind::Input, "deeper", [&] { (void)prepare_json(std::string(50'000'000, '{'), "x"); });
    // Brackets in strings do not count, nor do quotes that are escaped.
    const std::string text = "{\"a\": \"\\\"" + std::string(100, '[') + "\"}";
    EXPECT_EQ(prepare_json(text, "x"), text);
}

TEST(PreparedJson, MakesNullOfTheWordsThatPythonWrites) {
    EXPECT_EQ(prepare_json("[NaN, Infinity, -Infinity, -1]", "x"), "[null, null, null, -1]");
    EXPECT_EQ(prepare_json("{\"NaN\": \"-Infinity \\\" NaN\"}", "x"), "{\"NaN\": \"-Infinity \\\" NaN\"}");
    EXPECT_EQ(prepare_json("[NaN, -Infinity]", "x", BareWords::Text), "[\"NaN\", \"-Infinity\"]");
    EXPECT_EQ(prepare_json("", "x"), "");
    EXPECT_EQ(prepare_json("\"\\", "x"), "\"\\");
}

TEST(DuplicateKey, IsFoundInOneObjectOnly) {
    EXPECT_EQ(duplicate_key(R"({"a": {"b": 1}, "b": [{"a": 1}, {"a": 2}]})"), std::nullopt);
    EXPECT_EQ(duplicate_key(R"({"a": [{"b": 1, "c": 2, "b": 3}]})"), "b");
    EXPECT_EQ(duplicate_key(R"({"a": 1, "\u0061": 2)"), "a");
    for (const char* text : {"", "{", "7", "[", "{\"a\"", "}"}) EXPECT_EQ(duplicate_key(text), std::nullopt);
}

}  // namespace
}  // namespace rankscope
