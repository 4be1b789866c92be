// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/saved_session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace rankscope::gui {

// What "Set", the presets and "Copy settings to" make of a plan. All of them leave locked layers alone, keep
// K' in [1, K], and forget channels chosen by hand in the layers they change.

/// K' moves in steps of 8, from K = 256 on of 16.
[[nodiscard]] int snapStep(std::int64_t keyDim);

/// K' after some steps, in [1, K]: to the next multiples of the snap step, or by single channels.
[[nodiscard]] std::int64_t steppedKept(std::int64_t kept, std::int64_t keyDim, int steps, bool single);

/// Widths below K that a kernel uses up whole: 16, 32, 64, 128, ...
[[nodiscard]] std::vector<std::int64_t> kernelWidths(std::int64_t keyDim);

/// The width whose time K' costs: the next kernel width, at most K.
[[nodiscard]] std::int64_t kernelCost(std::int64_t kept, std::int64_t keyDim);

/// "40" is K', "50%" the share removed. Nothing for what is neither, or outside of 1 to K.
[[nodiscard]] std::optional<std::int64_t> parseKept(const std::string& text, std::int64_t keyDim);

/// "50", "50 %", "37.5%": a share removed, in [0, 1]. Nothing for anything else.
[[nodiscard]] std::optional<double> parseRatio(const std::string& text);

/// One ratio and method for these layers. An empty method keeps everything.
[[nodiscard]] PlanChoice withRatio(PlanChoice plan, const std::set<int>& layers, double ratio,
                                   const std::string& method);
/// Another method for these layers; empty: everything is kept. K' stays.
[[nodiscard]] PlanChoice withMethod(PlanChoice plan, const std::set<int>& layers, const std::string& method);

[[nodiscard]] PlanChoice uniformPlan(PlanChoice plan, double ratio, const std::string& method);
/// The first and the last layer keep everything.
[[nodiscard]] PlanChoice sparedEndsPlan(PlanChoice plan, double ratio, const std::string& method);

/// A number of a layer under a choice; nothing where it is not known.
using LayerValue = std::function<std::optional<double>(const LayerChoice&)>;

/// Every layer the smallest K' at which `energy` is at least `share`; layers whose energy is not known stay
/// as they are, and so do those without a method, which get `method`.
[[nodiscard]] PlanChoice energyPlan(PlanChoice plan, double share, const std::string& method,
                                    const LayerValue& energy);

struct BudgetPlan {
    PlanChoice plan;
    std::int64_t bytes = 0;  ///< state of the plan, locked layers included
    bool reached = false;    ///< false: even K' = 1 everywhere is too much, or nothing is known to choose by
    bool bySweep = true;     ///< false: by kept energy, since the sweep does not cover every layer
};

/// At most `bytes` of state: from full width, the layer that costs least per byte gives a snap step, until it
/// fits. Costs are `delta` (Δnll of a layer alone) if it is known in all unlocked layers, else 1 − `energy`.
/// `bytesPerChannel`: by the number in plan.layers.
[[nodiscard]] BudgetPlan budgetPlan(const PlanChoice& plan, std::int64_t bytes, const std::string& method,
                                    const std::vector<std::int64_t>& bytesPerChannel, const LayerValue& delta,
                                    const LayerValue& energy);

/// All layers the mean K', to the nearest snap step: what a uniform export needs.
[[nodiscard]] PlanChoice sameKeptPlan(PlanChoice plan, const std::string& method);
/// Every pruned layer to its nearest kernel width; of two equally near the wider one.
[[nodiscard]] PlanChoice kernelWidthsPlan(PlanChoice plan);

/// Method and share kept of one layer for others.
[[nodiscard]] PlanChoice copiedPlan(PlanChoice plan, int from, const std::set<int>& to);
/// Keeps everything again.
[[nodiscard]] PlanChoice resetPlan(PlanChoice plan, const std::set<int>& layers);
[[nodiscard]] PlanChoice lockedPlan(PlanChoice plan, const std::set<int>& layers, bool locked);

}  // namespace rankscope::gui
