// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/marker.hpp"
#include "app/gui/theme/method.hpp"
#include "core/session/saved_session.hpp"

#include <QString>

#include <cstdint>
#include <optional>

namespace rankscope::gui {

/// What is known of a plan. Results are no part of undo: a plan that comes back finds them again.
struct PlanRecord {
    PlanState state = PlanState::Estimate;   ///< of `quality`
    std::optional<MeasuredQuality> quality;  ///< whole or partial; nothing: not run yet
    std::optional<MeasuredSpeed> speed;
    std::optional<Plan> plan;  ///< what was run
    QString failure;

    /// Share of the windows done, 0 to 1.
    [[nodiscard]] double fraction() const {
        return quality && quality->windows_total > 0
                   ? static_cast<double>(quality->windows) / static_cast<double>(quality->windows_total)
                   : 0;
    }
};

/// Names a plan by what it does: method and K' of every layer, channels chosen by hand, scale. Not by its
/// name or locks.
[[nodiscard]] QString planKey(const PlanChoice& choice);
/// Whether two plans have the same key; quicker than making both.
[[nodiscard]] bool samePlan(const PlanChoice& a, const PlanChoice& b);

/// The one method of all pruned layers, Mixed for several or hand-made ones, FullModel if nothing is pruned.
[[nodiscard]] Method planMethod(const PlanChoice& choice);

/// planMethod() for people. A method that this version does not know has the name that its file gives it.
[[nodiscard]] QString planMethodName(const PlanChoice& choice);

/// "DRRQR 50 %", "Full model", "Mixed, mean K' 37.5": for plans without a name of their own.
[[nodiscard]] QString defaultPlanName(const PlanChoice& choice);

/// Mean K' over the layers; 0 without layers.
[[nodiscard]] double meanKept(const PlanChoice& choice);

/// exp-difference in perplexity: full · (exp(delta_nll) − 1), and its error: plan perplexity · delta_nll_se.
[[nodiscard]] std::optional<double> perplexityDelta(const MeasuredQuality& quality);
[[nodiscard]] std::optional<double> perplexityDeltaError(const MeasuredQuality& quality);

}  // namespace rankscope::gui
