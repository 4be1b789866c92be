// SPDX-License-Identifier: Apache-2.0
// Windows of different length: those of one length share batches, and every number is what each window gives alone.
#include "core/evaluation/length_order.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/file.hpp"
#include "core/base/random.hpp"
#include "core/evaluation/batches.hpp"
#include "core/evaluation/evaluate.hpp"
#include "core/model/load_model.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope {
namespace {

using Rows = std::vector<std::vector<std::int32_t>>;

Rows rows_of(const std::vector<std::size_t>& lengths) {
    Rows rows;
    std::int32_t next = 0;
    for (const std::size_t length : lengths) {
        for (rows.emplace_back(); rows.back().size() < length;) rows.back().push_back(next++);
    }
    return rows;
}

TEST(LengthOrder, PutsWindowsOfOneLengthSideBySide) {
    const Rows rows = rows_of({7, 3, 7, 5, 3, 7});
    const LengthOrder order(rows);
    const std::vector<std::size_t> places{1, 4, 3, 0, 2, 5};
    ASSERT_EQ(order.rows().size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(order.place(i), places[i]);
        EXPECT_EQ(order.rows()[i], rows[places[i]]);
    }
    EXPECT_EQ(make_batches(rows, 100).size(), 6U);
    EXPECT_EQ(make_batches(order.rows(), 100).size(), 3U);
}

TEST(LengthOrder, CopiesNothingThatIsInOrder) {
    for (const std::vector<std::size_t>& lengths : {std::vector<std::size_t>{}, {4}, {4, 4, 4}, {2, 4, 4, 9}}) {
        const Rows rows = rows_of(lengths);
        const LengthOrder order(rows);
        EXPECT_EQ(order.rows().data(), rows.data());
        for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(order.place(i), i);
    }
}

class EvaluateByLength : public testing::Test {
protected:
    EvaluateByLength()
        : folder_(ModelFolder::open(std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "resources/models/books-delta")),
          model_(load_model(folder_, {"cpu", "float32", 1}, {})) {
        const auto tokenizer = Tokenizer::open(folder_.path(), folder_.config().vocab_size);
        const std::string text = read_text_file(std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "resources/texts/the-mill-house.txt");
        const std::vector<std::int32_t> ids = tokenizer->encode(text.substr(0, 4000), false);
        std::size_t at = 0;
        for (const std::size_t length : {33, 7, 19, 33, 7, 90, 19, 7}) {
            windows_.rows.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(at), ids.begin() + static_cast<std::ptrdiff_t>(at + length));
            windows_.start.push_back(static_cast<std::int64_t>(at));
            at += length;
        }
        Random random(3);
        plan_.model_hash = folder_.hash();
        for (std::int64_t layer = 0; layer < std::ssize(folder_.config().layers); ++layer) {
            const LayerConfig& shape = folder_.config().layers[static_cast<std::size_t>(layer)];
            PlanLayer cut{layer, "random", 0.5, shape.key_dim, {}};
            for (std::int64_t head = 0; head < shape.key_heads; ++head) {
                auto& keep = cut.keep.emplace_back();
                for (std::int32_t c = 0; c < shape.key_dim; c += 2) keep.push_back(c + static_cast<std::int32_t>(random.below(2)));
            }
            plan_.layers.push_back(std::move(cut));
        }
    }

    [[nodiscard]] EvaluateResult evaluated(const TokenWindows& windows) const {
        EvaluateRequest request;
        request.windows = windows;
        request.plans = {{"plan", plan_}};
        return evaluate(*model_, folder_.parameters(), request, {});
    }

    ModelFolder folder_;
    std::unique_ptr<Model> model_;
    TokenWindows windows_;
    Plan plan_;
};

TEST_F(EvaluateByLength, EveryNumberIsWhatTheWindowsGiveAlone) {
    // An answer in every window: its third token. Whether it is right must be known of that window and no other.
    for (std::int64_t w = 0; w < std::ssize(windows_.rows); ++w) windows_.answers.push_back({w, 2 + w % 4, 1, w + 1});
    const EvaluateResult together = evaluated(windows_);
    double full = 0, plan = 0, tokens = 0, right = 0;
    for (std::size_t w = 0; w < windows_.rows.size(); ++w) {
        TokenWindows one;
        one.rows = {windows_.rows[w]};
        one.start = {0};
        one.answers = {windows_.answers[w]};
        one.answers[0].window = 0;
        const EvaluateResult alone = evaluated(one);
        const auto n = static_cast<double>(alone.tokens);
        tokens += n;
        full += n * alone.baseline.nll;
        plan += n * alone.plans[0].value.nll;
        ASSERT_TRUE(alone.baseline.answers && together.baseline.answers);
        right += alone.baseline.answers->accuracy;
        EXPECT_EQ(together.baseline.answers->by_facts.at(windows_.answers[w].facts).second, alone.baseline.answers->accuracy) << w;
    }
    EXPECT_GT(right, 0) << "no window tells the others apart";
    EXPECT_LT(right, 8) << "no window tells the others apart";
    EXPECT_EQ(together.tokens, static_cast<std::int64_t>(tokens));
    EXPECT_NEAR(together.baseline.nll, full / tokens, 2e-6 * full / tokens);
    EXPECT_NEAR(together.plans[0].value.nll, plan / tokens, 2e-6 * plan / tokens);
    EXPECT_NEAR(together.plans[0].delta_nll, (plan - full) / tokens, 1e-5);
}

TEST_F(EvaluateByLength, TheOrderOfTheWindowsDoesNotMatter) {
    const EvaluateResult expected = evaluated(windows_);
    std::ranges::reverse(windows_.rows);
    const EvaluateResult found = evaluated(windows_);
    EXPECT_NEAR(found.baseline.nll, expected.baseline.nll, 1e-6);
    EXPECT_NEAR(*found.plans[0].delta_nll_se, *expected.plans[0].delta_nll_se, 1e-6);
}

}  // namespace
}  // namespace rankscope
