// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPointF>

#include <cmath>

namespace rankscope::gui {

/// Index of the point nearest to `at` within `radius` pixels, the later one of equals (it is drawn on top);
/// -1 for none. NaN points are never hit.
[[nodiscard]] inline qsizetype nearestPoint(const QList<QPointF>& points, const QPointF& at, double radius) {
    qsizetype nearest = -1;
    double least = radius;
    for (qsizetype i = 0; i < points.size(); ++i) {
        const double distance = std::hypot(points[i].x() - at.x(), points[i].y() - at.y());
        if (distance <= least) {
            least = distance;
            nearest = i;
        }
    }
    return nearest;
}

}  // namespace rankscope::gui
