// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include <QList>
#include <QString>

#include <optional>

namespace rankscope::gui {

/// The paired difference B − A as the engine measured it, in nats per token.
struct PairedDifference {
    double deltaNll = 0;
    double error = PlanFacts::kUnknown;
};

/// One line of Compare.
struct ComparisonRow {
    enum class Verdict {
        Equal,    ///< the same, or within two standard errors: grey
        Better,   ///< B is: blue
        Worse,    ///< B is: red
        Neutral,  ///< different, but neither is good
        Unknown,  ///< nothing can be said: grey
    };

    QString topic;  ///< of the explanation card
    QString label;
    QString a, b;        ///< with their ±
    QString difference;  ///< B − A, with sign and ±
    Verdict verdict = Verdict::Unknown;
    QString toolTip;
    double aValue = PlanFacts::kUnknown, bValue = PlanFacts::kUnknown;
    double differenceValue = PlanFacts::kUnknown, differenceError = PlanFacts::kUnknown;
    QString unit;
};

/// Two plans beside each other.
struct Comparison {
    QList<ComparisonRow> rows;
    QString sentence;      ///< the result and how sure it is
    bool paired = false;   ///< the ± of the difference is that of the paired differences themselves
    bool bounded = false;  ///< it is only known to be at most this

    [[nodiscard]] ColumnTable table(const QString& nameA, const QString& nameB) const;
};

/// `choiceA`, `choiceB`: for what the sentence says about layers. `paired`: B − A where the engine measured
/// it.
[[nodiscard]] Comparison compare(const PlanFacts& a, const PlanFacts& b, const PlanChoice& choiceA,
                                 const PlanChoice& choiceB, const std::optional<PairedDifference>& paired);

/// "layers 2–4 and 7"; layers ascending.
[[nodiscard]] QString layersText(const QList<int>& layers);

}  // namespace rankscope::gui
