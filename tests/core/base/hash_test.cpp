// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace rankscope {
namespace {

std::string xxh3(std::string_view text) {
    return xxh3_128_hex(std::as_bytes(std::span(text.data(), text.size())));
}

// FIPS 180-4 examples.
TEST(Sha256, AgreesWithTheVectorsOfTheStandard) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
    const std::string text(1000, 'x');
    Sha256 hash;
    for (std::size_t at = 0; at < text.size(); at += 7) hash.update(std::string_view(text).substr(at, 7));
    hash.update(std::string_view());
    EXPECT_EQ(hash.hex(), sha256_hex(text));
}

// XXH3 64-bit halves of its specification: the empty input, and lengths on both sides of each change of algorithm differ.
TEST(Xxh3, AgreesWithTheSpecification) {
    EXPECT_EQ(xxh3(""), "99aa06d3014798d86001c324468d497f");
    EXPECT_EQ(xxh3("abc"), "06b05ab6733a618578af5f94892f3950");
}

TEST(Xxh3, SeesEveryByte) {
    for (const std::size_t size : {1u, 3u, 8u, 16u, 17u, 128u, 129u, 240u, 241u, 5000u}) {
        std::string text(size, 'a');
        const std::string before = xxh3(text);
        EXPECT_EQ(before.size(), 32u);
        text.back() = 'b';
        EXPECT_NE(xxh3(text), before) << size;
    }
}

}  // namespace
}  // namespace rankscope
