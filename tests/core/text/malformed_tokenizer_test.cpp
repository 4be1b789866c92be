// SPDX-License-Identifier: Apache-2.0
// Spoilt tokenizer files and random texts: an Error or a result, never anything else. The seeds are fixed; the number of
// tries is bounded by time as well.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/base/utf8.hpp"
#include "core/text/tokenizer.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

const std::filesystem::path kGoldens = std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/tokenizers";
constexpr std::chrono::milliseconds kTime{400};

std::string random_text(Random& random, std::size_t characters, bool valid) {
    static const std::vector<std::string> kPieces{" ", "  ", "\n", "a", "b", "the ", "don't", "123", "\xc3\xa9", "e\xcc\x81", "\xe2\x96\x81", "\xe4\xb8\xad",
                                                  "\xf0\x9f\x98\x80", "\t", "<s>", "</s>", "<|endoftext|>", "<0x41>", "\xef\xbb\xbf", "\xe2\x80\x8d", "\xea\xb0\x80"};
    std::string text;
    for (std::size_t i = 0; i < characters; ++i) {
        if (!valid && random.below(10) == 0) text += static_cast<char>(random.below(256));
        text += kPieces[random.below(kPieces.size())];
    }
    if (valid && random.below(2) == 0) text += std::string(1, '\0');
    return text;
}

// Any value somewhere in the document.
json* somewhere(json& document, Random& random) {
    json* at = &document;
    while (at->is_structured() && !at->empty() && random.below(6) != 0) {
        auto child = at->begin();
        // The vocabulary is large and everything else is not.
        std::advance(child, static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(at->size(), 40))));
        at = &*child;
    }
    return at;
}

void spoil(json& document, Random& random) {
    static const std::vector<json> kValues{nullptr, true, false, 0, -1, 1, 3, 2147483647, 2147483648ll, 18446744073709551615ull, 1e300, 0.5, "", " ", "BPE", "Sequence",
                                           "Split", "ByteLevel", "Metaspace", "WordLevel", "Unigram", "(", "(a*)*b", "\\", "[", "a b", "a b c", "\n",
                                           std::string("\0", 1), json::array(), json::object(), json::array({nullptr}), json::array({1, 2}),
                                           json{{"type", "Sequence"}, {"pretokenizers", json::array()}}, json{{"type", "Split"}, {"pattern", {{"Regex", "a*"}}}},
                                           json{{"Regex", ""}}, json{{"String", ""}}};
    json* at = somewhere(document, random);
    switch (random.below(4)) {
        case 0:
            if (at->is_structured() && !at->empty()) {
                auto child = at->begin();
                std::advance(child, static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(at->size(), 40))));
                at->erase(child);
                return;
            }
            [[fallthrough]];
        case 1: *at = kValues[random.below(kValues.size())]; return;
        case 2: *at = json(*somewhere(document, random)); return;
        default:
            if (at->is_array() && !at->empty()) {
                at->push_back(at->front());
            } else {
                *at = kValues[random.below(kValues.size())];
            }
    }
}

// True if it opened. Input and Unsupported are the only errors a file may cause.
bool survives(const std::filesystem::path& folder, Random& random) {
    std::shared_ptr<const Tokenizer> tokenizer;
    try {
        tokenizer = Tokenizer::open(folder);
    } catch (const Error& error) {
        EXPECT_TRUE(error.kind() == ErrorKind::Input || error.kind() == ErrorKind::Unsupported) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        return false;
    }
    for (const std::size_t size : {0, 1, 40}) {
        const std::string text = random_text(random, size, true);
        try {
            const auto encoding = tokenizer->encode_with_offsets(text);
            EXPECT_EQ(encoding.ids.size(), encoding.begin.size());
            for (const std::int32_t id : encoding.ids) EXPECT_TRUE(id >= 0 && id < tokenizer->vocab_size()) << id;
            for (const std::int64_t at : encoding.begin) EXPECT_TRUE(at >= 0 && at <= std::ssize(text)) << at;
            (void)tokenizer->decode(encoding.ids);
        } catch (const Error& error) {
            EXPECT_TRUE(error.kind() == ErrorKind::Input || error.kind() == ErrorKind::Unsupported) << error.what();
        }
    }
    const std::vector<std::int32_t> ids{0, -1, 5, INT32_MAX, INT32_MIN, 7};
    (void)tokenizer->decode(ids, SpecialTokens::Keep);
    (void)tokenizer->token(-1);
    (void)tokenizer->token_bytes(INT32_MAX);
    return true;
}

class MalformedTokenizers : public testing::TestWithParam<const char*> {};

TEST_P(MalformedTokenizers, WithSpoiltValues) {
    const test::ScratchFolder folder;
    const json whole = json::parse(test::read_bytes(kGoldens / GetParam() / "tokenizer.json"));
    Random random(2024);
    int opened = 0;
    const auto end = Clock::now() + kTime;
    int tries = 0;
    for (; tries < 3000 && Clock::now() < end; ++tries) {
        json document = whole;
        for (std::uint64_t i = 0; i <= random.below(3); ++i) spoil(document, random);
        SCOPED_TRACE(tries);
        test::write_bytes(folder / "tokenizer.json", document.dump());
        opened += survives(folder.path(), random) ? 1 : 0;
        if (HasFailure()) break;
    }
    EXPECT_GT(tries, opened) << "nothing was spoilt";
}

TEST_P(MalformedTokenizers, WithSpoiltBytes) {
    const test::ScratchFolder folder;
    const std::string whole = test::read_bytes(kGoldens / GetParam() / "tokenizer.json");
    Random random(7);
    const auto end = Clock::now() + kTime;
    for (int tries = 0; tries < 3000 && Clock::now() < end; ++tries) {
        std::string bytes = whole;
        if (tries % 3 == 0) bytes.resize(random.below(bytes.size()));
        for (std::uint64_t i = 0; i <= random.below(4) && !bytes.empty(); ++i) bytes[random.below(std::min<std::size_t>(bytes.size(), 4000))] = static_cast<char>(random.below(256));
        SCOPED_TRACE(tries);
        test::write_bytes(folder / "tokenizer.json", bytes);
        (void)survives(folder.path(), random);
        if (HasFailure()) break;
    }
}

TEST_P(MalformedTokenizers, RandomTexts) {
    const auto tokenizer = Tokenizer::open(kGoldens / GetParam());
    Random random(11);
    const auto end = Clock::now() + kTime;
    for (int tries = 0; tries < 3000 && Clock::now() < end; ++tries) {
        const std::string text = random_text(random, random.below(60), tries % 2 == 0);
        SCOPED_TRACE(tries);
        if (const auto bad = find_invalid_utf8(text)) {
            test::expect_error(ErrorKind::Input, fmt::format("offset {}", *bad), [&] { (void)tokenizer->encode(text); });
            continue;
        }
        const auto ids = tokenizer->encode(text, false);
        if (std::string(GetParam()) == "bytelevel-gpt2") {
            ASSERT_EQ(tokenizer->decode(ids), text);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, MalformedTokenizers, testing::Values("bytelevel-gpt2", "bytelevel-qwen2-500", "sentencepiece-512", "sentencepiece-1000-metaspace"));

// A megabyte without a place to split. Quadratic time would be hours; the bound leaves room for slow machines and
// sanitizers.
TEST(LongWords, TakeTimeInProportion) {
    for (const char* name : {"bytelevel-gpt2", "bytelevel-llama3", "sentencepiece-1000", "sentencepiece-1000-metaspace"}) {
        const auto tokenizer = Tokenizer::open(kGoldens / name);
        Random random(1);
        std::string letters;
        for (int i = 0; i < 1 << 20; ++i) letters += static_cast<char>('a' + random.below(26));
        for (const std::string& word : {std::string(1 << 20, 'a'), letters}) {
            const auto begin = Clock::now();
            const auto ids = tokenizer->encode(word, false);
            EXPECT_LT(Clock::now() - begin, std::chrono::seconds(60)) << name;
            EXPECT_GT(ids.size(), 1u << 16) << name;
            EXPECT_EQ(tokenizer->decode(ids), word) << name;
        }
    }
}

}  // namespace
}  // namespace rankscope
