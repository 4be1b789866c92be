// SPDX-License-Identifier: Apache-2.0
#include "core/text/token_windows.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/text/word_level.hpp"

namespace rankscope {
namespace {

using testing::HasSubstr;

const std::filesystem::path kGoldens = std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/tokenizers";

class TokenWindowsTest : public testing::Test {
protected:
    void SetUp() override {
        root_ = std::filesystem::temp_directory_path() / fmt::format("rankscope-windows-{}", ::getpid());
        std::filesystem::create_directories(root_);
        write_word_level_tokenizer(root_, {"<unk>", "a", "b", "c", "d", "in", "York", "."}, "<unk>");
        words_ = Tokenizer::open(root_);
    }

    void TearDown() override { std::filesystem::remove_all(root_); }

    std::filesystem::path text(const std::string& content) {
        write_text_file(root_ / "t.txt", content);
        return root_ / "t.txt";
    }

    void answers(const std::string& content, const std::string& list) {
        write_text_file(root_ / "t.txt.answers.json",
                        fmt::format(R"({{"text_hash":"{}","answers":[{}]}})", sha256_hex(content), list));
    }

    template <class Call>
    std::string error_of(ErrorKind kind, const Call& call) {
        try {
            (void)call();
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), kind) << error.what();
            return error.what();
        }
        ADD_FAILURE() << "nothing was thrown";
        return {};
    }

    std::string text_error(const std::string& content) {
        return error_of(ErrorKind::Input, [&] { return read_text_windows(text(content), *words_, {}); });
    }

    std::filesystem::path root_;
    std::shared_ptr<const Tokenizer> words_;
};

TEST_F(TokenWindowsTest, CutsConsecutiveWindowsAndDropsThePartialLastOne) {
    const std::string content = "a b  c d\na b c in York .\n";
    const auto w = read_text_windows(text(content), *words_, {4, {}, {}});
    const std::vector<std::vector<std::int32_t>> rows = {{1, 2, 3, 4}, {1, 2, 3, 5}};
    EXPECT_EQ(w.rows, rows);
    EXPECT_EQ(w.start, (std::vector<std::int64_t>{0, 4}));
    EXPECT_EQ(w.text_tokens, 10);
    EXPECT_EQ(w.text_bytes, std::ssize(content));
    EXPECT_EQ(w.text_hash, sha256_hex(content));
    EXPECT_EQ(w.tokens(), 8);
    EXPECT_EQ(w.scored_tokens(), 6);
    EXPECT_TRUE(w.warnings.empty());
    // "b  c d\n" and "b c in ": from the second token of a row to where the next row begins.
    EXPECT_EQ(w.scored_bytes, 7 + 7);
}

TEST_F(TokenWindowsTest, KeepsAnOnlyPartialWindowAndWarns) {
    const auto w = read_text_windows(text("a b c"), *words_, {});
    ASSERT_EQ(w.rows.size(), 1u);
    EXPECT_EQ(w.rows[0].size(), 3u);
    EXPECT_EQ(w.scored_bytes, 3);
    ASSERT_EQ(w.warnings.size(), 1u);
    EXPECT_THAT(w.warnings[0], HasSubstr("found 3 tokens"));
}

TEST_F(TokenWindowsTest, StopsAtTheWindowThatReachesALimit) {
    const auto file = text("a b c d a b c d a b c d a b c d");
    EXPECT_EQ(read_text_windows(file, *words_, {4, 2, {}}).rows.size(), 2u);
    EXPECT_EQ(read_text_windows(file, *words_, {4, {}, 1}).rows.size(), 1u);
    EXPECT_EQ(read_text_windows(file, *words_, {4, {}, 8}).rows.size(), 2u);
    EXPECT_EQ(read_text_windows(file, *words_, {4, {}, 9}).rows.size(), 3u);
    EXPECT_EQ(read_text_windows(file, *words_, {4, {}, 100}).rows.size(), 4u);
    const auto limited = read_text_windows(file, *words_, {4, 2, {}});
    EXPECT_EQ(limited.scored_bytes, 12);  // "b c d " twice
}

TEST_F(TokenWindowsTest, RefusesWhatHoldsFewerThanTwoTokens) {
    EXPECT_THAT(text_error(""), HasSubstr("found 0 tokens, expected at least 2"));
    EXPECT_THAT(text_error(" \n\t "), HasSubstr("found 0 tokens"));
    EXPECT_THAT(text_error("York"), HasSubstr("found 1 tokens"));
    error_of(ErrorKind::Input, [&] { return read_text_windows(root_ / "none.txt", *words_, {}); });
    error_of(ErrorKind::Usage, [&] { return read_text_windows(text("a b"), *words_, {1, {}, {}}); });
    error_of(ErrorKind::Usage, [&] { return read_text_windows(text("a b"), *words_, {4, 0, {}}); });
}

TEST_F(TokenWindowsTest, NamesTheOffsetOfInvalidUtf8) {
    EXPECT_THAT(text_error("a b \xff c"), HasSubstr("offset 4"));
    EXPECT_THAT(text_error("a \xed\xa0\x80"), HasSubstr("offset 2"));
    EXPECT_THAT(text_error(std::string("\x7f""ELF\x02\x01\x01\0\0\0\x90\x80", 12)), HasSubstr("offset 10"));
}

TEST_F(TokenWindowsTest, PlacesAnswersExactly) {
    const std::string content = "a in York . b in a York . c";
    // Bytes: a0 in2 York5 .10 b12 in14 a17 York19 .24 c26; windows of 5: tokens 0-4, 5-9.
    answers(content, R"({"byte":5,"length":4,"facts":3},{"byte":19,"length":6,"facts":7},{"byte":16,"length":2})");
    const auto w = read_text_windows(text(content), *words_, {5, {}, {}});
    ASSERT_EQ(w.answers.size(), 3u);
    const auto expect = [&](std::size_t i, AnswerSpan s) {
        EXPECT_EQ(w.answers[i].window, s.window) << i;
        EXPECT_EQ(w.answers[i].first, s.first) << i;
        EXPECT_EQ(w.answers[i].count, s.count) << i;
        EXPECT_EQ(w.answers[i].facts, s.facts) << i;
    };
    expect(0, {0, 2, 1, 3});
    expect(1, {1, 1, 1, 0});  // marked with the space before it
    expect(2, {1, 2, 2, 7});  // "York ."
    EXPECT_TRUE(w.warnings.empty());
}

TEST_F(TokenWindowsTest, LeavesOutAnswersThatNoWindowScores) {
    const std::string content = "a in York . b in a York . c";
    // "in" at 14 begins window 1 (tokens 5-9); "b in" crosses its border; "a" at 17 can be scored.
    answers(content, R"({"byte":14,"length":2},{"byte":12,"length":4},{"byte":17,"length":1})");
    const auto w = read_text_windows(text(content), *words_, {5, {}, {}});
    EXPECT_EQ(w.answers.size(), 1u);
    ASSERT_EQ(w.warnings.size(), 1u);
    EXPECT_THAT(w.warnings[0], HasSubstr("2 of 3 answers"));
    // Behind a limit nothing is placed and nothing warned about.
    const auto limited = read_text_windows(text(content), *words_, {5, 1, {}});
    EXPECT_TRUE(limited.answers.empty());
    EXPECT_THAT(limited.warnings, testing::ElementsAre(HasSubstr("1 of 1 answers")));
}

TEST_F(TokenWindowsTest, PlacesAnswersOnSubwordTokens) {
    const auto bpe = Tokenizer::open(kGoldens / "bytelevel-qwen2");
    std::string content;
    for (int i = 0; i < 40; ++i) content += "Se\xcc\x81lestine met Xylander in Zürich. ";
    std::string list;
    std::vector<std::size_t> places;
    for (std::size_t at = content.find("Zürich"); at != std::string::npos; at = content.find("Zürich", at + 1)) {
        list += fmt::format("{}{{\"byte\":{},\"length\":7}}", list.empty() ? "" : ",", at);
        places.push_back(at);
    }
    answers(content, list);
    const auto w = read_text_windows(text(content), *bpe, {64, {}, {}});
    ASSERT_GT(w.answers.size(), 10u);
    for (const AnswerSpan& answer : w.answers) {
        const auto& row = w.rows[static_cast<std::size_t>(answer.window)];
        const std::span ids(row.data() + answer.first, static_cast<std::size_t>(answer.count));
        EXPECT_THAT(bpe->decode(ids), testing::AnyOf("Zürich", " Zürich"));
        EXPECT_GE(answer.first, 1);
    }
}

TEST_F(TokenWindowsTest, RefusesBadAnswers) {
    const std::string content = "a in York . b";
    const auto error = [&](const std::string& list) {
        answers(content, list);
        return text_error(content);
    };
    EXPECT_THAT(error(R"({"byte":5,"length":9})"), HasSubstr("answers[0]"));
    EXPECT_THAT(error(R"({"byte":5,"length":9223372036854775807})"), HasSubstr("within the text's 13 bytes"));
    EXPECT_THAT(error(R"({"byte":18446744073709551615,"length":1})"), HasSubstr("'byte'"));
    EXPECT_THAT(error(R"({"byte":-1,"length":1})"), HasSubstr("'byte'"));
    EXPECT_THAT(error(R"({"byte":1,"length":0})"), HasSubstr("length 0"));
    EXPECT_THAT(error(R"({"byte":1,"length":1})"), HasSubstr("white space"));
    EXPECT_THAT(error(R"({"byte":1.5,"length":1})"), HasSubstr("'byte'"));
    EXPECT_THAT(error(R"({"byte":0,"length":1,"facts":"x"})"), HasSubstr("'facts'"));
    EXPECT_THAT(error("7"), HasSubstr("no object"));
    answers("another text", "");
    EXPECT_THAT(text_error(content), HasSubstr("answers of another text"));
    for (const char* bad : {"", "[]", "{}", "{\"text_hash\":7}", "{\"text_hash\":", "nonsense"}) {
        write_text_file(root_ / "t.txt.answers.json", bad);
        EXPECT_THAT(text_error(content), HasSubstr("bad answers")) << bad;
    }
    write_text_file(root_ / "t.txt.answers.json", fmt::format(R"({{"text_hash":"{}"}})", sha256_hex(content)));
    EXPECT_THAT(text_error(content), HasSubstr("no array 'answers'"));
}

TEST_F(TokenWindowsTest, CountsTheBytesOfScoredTokensExactly) {
    // Over one short window everything but the first token is scored: bytes of the text minus those of that token.
    const auto bpe = Tokenizer::open(kGoldens / "bytelevel-gpt2");
    const std::string sample = read_text_file(kGoldens / "sample.txt");
    const auto encoding = bpe->encode_with_offsets(sample);
    const auto w = read_text_windows(text(sample), *bpe, {1 << 20, {}, {}});
    EXPECT_EQ(w.scored_bytes, std::ssize(sample) - encoding.begin[1]);
    // Windows of 100: the bytes of each row's first token are missing, and the dropped tail.
    const auto cut = read_text_windows(text(sample), *bpe, {100, {}, {}});
    std::int64_t expected = 0;
    for (std::size_t row = 0; row < cut.rows.size(); ++row) {
        const std::size_t end = 100 * (row + 1);
        expected += (end < encoding.begin.size() ? encoding.begin[end] : std::ssize(sample)) - encoding.begin[100 * row + 1];
    }
    EXPECT_EQ(cut.scored_bytes, expected);
}

TEST_F(TokenWindowsTest, ReadsIdsRowByRow) {
    const auto file = root_ / "ids.json";
    write_text_file(file, "[[1,2,3],[4,5,6],[7,0]]");
    const auto w = read_id_windows(file, 8, {}, false);
    const std::vector<std::vector<std::int32_t>> rows = {{1, 2, 3}, {4, 5, 6}, {7, 0}};
    EXPECT_EQ(w.rows, rows);
    EXPECT_EQ(w.start, (std::vector<std::int64_t>{0, 3, 6}));
    EXPECT_EQ(w.text_tokens, 8);
    EXPECT_EQ(w.text_bytes, 0);
    EXPECT_EQ(w.text_hash, hash_of_ids(rows));
    EXPECT_EQ(read_id_windows(file, 8, {512, 2, {}}, false).rows.size(), 2u);
    EXPECT_EQ(read_id_windows(file, 8, {512, {}, 4}, false).rows.size(), 2u);
    const auto input_error = [&](const std::string& content, std::int64_t vocab, bool equal) {
        write_text_file(file, content);
        return error_of(ErrorKind::Input, [&] { return read_id_windows(file, vocab, {}, equal); });
    };
    EXPECT_THAT(input_error("[[1,2,3],[4,5,6],[7,0]]", 8, true), HasSubstr("row 2: found 2 ids, expected 3"));
    EXPECT_THAT(input_error("[[1,2],[3,8]]", 8, false), HasSubstr("row 1, number 1: found 8, expected 0 to 7"));
    EXPECT_THAT(input_error("[[1,-2]]", 8, false), HasSubstr("found -2"));
    EXPECT_THAT(input_error("[[1,2.5]]", 8, false), HasSubstr("found 2.5"));
    EXPECT_THAT(input_error("[[1,\"2\"]]", 8, false), HasSubstr("found \"2\""));
    EXPECT_THAT(input_error("[[1,18446744073709551615]]", 1LL << 40, false), HasSubstr("row 0"));
    EXPECT_THAT(input_error("[[1]]", 8, false), HasSubstr("at least 2 ids"));
    for (const char* bad : {"", "[]", "{}", "[1,2]", "[[1,2]", "7"}) {
        EXPECT_THAT(input_error(bad, 8, false), HasSubstr("bad token ids")) << bad;
    }
}

TEST(TokenHash, IsTheShaOfLengthsAndLittleEndianIds) {
    const std::string bytes("\2\0\0\0\1\0\0\0\xff\x01\0\0\1\0\0\0\0\0\1\0", 20);
    EXPECT_EQ(hash_of_ids({{1, 511}, {65536}}), sha256_hex(bytes));
    EXPECT_NE(hash_of_ids({{1, 2}, {3}}), hash_of_ids({{1}, {2, 3}}));
}

}  // namespace
}  // namespace rankscope
