// SPDX-License-Identifier: Apache-2.0
// Windows are a pure function of (text, seed, number), cover the text once per epoch, and never cross what they must not.
#include "core/training/training_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/text/word_level.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"

namespace rankscope {
namespace {

using Ids = std::vector<std::int64_t>;
using Documents = std::vector<std::vector<std::int32_t>>;

struct Window {
    Ids inputs, targets;

    bool operator==(const Window&) const = default;
};

Window window(const TrainingText& text, std::int64_t index, std::int64_t length) {
    Window w{Ids(static_cast<std::size_t>(length), -7), Ids(static_cast<std::size_t>(length), -7)};
    text.window(index, w.inputs, w.targets);
    return w;
}

std::vector<std::int32_t> counted(std::int32_t from, std::int32_t count) {
    std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
    std::iota(ids.begin(), ids.end(), from);
    return ids;
}

TEST(TrainingText, WindowsAreAPureFunctionOfTheirNumber) {
    const Documents documents{counted(0, 500), counted(1000, 500)};
    const TrainingText text(documents, 7, WindowAlignment::None, 16, 3);
    const TrainingText same(documents, 7, WindowAlignment::None, 16, 3);
    const TrainingText other(documents, 7, WindowAlignment::None, 16, 4);
    const std::int64_t count = 3 * text.windows_per_epoch();
    std::vector<Window> forwards;
    for (std::int64_t i = 0; i < count; ++i) forwards.push_back(window(text, i, 16));
    bool differs = false;
    // Backwards across epochs: what was asked before must not matter.
    for (std::int64_t i = count - 1; i >= 0; --i) {
        ASSERT_EQ(window(same, i, 16), forwards[static_cast<std::size_t>(i)]) << i;
        differs = differs || window(other, i, 16) != forwards[static_cast<std::size_t>(i)];
    }
    EXPECT_TRUE(differs);
    EXPECT_EQ(text.hash(), other.hash());
    EXPECT_NE(text.hash(), TrainingText({counted(0, 501), counted(1001, 499)}, 7, WindowAlignment::None, 16, 3).hash());
}

TEST(TrainingText, EveryEpochVisitsEveryWindowOnceAtANewOffset) {
    const std::int64_t length = 10;
    const TrainingText text({counted(0, 1000)}, std::nullopt, WindowAlignment::None, length, 1);
    std::set<std::int64_t> offsets;
    std::vector<Ids> orders;
    for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
        std::set<std::int64_t> begins;
        Ids order;
        for (std::int64_t i = 0; i < text.windows_per_epoch(); ++i) {
            const Window w = window(text, epoch * text.windows_per_epoch() + i, length);
            for (std::size_t k = 0; k < 10; ++k) {
                ASSERT_EQ(w.inputs[k], w.inputs[0] + static_cast<std::int64_t>(k));
                ASSERT_EQ(w.targets[k], w.inputs[k] + 1);
            }
            ASSERT_LT(w.targets[9], 1000);
            begins.insert(w.inputs[0]);
            order.push_back(w.inputs[0]);
        }
        EXPECT_EQ(std::ssize(begins), text.windows_per_epoch());
        EXPECT_EQ(*begins.rbegin() - *begins.begin(), length * (text.windows_per_epoch() - 1));
        EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
        offsets.insert(*begins.begin());
    }
    EXPECT_GT(offsets.size(), 5u);
    EXPECT_LE(*offsets.rbegin(), 2 * length);
}

TEST(TrainingText, EndsDocumentsWithTheEndOfText) {
    const TrainingText text({{1, 2}, {3}}, 9, WindowAlignment::None, 4, 0);
    EXPECT_EQ(text.tokens(), 5);
    EXPECT_EQ(window(text, 0, 4), (Window{{1, 2, 9, 3}, {2, 9, 3, 9}}));
    EXPECT_EQ(TrainingText({{1, 2}, {3}}, std::nullopt, WindowAlignment::None, 2, 0).tokens(), 3);
}

TEST(TrainingText, ShortestTextGivesOneWindow) {
    const TrainingText text({counted(0, 5)}, std::nullopt, WindowAlignment::None, 4, 0);
    EXPECT_EQ(text.windows_per_epoch(), 1);
    for (std::int64_t i = 0; i < 5; ++i) EXPECT_EQ(window(text, i, 4), (Window{{0, 1, 2, 3}, {1, 2, 3, 4}}));
    test::expect_error(ErrorKind::Input, "found 4 tokens", [] { TrainingText({counted(0, 4)}, std::nullopt, WindowAlignment::None, 4, 0); });
    test::expect_error(ErrorKind::Input, "found 0 tokens", [] { TrainingText({}, std::nullopt, WindowAlignment::None, 4, 0); });
}

TEST(TrainingText, LinesAreDocumentsOfTheirOwn) {
    const TrainingText text({{1, 2, 3}, {4}, {5, 6, 7, 8, 9, 10}}, 99, WindowAlignment::Line, 4, 0);
    ASSERT_EQ(text.windows_per_epoch(), 3);
    std::vector<Window> found;
    for (std::int64_t i = 0; i < 3; ++i) found.push_back(window(text, i, 4));
    // A short line, and a long one in two pieces: the second begins with the target of the first.
    const std::vector<Window> expected{{{1, 2, 3, 0}, {2, 3, kNoTarget, kNoTarget}},
                                       {{5, 6, 7, 8}, {6, 7, 8, 9}},
                                       {{9, 10, 0, 0}, {10, kNoTarget, kNoTarget, kNoTarget}}};
    for (const Window& w : expected) EXPECT_EQ(std::count(found.begin(), found.end(), w), 1) << w.inputs[0];
    test::expect_error(ErrorKind::Input, "no line", [] { TrainingText({{1}, {2}}, std::nullopt, WindowAlignment::Line, 4, 0); });
}

class TrainingDocuments : public testing::Test {
protected:
    TrainingDocuments() {
        write_word_level_tokenizer(folder_.path(), {"<unk>", "<end>", "a", "b", "c"}, "<unk>", "<end>");
        tokenizer_ = Tokenizer::open(folder_.path());
    }

    Documents read(const std::string& bytes, WindowAlignment align, std::int64_t vocab_size = 5) {
        test::write_bytes(folder_ / "text.txt", bytes);
        return read_documents({folder_ / "text.txt", folder_ / "text.txt"}, *tokenizer_, align, vocab_size, {});
    }

    test::ScratchFolder folder_;
    std::shared_ptr<const Tokenizer> tokenizer_;
};

TEST_F(TrainingDocuments, IsReadFileByFileOrLineByLine) {
    EXPECT_EQ(read("a b\n\nc\n", WindowAlignment::None), (Documents{{2, 3, 4}, {2, 3, 4}}));
    EXPECT_EQ(read("a b\n\nc\r\nb", WindowAlignment::Line), (Documents{{2, 3}, {4}, {3}, {2, 3}, {4}, {3}}));
    EXPECT_TRUE(read("", WindowAlignment::None).empty());
    EXPECT_TRUE(read("\n\n", WindowAlignment::Line).empty());
}

TEST_F(TrainingDocuments, IsRefusedByByteAndId) {
    test::expect_error(ErrorKind::Input, "found at byte 2", [&] { (void)read("a \xff", WindowAlignment::None); });
    test::expect_error(ErrorKind::Input, "found id 4, expected below vocab_size 4", [&] { (void)read("a c", WindowAlignment::None, 4); });
    test::expect_error(ErrorKind::Input, "missing.txt",
                       [&] { (void)read_documents({folder_ / "missing.txt"}, *tokenizer_, WindowAlignment::None, 5, {}); });
    std::stop_source stop;
    stop.request_stop();
    EXPECT_THROW((void)read_documents({folder_ / "text.txt"}, *tokenizer_, WindowAlignment::None, 5, {stop.get_token(), {}, {}}), Cancelled);
}

}  // namespace
}  // namespace rankscope
