// SPDX-License-Identifier: Apache-2.0
// Headers are written by anybody: whatever they say, the answer is an error that names the tensor, and it comes at once.
#include "core/checkpoint/safetensors.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>

#include "core/base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/small_disk.hpp"

namespace rankscope {
namespace {

using test::error_message;
using test::expect_error;
using test::safetensors_bytes;
using test::ScratchFolder;
using test::write_bytes;

class Safetensors : public testing::Test {
protected:
    SafetensorsFile open(const std::string& bytes) {
        write_bytes(folder_ / "x.safetensors", bytes);
        return SafetensorsFile(folder_ / "x.safetensors");
    }

    void refused(const std::string& bytes, const std::string& part, ErrorKind kind = ErrorKind::Input) {
        SCOPED_TRACE(bytes.substr(0, 200));
        const std::string message = error_message(kind, [&] { (void)open(bytes); });
        EXPECT_THAT(message, testing::HasSubstr(part));
        EXPECT_THAT(message, testing::HasSubstr("x.safetensors"));
    }

    // A header with one tensor 'a' that this text describes, and four bytes of data.
    void refused_entry(const std::string& entry, const std::string& part, ErrorKind kind = ErrorKind::Input) {
        refused(safetensors_bytes("{\"a\":" + entry + "}", "1234"), part, kind);
    }

    ScratchFolder folder_;
};

TEST_F(Safetensors, ReadsTensorsInAnyOrderAndMetadata) {
    const auto file = open(safetensors_bytes(R"({"b":{"dtype":"U8","shape":[2,1],"data_offsets":[4,6]},"__metadata__":{"format":"pt"},)"
                                             R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   )",
                                             std::string("\0\0\x80\x3f\x07\x08", 6)));
    ASSERT_EQ(file.tensors().size(), 2u);
    EXPECT_EQ(file.tensors().at("a").to_float(), std::vector<float>{1.0f});
    EXPECT_EQ(file.tensors().at("b").shape, (std::vector<std::int64_t>{2, 1}));
    EXPECT_EQ(file.tensors().at("b").bytes[1], std::byte{8});
    EXPECT_EQ(file.metadata().at("format"), "pt");
}

TEST_F(Safetensors, ReadsScalarsAndTensorsWithoutElements) {
    const auto file = open(safetensors_bytes(R"({"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"e":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]},)"
                                             R"("z":{"dtype":"BF16","shape":[0],"data_offsets":[4,4]}})",
                                             std::string("\0\0\x80\x3f", 4)));
    EXPECT_EQ(file.tensors().at("s").to_float(), std::vector<float>{1.0f});
    EXPECT_EQ(file.tensors().at("s").elements(), 1);
    EXPECT_TRUE(file.tensors().at("e").to_float().empty());
    EXPECT_TRUE(file.tensors().at("z").to_float().empty());
    EXPECT_TRUE(open(safetensors_bytes("{}")).tensors().empty());
}

TEST_F(Safetensors, RefusesFilesThatAreTooShort) {
    refused("", "at least 8");
    refused("1234567", "at least 8");
    refused(safetensors_bytes("{}").substr(0, 9), "header of 2 bytes");
    refused(safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234567"), "'a'");
}

TEST_F(Safetensors, RefusesHeadersOfImpossibleLength) {
    for (const std::uint64_t size : {std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7, std::uint64_t{3}, std::uint64_t{100'000'001}}) {
        std::string bytes(8, '\0');
        std::memcpy(bytes.data(), &size, 8);
        refused(bytes + "{}", fmt::format("{}", size));
    }
}

// Parsed, it would take memory many times its length.
TEST_F(Safetensors, RefusesHeadersLongerThanAnyModelNeeds) {
    refused(safetensors_bytes("{}" + std::string(20'000'000, ' ')), "expected at most 20000000");
    EXPECT_TRUE(open(safetensors_bytes("{}" + std::string(19'999'998, ' '))).tensors().empty());
}

TEST_F(Safetensors, RefusesHeadersThatAreNoJsonObject) {
    for (const char* text : {"[]", "null", "7", "\"a\""}) refused(safetensors_bytes(text), "JSON object");
    for (const char* text : {"", "   ", "{", "{\"a\":}", "{'a':1}", "{}{}", "\xff\xfe", "{\"\xff\":1}", "{\"a\nb\":1}"}) {
        refused(safetensors_bytes(text), "not JSON: line 1, column");
    }
    refused(safetensors_bytes(std::string(5000, '[') + std::string(5000, ']')), "nested deeper");
}

TEST_F(Safetensors, RefusesDuplicateNames) {
    const std::string entry = R"({"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
    refused(safetensors_bytes("{\"a\":" + entry + ",\"a\":" + entry + "}", "1234"), "'a' is there twice");
    refused_entry(R"({"dtype":"U8","shape":[4],"shape":[2,2],"data_offsets":[0,4]})", "twice");
}

TEST_F(Safetensors, RefusesEntriesOfTheWrongForm) {
    refused_entry("7", "expected an object");
    refused_entry("null", "expected an object");
    refused_entry(R"({"shape":[4],"data_offsets":[0,4]})", "'dtype' is missing");
    refused_entry(R"({"dtype":"U8","data_offsets":[0,4]})", "'shape' is missing");
    refused_entry(R"({"dtype":"U8","shape":[4]})", "'data_offsets' is missing");
    refused_entry(R"({"dtype":8,"shape":[4],"data_offsets":[0,4]})", "dtype");
    for (const char* shape : {"4", "null", "\"4\"", "[-4]", "[4.0]", "[\"4\"]", "[[4]]", "[18446744073709551615]", "[1e300]", "[18446744073709551616]",
                              "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4]"}) {
        refused_entry(fmt::format(R"({{"dtype":"U8","shape":{},"data_offsets":[0,4]}})", shape), "shape");
    }
    for (const char* offsets : {"4", "null", "[4]", "[0,4,4]", "[-4,0]", "[0,-4]", "[0.0,4.0]", "[\"0\",\"4\"]", "{}"}) {
        refused_entry(fmt::format(R"({{"dtype":"U8","shape":[4],"data_offsets":{}}})", offsets), "offsets");
    }
}

TEST_F(Safetensors, RefusesUnknownTypesByName) {
    refused_entry(R"({"dtype":"F4","shape":[4],"data_offsets":[0,4]})", "'F4'", ErrorKind::Unsupported);
    refused_entry(R"({"dtype":"u\u001b8","shape":[4],"data_offsets":[0,4]})", "'u\\x1b8'", ErrorKind::Unsupported);
}

TEST_F(Safetensors, RefusesSizesThatAreNotThoseOfTheShape) {
    refused_entry(R"({"dtype":"F32","shape":[4],"data_offsets":[0,4]})", "found 4 bytes, expected 16");
    refused_entry(R"({"dtype":"U8","shape":[],"data_offsets":[0,4]})", "found 4 bytes, expected 1");
    refused_entry(R"({"dtype":"U8","shape":[0],"data_offsets":[0,4]})", "found 4 bytes, expected 0");
    // 2^16 * 2^48 * 4 wraps around to 0 and 2^62 * 4 + 4 to 4.
    refused_entry(R"({"dtype":"F32","shape":[65536,281474976710656],"data_offsets":[0,0]})", "more than fits");
    refused_entry(R"({"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]})", "shape");
    refused_entry(R"({"dtype":"I64","shape":[281474976710656,281474976710656,281474976710656],"data_offsets":[0,4]})", "more than fits");
}

TEST_F(Safetensors, RefusesOffsetsOutOfRange) {
    for (const char* offsets : {"[0,5]", "[4,8]", "[3,2]", "[0,18446744073709551615]", "[18446744073709551615,3]", "[9223372036854775808,9223372036854775812]"}) {
        refused_entry(fmt::format(R"({{"dtype":"U8","shape":[4],"data_offsets":{}}})", offsets), "offsets");
    }
}

TEST_F(Safetensors, RefusesOverlapsAndHoles) {
    const auto two = [](const char* a, const char* b, int na, int nb) {
        return fmt::format(R"({{"a":{{"dtype":"U8","shape":[{}],"data_offsets":{}}},"b":{{"dtype":"U8","shape":[{}],"data_offsets":{}}}}})", na, a, nb, b);
    };
    refused(safetensors_bytes(two("[0,3]", "[2,4]", 3, 2), "1234"), "'b': found offset 2, expected 3 (it overlaps");
    refused(safetensors_bytes(two("[0,4]", "[0,4]", 4, 4), "1234"), "overlaps");
    refused(safetensors_bytes(two("[0,1]", "[2,4]", 1, 2), "1234"), "hole after tensor 'a'");
    refused(safetensors_bytes(two("[1,2]", "[2,4]", 1, 2), "1234"), "'a': found offset 1, expected 0");
    refused(safetensors_bytes(two("[0,1]", "[1,3]", 1, 2), "1234"), "found 4 bytes of data, expected 3");
    refused(safetensors_bytes("{}", "1"), "expected 0");
}

TEST_F(Safetensors, EscapesNames) {
    refused(safetensors_bytes("{\"a\\u001b[2J\\n\":7}"), "'a\\x1b[2J\\x0a'");
    refused(safetensors_bytes("{\"\\u0000\":7}"), "'\\x00'");
    refused(safetensors_bytes("{\"" + std::string(100000, 'n') + "\":7}"), "nnn...");
    const auto file = open(safetensors_bytes(R"({"\u0000\n":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "1"));
    EXPECT_TRUE(file.tensors().contains(std::string("\0\n", 2)));
}

// Names are looked up while the header is read: with a list instead of a tree this takes minutes.
TEST_F(Safetensors, ReadsManyNamesInTime) {
    std::string header = "{";
    for (int i = 0; i < 200'000; ++i) header += fmt::format("{}\"t{}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", i == 0 ? "" : ",", i);
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(open(safetensors_bytes(header + "}")).tensors().size(), 200'000u);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(Safetensors, WritesWhatItReads) {
    const std::vector<float> values{1.5f, -2.0f, 3.25f};
    const std::string raw("\x01\x02\x03\x04\x05\x06", 6);
    write_safetensors(folder_ / "out", {tensor_source("x", {3}, values), tensor_source("y\n", DType::BF16, {3, 1}, std::as_bytes(std::span(raw))),
                                        tensor_source("empty", {0, 2}, {})},
                      {{"format", "pt"}});
    const SafetensorsFile file(folder_ / "out");
    EXPECT_EQ(file.tensors().at("x").to_float(), values);
    EXPECT_EQ(std::memcmp(file.tensors().at("y\n").bytes.data(), raw.data(), 6), 0);
    EXPECT_EQ(file.tensors().at("empty").shape, (std::vector<std::int64_t>{0, 2}));
    EXPECT_EQ(file.metadata().at("format"), "pt");
    const std::string bytes = test::read_bytes(folder_ / "out");
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), 8);
    EXPECT_EQ(size % 8, 0u);
}

TEST_F(Safetensors, NoticesAWriterThatBreaksItsPromise) {
    TensorSource liar{"x", DType::F32, {4}, [](const auto& sink) { sink(std::span<const std::byte>()); }};
    EXPECT_THROW(write_safetensors(folder_ / "out", {liar}), Error);
    EXPECT_TRUE(test::names_in(folder_.path()).empty());
}

}  // namespace
}  // namespace rankscope
