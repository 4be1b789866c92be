// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/rank_metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string_view>
#include <vector>

namespace rankscope {
namespace {

TEST(RankMetrics, HaveTheirPublicNames) {
    std::vector<std::string_view> names;
    std::set<double RankMetrics::*, bool (*)(double RankMetrics::*, double RankMetrics::*)> members([](auto a, auto b) {
        const RankMetrics m;
        return &(m.*a) < &(m.*b);
    });
    for (const RankMetric& metric : rank_metrics_table()) {
        names.push_back(metric.name);
        members.insert(metric.value);
        EXPECT_FALSE(metric.description.empty());
    }
    EXPECT_EQ(names, (std::vector<std::string_view>{"rank_stable", "rank_utilisation", "rank_entropy", "rank_energy", "rank_participation", "rank_threshold",
                                                    "rank_at_99", "norm_frobenius", "norm_spectral"}));
    EXPECT_EQ(members.size(), names.size()) << "two names share a value";
}

TEST(RankMetrics, FollowTheirFormulas) {
    const std::vector<double> sigma{4, 2, 1, 0};
    const RankMetrics m = rank_metrics(sigma);
    EXPECT_DOUBLE_EQ(m.stable, 21.0 / 16);
    EXPECT_DOUBLE_EQ(m.utilisation, 21.0 / 64);
    EXPECT_DOUBLE_EQ(m.participation, 21.0 * 21.0 / (256 + 16 + 1));
    const auto entropy = [](std::vector<double> p) {
        double sum = 0;
        for (const double x : p) sum += x;
        double h = 0;
        for (const double x : p) h -= x > 0 ? x / sum * std::log(x / sum) : 0;
        return std::exp(h);
    };
    EXPECT_NEAR(m.entropy, entropy({4, 2, 1, 0}), 1e-14);
    EXPECT_NEAR(m.energy, entropy({16, 4, 1, 0}), 1e-14);
    EXPECT_EQ(m.threshold, 3);
    EXPECT_EQ(m.at_99, 3);  // 20/21 = 95 %
    EXPECT_DOUBLE_EQ(m.norm_frobenius, std::sqrt(21.0));
    EXPECT_EQ(m.norm_spectral, 4);
}

TEST(RankMetrics, OfTwoNormsAreThoseOfTheSpectrumAndTheOthersAreNotANumber) {
    for (const std::vector<double>& sigma : {std::vector<double>{4, 2, 1, 0}, {3, 3, 3}, {1e-9}, {7e8, 1}}) {
        const RankMetrics all = rank_metrics(sigma);
        const RankMetrics some = rank_metrics_of_norms(all.norm_frobenius, all.norm_spectral, static_cast<std::int64_t>(sigma.size()));
        std::set<std::string_view> given;
        for (const RankMetric& metric : rank_metrics_table()) {
            if (!metric.of_norms) {
                EXPECT_TRUE(std::isnan(some.*metric.value)) << metric.name;
                continue;
            }
            given.insert(metric.name);
            EXPECT_NEAR(some.*metric.value, all.*metric.value, 1e-14 * all.*metric.value) << metric.name;
        }
        EXPECT_EQ(given, (std::set<std::string_view>{"rank_stable", "rank_utilisation", "norm_frobenius", "norm_spectral"}));
    }
    const RankMetrics zero = rank_metrics_of_norms(0, 0, 8);
    EXPECT_EQ(zero.stable, 0);
    EXPECT_EQ(zero.utilisation, 0);
    EXPECT_EQ(zero.norm_spectral, 0);
    EXPECT_TRUE(std::isnan(zero.entropy));
}

TEST(RankMetrics, CountEqualDirections) {
    for (const std::size_t n : {1U, 7U, 64U}) {
        std::vector<double> sigma(n, 0.3);
        sigma.resize(2 * n, 0.0);
        const RankMetrics m = rank_metrics(sigma);
        const auto rank = static_cast<double>(n);
        EXPECT_NEAR(m.stable, rank, 1e-12);
        EXPECT_NEAR(m.utilisation, 0.5, 1e-14);
        EXPECT_NEAR(m.entropy, rank, 1e-12);
        EXPECT_NEAR(m.energy, rank, 1e-12);
        EXPECT_NEAR(m.participation, rank, 1e-12);
        EXPECT_EQ(m.threshold, rank);
        EXPECT_EQ(m.at_99, std::ceil(0.99 * rank));
    }
}

TEST(RankMetrics, AreAllZeroForTheZeroMatrixAndForNoMatrix) {
    EXPECT_EQ(rank_metrics(std::vector<double>(5, 0.0)), RankMetrics{});
    EXPECT_EQ(rank_metrics({}), RankMetrics{});
    EXPECT_EQ(rank_threshold(std::vector<double>(5, 0.0)), 0);
    EXPECT_EQ(rank_at(std::vector<double>(5, 0.0), 0.5), 0);
}

TEST(RankMetrics, DoNotChangeWithScaleDownToTheEdgeOfRange) {
    const std::vector<double> sigma{1.0, 0.5, 0.25, 0.00005};
    const RankMetrics m = rank_metrics(sigma);
    for (const int exponent : {-1000, -600, 600, 1020}) {
        std::vector<double> scaled = sigma;
        scaled.pop_back();  // 0.00005 has no exact subnormal
        for (double& x : scaled) x = std::ldexp(x, exponent);
        scaled.push_back(0);
        const RankMetrics found = rank_metrics(scaled);
        const RankMetrics same = rank_metrics(std::vector<double>{1.0, 0.5, 0.25, 0.0});
        EXPECT_EQ(found.stable, same.stable);
        EXPECT_EQ(found.entropy, same.entropy);
        EXPECT_EQ(found.energy, same.energy);
        EXPECT_EQ(found.participation, same.participation);
        EXPECT_EQ(found.threshold, same.threshold);
        EXPECT_EQ(found.at_99, same.at_99);
        EXPECT_EQ(found.norm_spectral, std::ldexp(1.0, exponent));
        EXPECT_NEAR(found.norm_frobenius / found.norm_spectral, same.norm_frobenius, 1e-12);
    }
    EXPECT_EQ(m.threshold, 3);
}

TEST(RankMetrics, AreOrderedAsTheoryHasIt) {
    // exp H(σ²) >= participation >= stable >= 1 (Rényi entropies fall with their order); exp H(σ) is the largest.
    const std::vector<double> sigma{3, 2.5, 1, 0.7, 0.1, 1e-3};
    const RankMetrics m = rank_metrics(sigma);
    EXPECT_GT(m.entropy, m.energy);
    EXPECT_GT(m.energy, m.participation);
    EXPECT_GT(m.participation, m.stable);
    EXPECT_GT(m.stable, 1);
}

TEST(RankThreshold, IsAtATenThousandthAndSaysSo) {
    EXPECT_EQ(rank_metrics(std::vector<double>{1, 1.1e-4, 0.9e-4}).threshold, 2);
    for (const RankMetric& metric : rank_metrics_table()) {
        if (metric.name == "rank_threshold") {
            EXPECT_EQ(metric.description, "#{σ_i > 10⁻⁴ σ_1}");
        }
    }
}

TEST(RankThreshold, IsStrict) {
    const std::vector<double> sigma{2, 1, 0.5, 0.25};
    EXPECT_EQ(rank_threshold(sigma, 0.25), 2);
    EXPECT_EQ(rank_threshold(sigma, 0.2), 3);
    EXPECT_EQ(rank_threshold(sigma, 0), 4);
    EXPECT_EQ(rank_threshold(sigma, 1), 0);
}

TEST(RankAt, ReachesTheShareDespiteRounding) {
    EXPECT_EQ(rank_at(std::vector<double>(10, 0.1), 0.3), 3);
    EXPECT_EQ(rank_at(std::vector<double>(10, 0.1), 1.0), 10);
    EXPECT_EQ(rank_at(std::vector<double>{3, 1}, 0.9), 1);
    EXPECT_EQ(rank_at(std::vector<double>{3, 1}, 0.91), 2);
}

}  // namespace
}  // namespace rankscope
