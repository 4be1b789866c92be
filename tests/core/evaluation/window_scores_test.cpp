// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/window_scores.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace rankscope {
namespace {

TEST(BlockMean, MatchesTheFormulaOnUnequalWindows) {
    // Windows of 2, 3 and 1 tokens with means 1, 2 and 4.
    const BlockMean m = block_mean({2, 6, 4}, {2, 3, 1});
    EXPECT_EQ(m.n, 6);
    EXPECT_DOUBLE_EQ(m.mean, 2.0);
    // n_w (m_w - mean): -2, 0, 2
    ASSERT_TRUE(m.se.has_value());
    EXPECT_DOUBLE_EQ(*m.se, std::sqrt(3.0 / 2.0 * 8.0) / 6.0);
}

TEST(BlockMean, HasNoErrorForOneWindowAndIgnoresEmptyOnes) {
    EXPECT_FALSE(block_mean({3, 0}, {3, 0}).se.has_value());
    EXPECT_DOUBLE_EQ(block_mean({3, 0}, {3, 0}).mean, 1.0);
    EXPECT_EQ(block_mean({}, {}).n, 0);
}

TEST(WindowScores, PairsTokenByToken) {
    WindowScores full(2);
    WindowScores plan(2);
    full.set(0, {1.0F, 3.0F}, {1, 0});
    full.set(1, {2.0F, 2.0F}, {1, 1});
    plan.set(0, {1.5F, 3.5F}, {1, 0});
    plan.set(1, {2.5F, 2.5F}, {1, 1});
    const BlockMean d = plan.difference(full);
    EXPECT_DOUBLE_EQ(d.mean, 0.5);
    // The same shift everywhere: paired, the difference is certain although the windows differ.
    EXPECT_DOUBLE_EQ(*d.se, 0.0);
    EXPECT_DOUBLE_EQ(full.perplexity({}).perplexity, std::exp(2.0));
}

TEST(WindowScores, CountsAnAnswerOnlyWhenAllItsTokensAreRight) {
    WindowScores scores(2);
    scores.set(0, {0, 0, 0}, {1, 0, 1});  // predictions of tokens 1, 2, 3
    scores.set(1, {0, 0, 0}, {1, 1, 1});
    const std::vector<AnswerSpan> answers{{0, 1, 1, 4}, {0, 2, 2, 8}, {1, 1, 3, 8}};
    const Perplexity p = scores.perplexity(answers);
    ASSERT_TRUE(p.answers.has_value());
    EXPECT_EQ(p.answers->n, 3);
    EXPECT_DOUBLE_EQ(p.answers->accuracy, 2.0 / 3.0);
    EXPECT_DOUBLE_EQ(p.answers->by_facts.at(4).second, 1.0);
    EXPECT_DOUBLE_EQ(p.answers->by_facts.at(8).second, 0.5);
}

}  // namespace
}  // namespace rankscope
