// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/results.hpp"

#include "tests/app/gui/support/sample_session.hpp"
#include "tests/support/expect_error.hpp"

#include <numeric>

namespace rankscope::gui {
namespace {

using rankscope::test::expect_error;

ModelConfig config() {
    return session_config(
        sampleSession({.layers = 2, .keyHeads = 2, .valueHeads = 2, .keyDim = 4, .valueDim = 4}));
}

protocol::ScoresResult scores() {
    protocol::ScoresResult result;
    result.method = "l1";
    for (const std::int64_t layer : {0, 1})
        result.layers.push_back({layer, {{{4, 3, 2, 1}, {0, 1, 2, 3}}, {{1, 2, 3, 4}, {3, 2, 1, 0}}}});
    return result;
}

TEST(ResultsTest, TakesScoresOfEveryLayer) {
    const SessionScores taken = results::scores(scores(), config());
    ASSERT_EQ(taken.heads.size(), 2u);
    EXPECT_EQ(taken.heads[1][1].order, (std::vector<std::int32_t>{3, 2, 1, 0}));
}

TEST(ResultsTest, RefusesScoresThatDoNotFitTheModel) {
    const auto spoilt = [](auto&& change) {
        protocol::ScoresResult result = scores();
        change(result);
        expect_error(ErrorKind::Input, "bad scores: layer", [&] { (void)results::scores(result, config()); });
    };
    spoilt([](auto& result) { result.layers[0].index = 7; });
    spoilt([](auto& result) { result.layers[0].index = -1; });
    spoilt([](auto& result) { result.layers[1].heads.pop_back(); });
    spoilt([](auto& result) { result.layers[1].heads[0].order = {0, 1, 2, 2}; });
    spoilt([](auto& result) { result.layers[1].heads[0].order = {0, 1, 2, 4}; });
    spoilt([](auto& result) { result.layers[1].heads[0].order = {}; });
    spoilt([](auto& result) { result.layers[1].heads[0].scores.pop_back(); });
}

TEST(ResultsTest, RefusesPlansOfOtherModels) {
    Plan plan;
    plan.model_hash = "mine";
    plan.layers.push_back({0, "l1", 0.5, 4, {{0, 1}, {2, 3}}});
    EXPECT_EQ(results::plan(to_json(plan), config(), "mine"), plan);
    expect_error(ErrorKind::Input, "", [&] { (void)results::plan(to_json(plan), config(), "another"); });
    plan.layers[0].keep[1] = {3, 4};
    expect_error(ErrorKind::Input, "", [&] { (void)results::plan(to_json(plan), config(), "mine"); });
}

TEST(ResultsTest, KeepsWhatAPlanDoesNotName) {
    Plan plan;
    plan.layers.push_back({1, "l1", 0.5, 4, {{0, 1}, {2, 3}}});
    const PlanChoice choice = results::choice(plan, config());
    ASSERT_EQ(choice.layers.size(), 2u);
    EXPECT_TRUE(choice.layers[0].method.empty());
    EXPECT_EQ(choice.layers[0].kept, 4);
    EXPECT_EQ(choice.layers[1].method, "l1");
    EXPECT_EQ(choice.layers[1].kept, 2);
}

TEST(ResultsTest, RefusesAModelWhoseWeightsAreOfAnotherWidthThanItsConfig) {
    protocol::ModelResult result;
    result.path = "/a/model";
    result.config = config().json;
    result.layers.resize(1);
    result.layers[0].key_dim = 4;
    EXPECT_EQ(results::model(result, {}).path, "/a/model");
    result.layers[0].key_dim = 3;
    expect_error(ErrorKind::Unsupported, "layer 0: found weights of width 3, expected 4",
                 [&] { (void)results::model(result, {}); });
}

TEST(ResultsTest, TellsTextFromIds) {
    EXPECT_EQ(results::calibration("/a/b.txt", 5).text, "/a/b.txt");
    EXPECT_EQ(results::calibration("/a/b.json", 5).ids, "/a/b.json");
    EXPECT_TRUE(results::calibration("/a/b.json", 5).text.empty());
}

}  // namespace
}  // namespace rankscope::gui
