// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/legend.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QFontMetricsF>
#include <QPainter>

#include <cmath>

namespace rankscope::gui {
namespace {

double signWidth(const LegendEntry& entry, double unit) {
    return (entry.sign == LegendEntry::Sign::Marker || entry.sign >= LegendEntry::Sign::TriangleUp ? 11 : 20)
           * unit;
}

void drawSign(QPainter& painter, const QRectF& box, const LegendEntry& entry, const Theme& theme,
              double unit) {
    const double y = box.center().y();
    switch (entry.sign) {
        case LegendEntry::Sign::Line:
        case LegendEntry::Sign::DashedLine: {
            QPen pen(entry.color, entry.width, Qt::SolidLine, Qt::FlatCap);
            if (entry.sign == LegendEntry::Sign::DashedLine)
                pen.setDashPattern({6 / entry.width, 3 / entry.width});
            painter.setPen(pen);
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
            break;
        }
        case LegendEntry::Sign::Band:
            painter.fillRect(QRectF(box.left(), y - 4 * unit, box.width(), 8 * unit), entry.color);
            break;
        case LegendEntry::Sign::Marker:
            drawMarker(painter, {box.center().x(), y}, 9 * unit, entry.marker, theme,
                       theme.color(Role::Panel));
            break;
        case LegendEntry::Sign::TriangleUp:
        case LegendEntry::Sign::TriangleDown: {
            painter.save();
            painter.translate(box.center().x(), y);
            if (entry.sign == LegendEntry::Sign::TriangleDown) painter.rotate(180);
            painter.fillPath(markerPath(Method::SWanda, 7 * unit), entry.color);
            painter.restore();
            break;
        }
    }
}

template <typename Visit>
int layOut(const QList<LegendEntry>& entries, double width, const QFont& application, Visit visit) {
    const double unit = designUnit(application);
    const QFontMetricsF metrics(scaledFont(application, TextRole::Label));
    double x = 0;
    int row = 0;
    for (const LegendEntry& entry : entries) {
        const double needed = signWidth(entry, unit) + 5 * unit + metrics.horizontalAdvance(entry.text);
        if (x > 0 && x + needed > width) {
            x = 0;
            ++row;
        }
        visit(entry, x, row);
        x += needed + 16 * unit;
    }
    return entries.isEmpty() ? 0 : row + 1;
}

double rowHeight(const QFont& application) {
    return QFontMetricsF(scaledFont(application, TextRole::Label)).height() * 1.15;
}

}  // namespace

double legendHeight(const QList<LegendEntry>& entries, double width, const QFont& application) {
    return layOut(entries, width, application, [](const LegendEntry&, double, int) {})
           * rowHeight(application);
}

double legendWidth(const QList<LegendEntry>& entries, const QFont& application) {
    const double unit = designUnit(application);
    const QFontMetricsF metrics(scaledFont(application, TextRole::Label));
    double width = 0;
    layOut(entries, 1e9, application, [&](const LegendEntry& entry, double x, int) {
        width = x + signWidth(entry, unit) + 5 * unit + metrics.horizontalAdvance(entry.text);
    });
    return width;
}

void drawLegend(QPainter& painter, const QRectF& area, const QList<LegendEntry>& entries,
                const QFont& application, const Theme& theme) {
    const double unit = designUnit(application);
    const double height = rowHeight(application);
    const QFont font = scaledFont(application, TextRole::Label);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    layOut(entries, area.width(), application, [&](const LegendEntry& entry, double x, int row) {
        const double y = area.top() + (row + 0.5) * height;
        const double width = signWidth(entry, unit);
        drawSign(painter, QRectF(area.left() + x, y - height / 2, width, height), entry, theme, unit);
        painter.setFont(font);
        painter.setPen(theme.color(Role::Ink2));
        painter.drawText(QPointF(area.left() + x + width + 5 * unit, centeredBaseline(font, y)), entry.text);
    });
    painter.restore();
}

}  // namespace rankscope::gui
