// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/presets.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace rankscope::gui {
namespace {

PlanChoice planOf(const std::vector<std::int64_t>& kept, std::int64_t keyDim = 64,
                  const std::string& method = "drrqr") {
    PlanChoice plan;
    for (std::size_t i = 0; i < kept.size(); ++i)
        plan.layers.push_back({static_cast<std::int64_t>(i), method, kept[i], keyDim, false, {}});
    return plan;
}

std::vector<std::int64_t> keptOf(const PlanChoice& plan) {
    std::vector<std::int64_t> kept;
    for (const LayerChoice& layer : plan.layers)
        kept.push_back(layer.kept);
    return kept;
}

using Kept = std::vector<std::int64_t>;

TEST(Presets, StepsStopAtMultiples) {
    EXPECT_EQ(snapStep(64), 8);
    EXPECT_EQ(snapStep(255), 8);
    EXPECT_EQ(snapStep(256), 16);
    EXPECT_EQ(steppedKept(40, 64, -1, false), 32);
    EXPECT_EQ(steppedKept(40, 64, 2, false), 56);
    EXPECT_EQ(steppedKept(37, 64, -1, false), 32);
    EXPECT_EQ(steppedKept(37, 64, 1, false), 40);
    EXPECT_EQ(steppedKept(8, 64, -1, false), 1);
    EXPECT_EQ(steppedKept(60, 64, 3, false), 64);
    EXPECT_EQ(steppedKept(40, 64, -1, true), 39);
    EXPECT_EQ(steppedKept(1, 64, -1, true), 1);
    EXPECT_EQ(steppedKept(48, 256, 1, false), 64);
}

TEST(Presets, KernelWidthsAndTheirCost) {
    EXPECT_EQ(kernelWidths(128), (Kept{16, 32, 64}));
    EXPECT_EQ(kernelWidths(16), Kept{});
    EXPECT_EQ(kernelCost(89, 256), 128);
    EXPECT_EQ(kernelCost(64, 128), 64);
    EXPECT_EQ(kernelCost(3, 64), 16);
    EXPECT_EQ(kernelCost(65, 100), 100);
}

TEST(Presets, TypedTextIsKeptOrRatio) {
    EXPECT_EQ(parseKept("40", 64), 40);
    EXPECT_EQ(parseKept(" 64 ", 64), 64);
    EXPECT_EQ(parseKept("25%", 64), 48);
    EXPECT_EQ(parseKept("12,5 %", 64), 56);
    EXPECT_EQ(parseKept("100%", 64), 1);
    for (const char* wrong : {"", "0", "65", "-3", "4.5", "4x", "%", "101%", "-1%", "nan", "1e99", "inf"})
        EXPECT_FALSE(parseKept(wrong, 64)) << wrong;
    EXPECT_DOUBLE_EQ(*parseRatio("37.5 %"), 0.375);
    EXPECT_DOUBLE_EQ(*parseRatio("50"), 0.5);
    EXPECT_FALSE(parseRatio("120"));
    EXPECT_FALSE(parseRatio("half"));
}

TEST(Presets, LockedLayersStayAsTheyAre) {
    PlanChoice plan = planOf({64, 40, 64});
    plan.layers[1].locked = true;
    const LayerChoice locked = plan.layers[1];
    const std::set<int> all{0, 1, 2};
    const LayerValue energy = [](const LayerChoice& layer) {
        return std::optional(static_cast<double>(layer.kept) / 64);
    };
    for (const PlanChoice& result :
         {withRatio(plan, all, 0.5, "l1"), withMethod(plan, all, "taylor"), uniformPlan(plan, 0.75, "l1"),
          sparedEndsPlan(plan, 0.5, "l1"), energyPlan(plan, 0.5, "l1", energy),
          budgetPlan(plan, 40000, "l1", {256, 256, 256}, energy, energy).plan, sameKeptPlan(plan, "l1"),
          kernelWidthsPlan(plan), copiedPlan(plan, 0, all), resetPlan(plan, all)}) {
        EXPECT_EQ(result.layers[1], locked);
    }
    EXPECT_FALSE(lockedPlan(plan, {1}, false).layers[1].locked);
    EXPECT_TRUE(lockedPlan(plan, {0}, true).layers[0].locked);
}

TEST(Presets, UniformAndSparedEnds) {
    EXPECT_EQ(keptOf(uniformPlan(planOf({64, 40, 8}), 0.75, "l1")), (Kept{16, 16, 16}));
    const PlanChoice spared = sparedEndsPlan(planOf({8, 40, 40, 8}), 0.5, "l1");
    EXPECT_EQ(keptOf(spared), (Kept{64, 32, 32, 64}));
    EXPECT_EQ(spared.layers[1].method, "l1");
}

TEST(Presets, ChannelsChosenByHandAreForgottenWhereALayerChanges) {
    PlanChoice plan = planOf({2, 2}, 4);
    plan.layers[0].by_hand = {{0, 3}};
    plan.layers[1].by_hand = {{1, 2}};
    const PlanChoice result = withRatio(plan, {1}, 0.25, "l1");
    EXPECT_EQ(result.layers[0], plan.layers[0]);
    EXPECT_TRUE(result.layers[1].by_hand.empty());
    EXPECT_EQ(result.layers[1].kept, 3);
}

TEST(Presets, AMethodThatKeepsAllKeepsAll) {
    const PlanChoice result = withMethod(planOf({16, 24}), {0}, {});
    EXPECT_EQ(keptOf(result), (Kept{64, 24}));
    EXPECT_TRUE(result.layers[0].method.empty());
    EXPECT_EQ(keptOf(withRatio(planOf({16, 24}), {1}, 0.5, {})), (Kept{16, 64}));
}

TEST(Presets, EnergyTakesTheFewestChannelsThatHoldTheShare) {
    // Layer i holds (K'/K)^(1/(i+1)).
    const LayerValue energy = [](const LayerChoice& layer) {
        return std::optional(
            std::pow(static_cast<double>(layer.kept) / 64, 1.0 / static_cast<double>(layer.index + 1)));
    };
    const PlanChoice result = energyPlan(planOf({64, 64, 10}), 0.5, "l1", energy);
    EXPECT_EQ(keptOf(result), (Kept{32, 16, 8}));
    for (const LayerChoice& layer : result.layers) {
        EXPECT_GE(*energy(layer), 0.5);
        LayerChoice less = layer;
        --less.kept;
        EXPECT_LT(*energy(less), 0.5);
    }
}

TEST(Presets, EnergyLeavesLayersOfUnknownEnergy) {
    const LayerValue energy = [](const LayerChoice& layer) {
        return layer.index == 1 ? std::nullopt : std::optional(static_cast<double>(layer.kept) / 64);
    };
    EXPECT_EQ(keptOf(energyPlan(planOf({64, 40}), 0.25, "l1", energy)), (Kept{16, 40}));
}

TEST(Presets, BudgetTakesFromTheLayerThatCostsLeast) {
    // Layer 0 is ten times as dear.
    const LayerValue delta = [](const LayerChoice& layer) {
        const double removed = 1 - static_cast<double>(layer.kept) / 64;
        return std::optional((layer.index == 0 ? 10 : 1) * removed * removed);
    };
    const LayerValue never = [](const LayerChoice&) -> std::optional<double> { return std::nullopt; };
    const BudgetPlan result = budgetPlan(planOf({64, 64}), 96 * 256, "l1", {256, 256}, delta, never);
    EXPECT_TRUE(result.reached);
    EXPECT_TRUE(result.bySweep);
    EXPECT_LE(result.bytes, 96 * 256);
    EXPECT_GT(result.plan.layers[0].kept, result.plan.layers[1].kept);
    EXPECT_EQ(result.bytes, (result.plan.layers[0].kept + result.plan.layers[1].kept) * 256);
    // No step of the result can be given back within the budget.
    EXPECT_GT(result.bytes + 8 * 256, 96 * 256);
}

TEST(Presets, BudgetFallsBackOnKeptEnergy) {
    const LayerValue energy = [](const LayerChoice& layer) {
        return std::optional(std::pow(static_cast<double>(layer.kept) / 64, layer.index == 0 ? 1.0 : 0.1));
    };
    // The sweep knows one of both layers: no fair comparison.
    const LayerValue delta = [](const LayerChoice& layer) {
        return layer.index == 0 ? std::optional(0.1) : std::nullopt;
    };
    const BudgetPlan result = budgetPlan(planOf({64, 64}), 64 * 256, "l1", {256, 256}, delta, energy);
    EXPECT_FALSE(result.bySweep);
    EXPECT_TRUE(result.reached);
    EXPECT_GT(result.plan.layers[0].kept, result.plan.layers[1].kept);
}

TEST(Presets, ABudgetThatCannotBeMetIsSaid) {
    const LayerValue delta = [](const LayerChoice& layer) {
        return std::optional(1.0 / static_cast<double>(layer.kept));
    };
    const LayerValue never = [](const LayerChoice&) -> std::optional<double> { return std::nullopt; };
    PlanChoice plan = planOf({64, 64});
    plan.layers[0].locked = true;
    const BudgetPlan tight = budgetPlan(plan, 40 * 256, "l1", {256, 256}, delta, never);
    EXPECT_FALSE(tight.reached);
    EXPECT_EQ(keptOf(tight.plan), (Kept{64, 1}));
    const BudgetPlan blind = budgetPlan(plan, 40 * 256, "l1", {256, 256}, never, never);
    EXPECT_FALSE(blind.reached);
    EXPECT_EQ(blind.plan, plan);
}

TEST(Presets, SameKeptIsTheMeanToTheNearestStep) {
    EXPECT_EQ(keptOf(sameKeptPlan(planOf({16, 40, 64}), "l1")), (Kept{40, 40, 40}));
    EXPECT_EQ(keptOf(sameKeptPlan(planOf({16, 16, 24}), "l1")), (Kept{16, 16, 16}));
    const PlanChoice whole = sameKeptPlan(planOf({64, 64}, 64, {}), "l1");
    EXPECT_TRUE(whole.layers[0].method.empty());
}

TEST(Presets, KernelWidthsAreTheNearestAndOfTwoTheWider) {
    EXPECT_EQ(keptOf(kernelWidthsPlan(planOf({17, 24, 40, 48, 63, 3}))), (Kept{16, 32, 32, 64, 64, 16}));
}

TEST(Presets, CopyKeepsTheShareAcrossWidths) {
    PlanChoice plan = planOf({16, 64});
    plan.layers[0].method = "taylor";
    plan.layers[1].key_dim = 128;
    const PlanChoice result = copiedPlan(plan, 0, {0, 1});
    EXPECT_EQ(keptOf(result), (Kept{16, 32}));
    EXPECT_EQ(result.layers[1].method, "taylor");
}

}  // namespace
}  // namespace rankscope::gui
