// SPDX-License-Identifier: Apache-2.0
// Every stored case of the reference tokenizers, both ways.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/base/file.hpp"
#include "core/text/detail/pipeline_tokenizer.hpp"
#include "core/text/detail/sentencepiece_library.hpp"
#include "core/text/detail/tokenizer_json.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope {
namespace {

const std::filesystem::path kGoldens = std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/tokenizers";

nlohmann::json cases_of(const std::filesystem::path& file) {
    return nlohmann::json::parse(read_text_file(file)).at("cases");
}

std::string bytes_of_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

class TokenizerGolden : public testing::TestWithParam<const char*> {};

TEST_P(TokenizerGolden, EncodesAndDecodesEveryStoredCase) {
    const auto tokenizer = Tokenizer::open(kGoldens / GetParam());
    const auto cases = cases_of(kGoldens / GetParam() / "cases.json");
    ASSERT_GT(cases.size(), 20u);
    for (const auto& entry : cases) {
        const std::string text = bytes_of_hex(entry.at("utf8"));
        const auto ids = entry.at("ids").get<std::vector<std::int32_t>>();
        EXPECT_EQ(tokenizer->encode(text), ids) << entry.at("text");
        EXPECT_EQ(tokenizer->decode(ids), entry.at("decoded").get<std::string>()) << entry.at("text");
    }
}

TEST_P(TokenizerGolden, GivesTheSameIdsInBlocksOfAnySize) {
    const auto file = kGoldens / GetParam() / "tokenizer.json";
    std::string all;
    for (const auto& entry : cases_of(kGoldens / GetParam() / "cases.json")) {
        if (entry.at("utf8").get<std::string>().size() < 4000) all += bytes_of_hex(entry.at("utf8")) + "\n";
    }
    using tokenization::PipelineTokenizer;
    const auto whole = PipelineTokenizer(tokenization::read_tokenizer_json(file, 0), std::size_t{1} << 40)
                           .encode_with_offsets(all, true);
    for (const std::size_t block : {1, 2, 3, 7, 16, 61, 400}) {
        const PipelineTokenizer small(tokenization::read_tokenizer_json(file, 0), block);
        const auto parts = small.encode_with_offsets(all, true);
        EXPECT_EQ(parts.ids, whole.ids) << block;
        EXPECT_EQ(parts.begin, whole.begin) << block;
    }
}

class SentencePieceGolden : public testing::TestWithParam<const char*> {};

TEST_P(SentencePieceGolden, EncodesAndDecodesEveryStoredCase) {
    const auto tokenizer = tokenization::open_sentencepiece(kGoldens / GetParam() / "tokenizer.model", 0);
    const auto cases = cases_of(kGoldens / GetParam() / "cases-sentencepiece.json");
    ASSERT_GT(cases.size(), 20u);
    for (const auto& entry : cases) {
        const std::string text = bytes_of_hex(entry.at("utf8"));
        const auto ids = entry.at("ids").get<std::vector<std::int32_t>>();
        EXPECT_EQ(tokenizer->encode(text, true), ids) << entry.at("text");
        EXPECT_EQ(tokenizer->decode(ids, SpecialTokens::Default), entry.at("decoded").get<std::string>())
            << entry.at("text");
    }
}

TEST_P(SentencePieceGolden, GivesTheSameTokensInBlocksOfAnySize) {
    std::string all = read_text_file(kGoldens / "sample.txt");
    for (const auto& entry : cases_of(kGoldens / GetParam() / "cases-sentencepiece.json")) {
        if (entry.at("utf8").get<std::string>().size() < 4000) all += bytes_of_hex(entry.at("utf8")) + " and ";
    }
    const auto file = kGoldens / GetParam() / "tokenizer.model";
    using tokenization::open_sentencepiece;
    const auto whole = open_sentencepiece(file, 0, std::size_t{1} << 40)->encode_with_offsets(all, true);
    for (const std::size_t block : {1, 5, 50, 700}) {
        const auto small = open_sentencepiece(file, 0, block);
        std::int64_t calls = 0;
        small->encode_blocks(all, true, [&](auto, auto) { return ++calls > 0; });
        EXPECT_GT(calls, 5) << "the text was not cut";
        const auto parts = small->encode_with_offsets(all, true);
        EXPECT_EQ(parts.ids, whole.ids) << block;
        EXPECT_EQ(parts.begin, whole.begin) << block;
    }
}

INSTANTIATE_TEST_SUITE_P(Stored, SentencePieceGolden,
                         testing::Values("sentencepiece-1000", "sentencepiece-1000-metaspace", "sentencepiece-512"));

INSTANTIATE_TEST_SUITE_P(Stored, TokenizerGolden,
                         testing::Values("bytelevel-gpt2", "bytelevel-qwen2", "bytelevel-qwen35", "bytelevel-llama3",
                                         "sentencepiece-1000", "sentencepiece-1000-metaspace", "sentencepiece-512"));

}  // namespace
}  // namespace rankscope
