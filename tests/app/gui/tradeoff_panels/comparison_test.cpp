// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/comparison.hpp"

#include "app/gui/tradeoff_panels/attribution_store.hpp"
#include "tests/app/gui/tradeoff_panels/panel_look.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace rankscope::gui {
namespace {

using Verdict = ComparisonRow::Verdict;

/// A plan measured on 22 windows.
PlanFacts facts(double deltaNll, double error, double stateBytes = 1e5) {
    PlanFacts f;
    f.method = Method::Drrqr;
    f.state = PlanState::Exact;
    f.windows = f.windowsTotal = 22;
    f.deltaNll = deltaNll;
    f.deltaNllError = error;
    f.perplexity = 20 * std::exp(deltaNll);
    f.perplexityError = 0.3;
    f.delta = f.perplexity - 20;
    f.deltaError = f.perplexity * error;
    f.stateBytes = stateBytes;
    f.parameters = 2e6;
    return f;
}

const ComparisonRow& row(const Comparison& comparison, const char* topic) {
    for (const ComparisonRow& each : comparison.rows) {
        if (each.topic == QLatin1String(topic)) return each;
    }
    ADD_FAILURE() << "no row " << topic;
    return comparison.rows.first();
}

TEST(Comparisons, TheErrorOfTwoPairedDifferencesIsOnlyABound) {
    const Comparison c = compare(facts(0.030, 0.001), facts(0.020, 0.002), {}, {}, std::nullopt);
    const ComparisonRow& ppl = row(c, "perplexity");
    EXPECT_TRUE(c.bounded);
    EXPECT_FALSE(c.paired);
    EXPECT_NEAR(ppl.differenceValue, 20 * std::exp(0.020) - 20 * std::exp(0.030), 1e-9);
    EXPECT_NEAR(ppl.differenceError, 20 * std::exp(0.020) * 0.003, 1e-9);
    EXPECT_TRUE(ppl.difference.contains(QStringLiteral("± ≤")));
    EXPECT_EQ(ppl.verdict, Verdict::Better);
    EXPECT_TRUE(c.sentence.contains(QStringLiteral("better"))) << c.sentence.toStdString();
    EXPECT_TRUE(c.sentence.contains(QStringLiteral("at least 3 standard errors")))
        << c.sentence.toStdString();
}

TEST(Comparisons, WhatTheEngineMeasuredReplacesTheBound) {
    const Comparison c =
        compare(facts(0.030, 0.001), facts(0.029, 0.002), {}, {}, PairedDifference{-0.0012, 0.0002});
    const ComparisonRow& ppl = row(c, "perplexity");
    EXPECT_TRUE(c.paired);
    EXPECT_FALSE(c.bounded);
    EXPECT_NEAR(ppl.differenceError, ppl.bValue * 0.0002, 1e-4);
    EXPECT_FALSE(ppl.difference.contains(QStringLiteral("≤")));
    EXPECT_EQ(ppl.verdict, Verdict::Better);
}

TEST(Comparisons, WithinTwoErrorsNothingCanBeTold) {
    Comparison c = compare(facts(0.030, 0.001), facts(0.031, 0.002), {}, {}, std::nullopt);
    EXPECT_EQ(row(c, "perplexity").verdict, Verdict::Equal);
    EXPECT_TRUE(c.sentence.contains(QStringLiteral("not distinguishable by what is known")));
    EXPECT_TRUE(c.sentence.contains(QStringLiteral("at most")));
    c = compare(facts(0.030, 0.001), facts(0.031, 0.002), {}, {}, PairedDifference{0.001, 0.0008});
    EXPECT_TRUE(c.sentence.startsWith(QStringLiteral("A and B are not distinguishable: 0.02 ± 0.02")))
        << c.sentence.toStdString();
    EXPECT_EQ(row(c, "perplexity").verdict, Verdict::Equal);
}

TEST(Comparisons, AWorsePlanIsSaidToBeWorse) {
    const Comparison c = compare(facts(0.02, 0.001), facts(0.06, 0.001, 0.75e5), {}, {}, std::nullopt);
    EXPECT_EQ(row(c, "perplexity").verdict, Verdict::Worse);
    EXPECT_TRUE(row(c, "perplexity").difference.startsWith(QLatin1Char('+')));
    EXPECT_EQ(row(c, "state").verdict, Verdict::Better);
    EXPECT_TRUE(c.sentence.contains(QStringLiteral("with 25 % less state"))) << c.sentence.toStdString();
}

TEST(Comparisons, TheFullModelNeedsNoBound) {
    PlanFacts full = facts(0, 0);
    full.method = Method::FullModel;
    full.deltaNllError = PlanFacts::kUnknown;
    const Comparison c = compare(full, facts(0.02, 0.001), {}, {}, std::nullopt);
    EXPECT_TRUE(c.paired);
    EXPECT_NEAR(row(c, "perplexity").differenceError, 20 * std::exp(0.02) * 0.001, 1e-9);
}

TEST(Comparisons, EstimatesAndOtherWindowsGiveNoVerdict) {
    PlanFacts estimate = facts(0.02, 0.001);
    estimate.estimated = true;
    estimate.state = PlanState::Estimate;
    Comparison c = compare(facts(0.04, 0.001), estimate, {}, {}, std::nullopt);
    EXPECT_EQ(row(c, "perplexity").verdict, Verdict::Unknown);
    EXPECT_TRUE(row(c, "perplexity").difference.startsWith(QStringLiteral("≈")));
    EXPECT_TRUE(c.sentence.startsWith(QStringLiteral("B is an estimate"))) << c.sentence.toStdString();
    PlanFacts half = facts(0.02, 0.001);
    half.windows = 11;
    c = compare(facts(0.04, 0.001), half, {}, {}, std::nullopt);
    EXPECT_EQ(row(c, "perplexity").verdict, Verdict::Unknown);
    EXPECT_TRUE(c.sentence.contains(QStringLiteral("same windows")));
    PlanFacts nothing = facts(0.02, 0.001);
    nothing.perplexity = nothing.deltaNll = PlanFacts::kUnknown;
    c = compare(facts(0.04, 0.001), nothing, {}, {}, std::nullopt);
    EXPECT_EQ(row(c, "perplexity").difference, QStringLiteral("–"));
    EXPECT_TRUE(c.sentence.startsWith(QStringLiteral("B was not measured")));
}

TEST(Comparisons, SpeedWithinItsSpreadIsEqual) {
    PlanFacts a = facts(0.02, 0.001), b = facts(0.03, 0.001);
    a.speed = MeasuredSpeed{};
    a.speed->decode = 2000;
    a.speed->decode_mad = 0.01;
    b.speed = a.speed;
    b.speed->decode = 2010;
    EXPECT_EQ(row(compare(a, b, {}, {}, std::nullopt), "decode").verdict, Verdict::Equal);
    b.speed->decode = 2400;
    const Comparison c = compare(a, b, {}, {}, std::nullopt);
    EXPECT_EQ(row(c, "decode").verdict, Verdict::Better);
    EXPECT_TRUE(row(c, "decode").difference.startsWith(QStringLiteral("×1.20 ±")));
    // Another day the machine may be busy: no ratio of two runs.
    b.speed->measured = "2026-01-06T09:00:00Z";
    const Comparison apart = compare(a, b, {}, {}, std::nullopt);
    EXPECT_EQ(row(apart, "decode").difference, QStringLiteral("–"));
    EXPECT_TRUE(row(apart, "decode").toolTip.contains(QStringLiteral("different runs")));
}

TEST(Comparisons, TheSentenceNamesTheLayers) {
    const auto plan = [](const std::vector<int>& kept) {
        PlanChoice choice;
        for (std::size_t i = 0; i < kept.size(); ++i)
            choice.layers.push_back({static_cast<std::int64_t>(i), "drrqr", kept[i], 64, false, {}});
        return choice;
    };
    const Comparison c = compare(facts(0.02, 0.001), facts(0.01, 0.001), plan({32, 32, 32, 32, 32, 32}),
                                 plan({16, 24, 40, 48, 40, 24}), std::nullopt);
    EXPECT_TRUE(c.sentence.endsWith(
        QStringLiteral("It keeps more channels in layers 2–4 and fewer in layers 0, 1 and 5.")))
        << c.sentence.toStdString();
    EXPECT_EQ(differingLayers(plan({32, 64}), plan({32, 32})), QList<int>{1});
    PlanChoice whole = plan({64});
    whole.layers[0].method.clear();
    EXPECT_TRUE(differingLayers(whole, plan({64})).isEmpty());
}

TEST(Comparisons, LayersAreSaidShortly) {
    EXPECT_EQ(layersText({3}), QStringLiteral("layer 3"));
    EXPECT_EQ(layersText({0, 1}), QStringLiteral("layers 0 and 1"));
    EXPECT_EQ(layersText({0, 2, 3, 4, 7}), QStringLiteral("layers 0, 2–4 and 7"));
}

TEST(Comparisons, TheTableHasNumbersAndSaysWhatTheErrorIs) {
    const Comparison c = compare(facts(0.03, 0.001), facts(0.02, 0.002), {}, {}, std::nullopt);
    const ColumnTable table = c.table(QStringLiteral("x"), QStringLiteral("y"));
    EXPECT_EQ(table.rows.size(), c.rows.size());
    EXPECT_EQ(table.header(5), QStringLiteral("standard error, at most"));
    EXPECT_EQ(table.header(2), QStringLiteral("A: x"));
    EXPECT_DOUBLE_EQ(table.rows[1][4].toDouble(), c.rows[1].differenceValue);
}

}  // namespace
}  // namespace rankscope::gui
