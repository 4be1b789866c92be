// SPDX-License-Identifier: Apache-2.0
// Query noise: reproducible, the same for every batch split and every plan, and as loud as asked.
#include "golden_model.hpp"

#include <cmath>

namespace rankscope::test {
namespace {

Pass noisy(const Model& model, const Ids& ids, const QueryNoise& noise,
           std::vector<LayerSelection> selections = {}) {
    PassOptions options;
    options.noise = &noise;
    options.positions = {0};
    options.selections = std::move(selections);
    return run(model, ids, options);
}

Ids two_rows() {
    Ids ids(2);
    for (std::int32_t t = 0; t < 65; ++t) {
        ids[0].push_back(t * 7 % 90);
        ids[1].push_back(t * 11 % 90);
    }
    return ids;
}

TEST(QueryNoise, IsReproducibleAndFollowsTheSeed) {
    const auto model = load(golden_models() / "gated_deltanet-gva");
    const Ids ids = two_rows();
    const Pass a = noisy(*model, ids, {0.1, 7, 0});
    EXPECT_EQ(a.logits, noisy(*model, ids, {0.1, 7, 0}).logits);
    EXPECT_NE(a.logits, noisy(*model, ids, {0.1, 8, 0}).logits);
    EXPECT_NE(a.logits, run(*model, ids).logits);
}

TEST(QueryNoise, DoesNotDependOnHowWindowsAreBatched) {
    const auto model = load(golden_models() / "delta_net-small", "float64");
    const Ids ids = two_rows();
    const Pass both = noisy(*model, ids, {0.3, 3, 10});
    const Pass second = noisy(*model, {ids[1]}, {0.3, 3, 11});
    const std::vector<float> part(both.logits.begin() + static_cast<std::ptrdiff_t>(both.logits.size() / 2),
                                  both.logits.end());
    EXPECT_LE(largest_difference(part, second.logits), 2e-6);
}

TEST(QueryNoise, HasTheRequestedPowerPerQuery) {
    const auto model = load(golden_models() / "delta_net-small");
    const Ids ids = two_rows();
    const Pass clean = noisy(*model, ids, {0, 3, 0});
    const Pass loud = noisy(*model, ids, {0.5, 3, 0});
    const Trace &a = clean.traces.at(0), &b = loud.traces.at(0);
    double power = 0;
    for (std::size_t i = 0; i < a.q.size(); ++i)
        power += std::pow(static_cast<double>(b.q[i]) - a.q[i], 2);
    const double queries = static_cast<double>(a.q.size()) / static_cast<double>(a.K);
    // 390 queries of 16 channels: the relative deviation of the mean is sqrt(2 / 6240) = 1.8 %.
    EXPECT_NEAR(power / queries, 0.25, 0.25 * 0.08);
    EXPECT_EQ(a.k, b.k);
}

TEST(QueryNoise, IsRelativeToTheQueryWhereThatHasNoUnitLength) {
    const auto model = load(golden_models() / "delta_net-sum-elu");
    const Ids ids = two_rows();
    const Pass clean = noisy(*model, ids, {0, 3, 0});
    const Pass loud = noisy(*model, ids, {0.5, 3, 0});
    const Trace &a = clean.traces.at(0), &b = loud.traces.at(0);
    const auto K = static_cast<std::size_t>(a.K);
    double ratio = 0;
    for (std::size_t i = 0; i < a.q.size(); i += K) {
        double power = 0, norm = 0;
        for (std::size_t c = i; c < i + K; ++c) {
            power += std::pow(static_cast<double>(b.q[c]) - a.q[c], 2);
            norm += std::pow(static_cast<double>(a.q[c]), 2);
        }
        ratio += power / norm;
    }
    EXPECT_NEAR(ratio / (static_cast<double>(a.q.size()) / static_cast<double>(K)), 0.25, 0.25 * 0.08);
}

TEST(QueryNoise, APlanSeesTheSameDrawsRescaled) {
    const auto model = load(golden_models() / "delta_net-small", "float64");
    const Ids ids = two_rows();
    const LayerConfig& layer = model->config().layers[0];
    std::vector<LayerSelection> selections(model->config().layers.size());
    const std::vector<std::int32_t> kept{1, 4, 9, 15};
    selections[0].keep.assign(static_cast<std::size_t>(layer.key_heads), kept);
    const QueryNoise silent{0, 5, 0}, loud{0.2, 5, 0};
    const Trace full_clean = noisy(*model, ids, silent).traces.at(0),
                full = noisy(*model, ids, loud).traces.at(0);
    const Trace plan_clean = noisy(*model, ids, silent, selections).traces.at(0),
                plan = noisy(*model, ids, loud, selections).traces.at(0);
    const auto K = static_cast<std::size_t>(layer.key_dim);
    const double factor = std::sqrt(static_cast<double>(K) / static_cast<double>(kept.size()));
    for (std::size_t query = 0; query < full.q.size() / K; ++query) {
        for (std::size_t c = 0; c < kept.size(); ++c) {
            const std::size_t wide = query * K + static_cast<std::size_t>(kept[c]),
                              narrow = query * kept.size() + c;
            ASSERT_NEAR(plan.q[narrow] - plan_clean.q[narrow], factor * (full.q[wide] - full_clean.q[wide]),
                        1e-6);
        }
    }
}

}  // namespace
}  // namespace rankscope::test
