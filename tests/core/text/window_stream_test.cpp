// SPDX-License-Identifier: Apache-2.0
#include "core/text/window_stream.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/file.hpp"
#include "core/text/word_level.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

using test::expect_error;
using Rows = std::vector<std::vector<std::int32_t>>;

class WindowStreams : public testing::Test {
protected:
    WindowStreams() {
        write_word_level_tokenizer(folder_.path(), {"<unk>", "a", "b", "c", "d"}, "<unk>");
        words_ = Tokenizer::open(folder_.path());
    }

    std::filesystem::path text(const std::string& content) {
        write_text_file(folder_ / "t.txt", content);
        return folder_ / "t.txt";
    }

    static Rows rows_of(const WindowStream& stream) {
        Rows rows;
        stream.each([&](std::span<const std::int32_t> window) { rows.emplace_back(window.begin(), window.end()); });
        return rows;
    }

    test::ScratchFolder folder_;
    std::shared_ptr<const Tokenizer> words_;
};

TEST_F(WindowStreams, OfATextAreTheWindowsOfThatTextEachTime) {
    std::string content;
    for (int i = 0; i < 10007; ++i) content += i % 7 == 0 ? "a " : i % 5 == 0 ? "b " : i % 3 == 0 ? "c " : "d ";
    for (const WindowOptions options : {WindowOptions{16, {}, {}}, WindowOptions{16, 7, {}}, WindowOptions{100, {}, 450}, WindowOptions{1 << 20, {}, {}}}) {
        const TokenWindows expected = read_text_windows(text(content), *words_, options);
        const WindowStream stream(text(content), words_, options);
        EXPECT_EQ(stream.count(), std::ssize(expected.rows));
        EXPECT_EQ(stream.length(), std::ssize(expected.rows.front()));
        EXPECT_EQ(stream.tokens(), expected.tokens());
        EXPECT_EQ(stream.start(), expected.start);
        EXPECT_EQ(stream.text_hash(), expected.text_hash);
        EXPECT_EQ(stream.warnings(), expected.warnings);
        EXPECT_EQ(rows_of(stream), expected.rows);
        EXPECT_EQ(rows_of(stream), expected.rows);
    }
}

TEST_F(WindowStreams, OfWindowsAreThose) {
    TokenWindows windows;
    windows.rows = {{1, 2, 3}, {4, 5, 6}};
    windows.start = {0, 3};
    windows.text_hash = "h";
    const WindowStream stream(windows);
    EXPECT_EQ(stream.count(), 2);
    EXPECT_EQ(stream.length(), 3);
    EXPECT_EQ(stream.text_hash(), "h");
    EXPECT_EQ(rows_of(stream), windows.rows);
    windows.rows[1].pop_back();
    expect_error(ErrorKind::Usage, "different length", [&] { WindowStream s(windows); });
    EXPECT_EQ(WindowStream().count(), 0);
    EXPECT_TRUE(rows_of(WindowStream()).empty());
}

TEST_F(WindowStreams, NoticeWhenTheTextChanges) {
    const std::string content = "a b c d a b c d a b c d";
    const WindowStream stream(text(content), words_, {4, {}, {}});
    for (const std::string& other : {content + " a b c d", content.substr(0, 15), std::string("a b")}) {
        (void)text(other);
        Rows rows;
        expect_error(ErrorKind::Input, "text has changed", [&] {
            stream.each([&](std::span<const std::int32_t> window) { rows.emplace_back(window.begin(), window.end()); });
        });
        EXPECT_LE(rows.size(), 3U);
        for (const auto& row : rows) EXPECT_EQ(row.size(), 4U);
    }
    (void)text(content);
    EXPECT_EQ(rows_of(stream).size(), 3U);
}

TEST_F(WindowStreams, RefuseWhatWindowsAreRefusedFor) {
    expect_error(ErrorKind::Input, "too short", [&] { WindowStream s(text("a"), words_, {}); });
    expect_error(ErrorKind::Input, "offset 2", [&] { WindowStream s(text("a \xff"), words_, {}); });
    expect_error(ErrorKind::Usage, "limit of 0", [&] { WindowStream s(text("a b"), words_, {4, 0, {}}); });
}

}  // namespace
}  // namespace rankscope
