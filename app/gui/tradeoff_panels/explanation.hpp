// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QString>
#include <QStringList>

#include <optional>

namespace rankscope::gui {

/// A topic filled with what is selected and known now.
struct Explanation {
    QString title, definition;
    QString formula;
    QString numbers;  ///< the formula with the current numbers, without "= result"; may be empty
    QString result;   ///< `+0.73 ± 0.06`; `–` while unknown
    QString unit, from, certainty, careful;
    QStringList related;  ///< topics, with the plan's id where this one has it and they are of a plan too
    QStringList places;   ///< names of ExplanationPlace
    QString source;       ///< who defined it; may be empty
    QString exact;        ///< for the clipboard: full precision, `value ± error unit`; empty while unknown

    bool operator==(const Explanation&) const = default;
};

/// `topic` may name a saved plan, as in `perplexity/ID`: then its numbers stand for those of the current
/// plan. Nothing for an unknown topic.
[[nodiscard]] std::optional<Explanation> explain(const QString& topic, const Workspace& workspace);

/// Definition, then the formula with the current numbers: for tooltips. Empty for an unknown topic.
[[nodiscard]] QString explanationToolTip(const QString& topic, const Workspace& workspace);

/// `25.0217 ± 0.302 unit` with full precision; empty when the value is unknown.
[[nodiscard]] QString exactText(double value, double error, const QString& unit);

}  // namespace rankscope::gui
