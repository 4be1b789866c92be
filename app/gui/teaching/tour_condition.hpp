// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QList>
#include <QString>

namespace rankscope::gui {

class LessonFacts;
class LessonHost;
class LessonNode;

/// When a step of a tour is done: something about the plan, the selection or the window that anybody can
/// bring about by hand.
class TourCondition {
public:
    /// An object; several keys must hold together. Error{Input} for what no condition can mean.
    [[nodiscard]] static TourCondition read(const LessonNode& node);

    [[nodiscard]] bool holds(const Workspace& workspace, const LessonFacts& facts,
                             const LessonHost& host) const;

    /// False: the session has no such layer or plan, so nobody could ever do it.
    [[nodiscard]] bool isPossible(const LessonFacts& facts) const;

private:
    enum class Kind { All, Any, Layer, Metric, Level, KeptAtMost, Plan, Pinned, Checked };

    [[nodiscard]] static TourCondition single(Kind kind, const QString& word, double number = 0);

    Kind kind_ = Kind::All;
    QString word_;       ///< role, metric, level or action
    double number_ = 0;  ///< share of the channels, number of pins
    QList<TourCondition> parts_;
};

}  // namespace rankscope::gui
