// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/document.hpp"
#include "app/gui/theme/theme.hpp"

#include <QString>

#include <cstdint>
#include <limits>
#include <optional>

namespace rankscope::gui {

class EngineControl;

/// Stands for the unpruned model where an id of a saved plan is meant.
[[nodiscard]] QString fullModelId();
/// Stands for the current plan while no saved plan does the same.
[[nodiscard]] QString currentPlanId();

/// Everything a table row, a dot or the ribbon says of a plan. NaN: unknown.
struct PlanFacts {
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

    QString id;  ///< of the saved plan, or one of the two above
    QString name;
    Method method = Method::FullModel;
    QString methodText;  ///< of `method`; of one that this version does not know as its file calls it
    PlanState state = PlanState::Estimate;
    std::int64_t windows = 0, windowsTotal = 0;
    bool estimated = false;  ///< perplexity and difference come from the one-layer sweep

    double perplexity = kUnknown, perplexityError = kUnknown;
    double delta = kUnknown, deltaError = kUnknown;  ///< paired difference to the full model, perplexity
    double deltaNll = kUnknown, deltaNllError = kUnknown;  ///< the same in nats per token
    double recall = kUnknown, recallError = kUnknown;      ///< share of marked answers, 0 to 1

    double stateBytes = kUnknown, parameters = kUnknown, meanKept = kUnknown;
    std::optional<MeasuredSpeed> speed;

    bool uniform = false;
    QString recoveredFrom;
    QString failure;

    [[nodiscard]] bool isExact() const { return state == PlanState::Exact; }

    /// Share of the windows done, 0 to 1.
    [[nodiscard]] double fraction() const;
    /// Tokens per second; NaN where they were not measured.
    [[nodiscard]] double decode() const;
    [[nodiscard]] double prefill() const;
};

/// What a plan is called: its saved name; its own name unless that belongs to another plan; else what it
/// does.
[[nodiscard]] QString planName(const Document& document, const PlanChoice& choice);

[[nodiscard]] PlanFacts planFacts(const Document& document, const PlanChoice& choice);
[[nodiscard]] PlanFacts planFacts(const Document& document, const SavedPlan& point);
[[nodiscard]] PlanFacts fullModelFacts(const Document& document);
/// Of the current plan; its id is that of the saved plan, or of the full model, that does the same.
[[nodiscard]] PlanFacts currentFacts(const Document& document);
/// Of a saved plan or of one of the two special ids; nothing for an id that is not there.
[[nodiscard]] std::optional<PlanFacts> factsOfId(const Document& document, const QString& id);

/// Every prunable layer whole; locks stay as they are.
[[nodiscard]] PlanChoice fullModelChoice(const Document& document);
/// One undo step that makes a saved plan, or the full model, the current one.
void makeCurrent(Document& document, const QString& id);

/// Whether two speeds come from one run of the benchmark: a ratio of others says more about the machine that
/// day.
[[nodiscard]] bool timedTogether(const PlanFacts& a, const PlanFacts& b);
[[nodiscard]] bool timedTogether(const MeasuredSpeed& a, const MeasuredSpeed& b);

/// "measured 14:02", "measured 5 Jan", "from sweep"; empty without a speed.
[[nodiscard]] QString speedOrigin(const std::optional<MeasuredSpeed>& speed);
/// Device, implementation, batch, length and spread of a speed, in lines.
[[nodiscard]] QString speedDetails(const MeasuredSpeed& speed);

/// A word about what is known, and the colour it has.
struct StateWord {
    QString text;
    Role role = Role::Ink2;
    QString toolTip;
};

/// `estimate`, `measuring 23 / 40`, `exact`, `stopped at 23 / 40`, `failed`, `Live is off`, ...
[[nodiscard]] StateWord stateWord(const PlanFacts& facts, const EngineControl& engine);

/// A size of a model: 7.01 and M, 1.266 and B.
struct NumberAndUnit {
    QString number, unit;
};

[[nodiscard]] NumberAndUnit parameterText(double count);
/// 184 and KiB.
[[nodiscard]] NumberAndUnit byteText(double count);
/// `−52 %`, `+3.0 %`: whole from ten on.
[[nodiscard]] QString changePercent(double value, double reference);

}  // namespace rankscope::gui
