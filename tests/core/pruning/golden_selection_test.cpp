// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/pruning/channel_scores.hpp"
#include "core/pruning/channel_statistics.hpp"
#include "core/pruning/rank_revealing_qr.hpp"
#include "tests/core/pruning/golden_case.hpp"

namespace rankscope {
namespace {

using test::GoldenCase;

// Exact copies may stand for each other: every channel is replaced by the least of its group.
std::vector<std::int64_t> canonical(const GoldenCase& golden, std::vector<std::int64_t> channels) {
    if (golden.info.contains("interchangeable_channels")) {
        for (std::int64_t& channel : channels) {
            for (const auto& group : golden.info["interchangeable_channels"]) {
                const auto members = group.get<std::vector<std::int64_t>>();
                if (std::find(members.begin(), members.end(), channel) != members.end()) channel = *std::min_element(members.begin(), members.end());
            }
        }
    }
    std::sort(channels.begin(), channels.end());
    return channels;
}

std::vector<std::int64_t> wide(const std::vector<std::int32_t>& channels) {
    return {channels.begin(), channels.end()};
}

// One head of a model that does not exist otherwise.
ModelConfig one_head(std::int64_t key_dim, std::int64_t hidden) {
    ModelConfig model;
    model.hidden_size = hidden;
    LayerConfig layer;
    layer.key_heads = layer.value_heads = 1;
    layer.key_dim = layer.written_key_dim = layer.value_dim = key_dim;
    model.layers.push_back(layer);
    return model;
}

std::vector<double> golden_factor(const GoldenCase& golden, std::size_t block_rows) {
    const std::int64_t rows = golden.extent("q", 0);
    const std::int64_t key_dim = golden.extent("q", 1);
    ChannelNeeds needs;
    const bool sampled = golden.has("rows");
    (sampled ? needs.sampled_factor : needs.r_factor) = true;
    ChannelStatistics statistics(one_head(key_dim, 1), {needs}, {.seed = 1, .tokens = rows});
    if (sampled) statistics.set_sampled_rows(0, 0, golden.integers("rows"));
    const std::vector<float> q = golden.floats("q");
    const std::vector<float> k = golden.floats("k");
    const std::size_t piece = block_rows * static_cast<std::size_t>(key_dim);
    for (std::size_t at = 0; at < q.size(); at += piece) {
        const std::size_t count = std::min(piece, q.size() - at);
        statistics.add_keys(0, std::span(q).subspan(at, count), std::span(k).subspan(at, count));
    }
    return statistics.factor(0, 0, sampled ? FactorKind::SampledRows : FactorKind::AllRows);
}

class PruningGolden : public testing::TestWithParam<std::string> {};

class WeightGolden : public testing::TestWithParam<std::string> {};

std::vector<std::string> cases_with_weights() {
    std::vector<std::string> names = test::golden_case_names();
    std::erase_if(names, [](const std::string& name) { return name.starts_with("kahan"); });
    return names;
}

std::string identifier(const testing::TestParamInfo<std::string>& info) {
    std::string name = info.param;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

TEST_P(PruningGolden, KeepsTheChannelsOfTheReferenceForEveryWidth) {
    const GoldenCase golden(GetParam());
    const std::int64_t key_dim = golden.extent("q", 1);
    const std::vector<double> r = golden_factor(golden, 1000000);
    ASSERT_FALSE(golden.widths().empty());
    for (const std::int64_t width : golden.widths()) {
        SCOPED_TRACE(width);
        const std::string suffix = std::to_string(width);
        const auto& expected = golden.info["methods"][suffix];
        const RrqrResult result = strong_rrqr(r, key_dim, width);
        EXPECT_EQ(canonical(golden, wide(result.keep)), canonical(golden, golden.integers("rrqr.keep." + suffix)));
        EXPECT_EQ(canonical(golden, wide(kept_channels(pivot_order(r, key_dim).order, width))), canonical(golden, golden.integers("qrcp.keep." + suffix)));
        EXPECT_EQ(result.swaps, expected["rrqr_swaps"].get<int>());
        // The manifest's rho comes from the float64 matrix before it was rounded to float32.
        EXPECT_NEAR(result.max_rho, expected["rrqr_max_rho"].get<double>(), 1e-4);
        EXPECT_EQ(result.stop, result.max_rho <= 1.5 ? RrqrStop::Converged : RrqrStop::SwapLimit);
        if (!golden.info.contains("interchangeable_channels")) {
            EXPECT_EQ(wide(result.keep), golden.integers("rrqr.keep_in_pivot_order." + suffix));
        }
    }
}

TEST_P(PruningGolden, PivotsAsTheReferenceWhereTheMarginIsClear) {
    const GoldenCase golden(GetParam());
    const std::int64_t key_dim = golden.extent("q", 1);
    const auto order = wide(pivot_order(golden_factor(golden, 1000000), key_dim).order);
    const auto expected = golden.integers("rrqr.start_pivots");
    const auto margin = golden.doubles("rrqr.pivot_margin");
    std::size_t compared = 0;
    for (std::size_t j = 0; j < order.size() && margin[j] > 1e-6; ++j, ++compared) EXPECT_EQ(order[j], expected[j]) << "step " << j;
    // Copies make the very first pivots equal.
    if (!golden.info.contains("interchangeable_channels")) {
        EXPECT_GE(compared, 3U);
    }
}

TEST_P(PruningGolden, OddBlocksOfRowsChooseTheSame) {
    const GoldenCase golden(GetParam());
    const std::int64_t key_dim = golden.extent("q", 1);
    const std::vector<double> whole = golden_factor(golden, 1000000);
    for (const std::size_t block : {7U, 33U}) {
        const std::vector<double> r = golden_factor(golden, block);
        for (const std::int64_t width : golden.widths()) EXPECT_EQ(strong_rrqr(r, key_dim, width).keep, strong_rrqr(whole, key_dim, width).keep);
    }
}

TEST_P(WeightGolden, WeightScoresAndTheirChannelsAreThoseOfTheReference) {
    const GoldenCase golden(GetParam());
    const std::vector<float> q = golden.floats("q_proj");
    const std::vector<float> k = golden.floats("k_proj");
    const std::vector<float> x = golden.floats("x");
    const std::int64_t hidden = golden.extent("q_proj", 1);
    ChannelStatistics statistics(one_head(golden.extent("q_proj", 0), hidden), {{.input_norms = true}}, {});
    const std::size_t half = x.size() / static_cast<std::size_t>(hidden) / 3 * static_cast<std::size_t>(hidden);
    statistics.add_inputs(0, std::span(x).first(half));
    statistics.add_inputs(0, std::span(x).subspan(half));
    const std::vector<double> norms = statistics.input_norms(0);
    EXPECT_THAT(norms, testing::Pointwise(testing::DoubleNear(1e-6), golden.doubles("wanda.norms")));
    const std::vector<double> l1 = weight_scores(q, k, hidden, {});
    const std::vector<double> wanda = weight_scores(q, k, hidden, norms);
    EXPECT_THAT(l1, testing::Pointwise(testing::DoubleNear(1e-5), golden.doubles("l1.scores")));
    EXPECT_THAT(wanda, testing::Pointwise(testing::DoubleNear(1e-5), golden.doubles("wanda.scores")));
    for (const std::int64_t width : golden.widths()) {
        const std::string suffix = std::to_string(width);
        EXPECT_EQ(wide(kept_channels(order_of(l1, "l1"), width)), golden.integers("l1.keep." + suffix));
        EXPECT_EQ(wide(kept_channels(order_of(wanda, "wanda"), width)), golden.integers("wanda.keep." + suffix));
    }
}

INSTANTIATE_TEST_SUITE_P(All, PruningGolden, testing::ValuesIn(test::golden_case_names()), identifier);
INSTANTIATE_TEST_SUITE_P(All, WeightGolden, testing::ValuesIn(cases_with_weights()), identifier);

}  // namespace
}  // namespace rankscope
