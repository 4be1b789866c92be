// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QPainterPath>
#include <QPointF>

QT_BEGIN_NAMESPACE
class QPainter;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What is known about a plan's numbers.
enum class PlanState { Estimate, Measuring, Exact, Queued, Failed };

/// The word for people: "estimate", "measuring", ...
[[nodiscard]] QString planStateName(PlanState state);

/// Outline of a method's marker, centred at 0. All look about equally large; `size` is the diameter of
/// DRRQR's disc. Random's cross and Energy's are filled shapes as well, so that every marker can be hollow,
/// part filled and solid.
[[nodiscard]] QPainterPath markerPath(Method method, double size);

struct MarkerLook {
    Method method = Method::Drrqr;
    PlanState state = PlanState::Exact;
    double fraction = 1;     ///< share of windows done while measuring, [0, 1]: height of the filling
    bool recovered = false;  ///< drawn with a hole
    QColor color;            ///< instead of the method's, when valid (legends)
};

/// Outline, filling and rim as in the table of plan states. `ground` is the colour under it: filling of
/// hollow markers, rim of solid ones.
void drawMarker(QPainter& painter, const QPointF& center, double size, const MarkerLook& look,
                const Theme& theme, const QColor& ground);

}  // namespace rankscope::gui
