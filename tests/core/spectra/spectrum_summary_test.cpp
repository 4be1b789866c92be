// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/spectrum_summary.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/random.hpp"

namespace rankscope {
namespace {

std::vector<double> random_spectrum(Random& random, std::size_t width) {
    std::vector<double> sigma(width);
    for (double& x : sigma) x = random.uniform();
    std::sort(sigma.begin(), sigma.end(), std::greater<>());
    return sigma;
}

std::size_t metric_index(std::string_view name) {
    const auto table = rank_metrics_table();
    return static_cast<std::size_t>(std::find_if(table.begin(), table.end(), [&](const RankMetric& m) { return m.name == name; }) - table.begin());
}

TEST(RunningMoments, MatchTheTwoPassFormulas) {
    RunningMoments moments;
    for (const double x : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) moments.add(x);
    EXPECT_EQ(moments.n(), 8);
    EXPECT_DOUBLE_EQ(moments.mean(), 5.0);
    EXPECT_DOUBLE_EQ(*moments.sd(), std::sqrt(32.0 / 7));
}

TEST(RunningMoments, HaveNoDeviationBelowTwoValues) {
    RunningMoments moments;
    EXPECT_FALSE(moments.sd().has_value());
    moments.add(3);
    EXPECT_EQ(moments.mean(), 3);
    EXPECT_FALSE(moments.sd().has_value());
    moments.add(3);
    EXPECT_EQ(*moments.sd(), 0);
}

TEST(RunningMoments, KeepSmallDeviationsOnALargeMean) {
    RunningMoments moments;
    for (int i = 0; i < 1000; ++i) moments.add(1e9 + (i % 2 == 0 ? 1e-3 : -1e-3));
    EXPECT_NEAR(*moments.sd(), 1e-3 * std::sqrt(1000.0 / 999), 1e-7);
}

TEST(RunningMoments, MergeAsIfAddedHere) {
    Random random(1);
    RunningMoments whole;
    RunningMoments parts[3];
    for (int i = 0; i < 300; ++i) {
        const double x = random.normal() + i;
        whole.add(x);
        parts[i < 10 ? 0 : 1].add(x);
    }
    parts[2].merge(parts[0]);
    parts[2].merge(parts[1]);
    parts[2].merge(RunningMoments());
    EXPECT_EQ(parts[2].n(), whole.n());
    EXPECT_NEAR(parts[2].mean(), whole.mean(), 1e-12);
    EXPECT_NEAR(*parts[2].sd(), *whole.sd(), 1e-11);
}

TEST(SpectrumSummary, AveragesPerHeadAndPerLayer) {
    SpectrumSummary summary;
    summary.add(3, 0, std::vector<double>{4, 0});
    summary.add(3, 0, std::vector<double>{2, 2});
    summary.add(3, 1, std::vector<double>{1, 0.5});
    summary.add(0, 5, std::vector<double>{7, 6, 5});
    ASSERT_EQ(summary.layers().size(), 2U);
    EXPECT_EQ(summary.layers().begin()->first, 0);
    const auto& heads = summary.layers().at(3);
    const HeadSummary& head = heads.at(0);
    EXPECT_EQ(head.samples(), 2);
    EXPECT_EQ(head.mean_singular_values(), (std::vector<double>{3, 1}));
    const RunningMoments& stable = head.metrics()[metric_index("rank_stable")];
    EXPECT_EQ(stable.n(), 2);
    EXPECT_DOUBLE_EQ(stable.mean(), 1.5);
    EXPECT_DOUBLE_EQ(*stable.sd(), std::sqrt(0.5));
    EXPECT_DOUBLE_EQ(head.metrics()[metric_index("norm_spectral")].mean(), 3);
    // Over samples, not over heads: (4 + 2 + 1) / 3.
    const std::vector<double> mean = summary.mean_singular_values(3);
    EXPECT_DOUBLE_EQ(mean[0], 7.0 / 3);
    EXPECT_DOUBLE_EQ(mean[1], 2.5 / 3);
    EXPECT_THROW((void)summary.mean_singular_values(1), Error);
}

TEST(SpectrumSummary, MergesWhatSeveralReadersSaw) {
    Random random(2);
    SpectrumSummary whole;
    SpectrumSummary parts[2];
    for (int sample = 0; sample < 60; ++sample) {
        const std::vector<double> sigma = random_spectrum(random, 5);
        whole.add(sample % 2, sample % 3, sigma);
        parts[sample < 20 ? 0 : 1].add(sample % 2, sample % 3, sigma);
    }
    parts[0].merge(parts[1]);
    for (const auto& [layer, heads] : whole.layers()) {
        for (const auto& [index, head] : heads) {
            const HeadSummary& merged = parts[0].layers().at(layer).at(index);
            EXPECT_EQ(merged.samples(), head.samples());
            for (std::size_t i = 0; i < head.metrics().size(); ++i) {
                EXPECT_NEAR(merged.metrics()[i].mean(), head.metrics()[i].mean(), 1e-13 * std::abs(head.metrics()[i].mean()));
                EXPECT_NEAR(*merged.metrics()[i].sd(), *head.metrics()[i].sd(), 1e-12);
            }
            for (std::size_t i = 0; i < 5; ++i) EXPECT_NEAR(merged.mean_singular_values()[i], head.mean_singular_values()[i], 1e-14);
        }
    }
}

TEST(SpectrumSummary, RefusesASpectrumOfAnotherWidth) {
    SpectrumSummary summary;
    summary.add(0, 0, std::vector<double>{2, 1});
    EXPECT_THROW(summary.add(0, 0, std::vector<double>{2, 1, 0}), Error);
    EXPECT_EQ(summary.layers().at(0).at(0).samples(), 1);
}

}  // namespace
}  // namespace rankscope
