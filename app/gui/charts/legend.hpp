// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/marker.hpp"

#include <QColor>
#include <QFont>
#include <QList>
#include <QRectF>
#include <QString>

namespace rankscope::gui {

struct LegendEntry {
    enum class Sign { Line, DashedLine, Band, Marker, TriangleUp, TriangleDown };

    Sign sign = Sign::Line;
    QColor color;
    double width = 2;
    MarkerLook marker;  ///< Sign::Marker
    QString text;
};

/// Height of the legend in rows of this width.
[[nodiscard]] double legendHeight(const QList<LegendEntry>& entries, double width, const QFont& application);

/// Width of the entries in one row.
[[nodiscard]] double legendWidth(const QList<LegendEntry>& entries, const QFont& application);

/// Draws the entries from the left, in as many rows as they need.
void drawLegend(QPainter& painter, const QRectF& area, const QList<LegendEntry>& entries,
                const QFont& application, const Theme& theme);

}  // namespace rankscope::gui
