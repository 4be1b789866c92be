// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/cut_line.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/theme.hpp"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {

void CutLine::cancel() {
    value = before_.value_or(value);
    before_.reset();
}

int CutLine::valueAt(double index, bool single) const {
    if (count < 1 || std::isnan(index)) return value;
    // The line of value v is drawn at v + 1/2.
    const double kept = std::clamp(index - 0.5, 0.0, static_cast<double>(count));
    const int step = single ? 1 : std::clamp(snap, 1, count);
    int result = static_cast<int>(std::lround(kept / step)) * step;
    // The last stop is all of them, also when their number is no multiple.
    if (result > count || kept > count - (count % step) / 2.0) result = count;
    return std::clamp(result, step, count);
}

QRectF CutLine::gripRect(double lineX, const QRectF& plot, const QFont& application) const {
    const double u = designUnit(application);
    const QFont font = scaledFont(application, TextRole::LabelStrong);
    const double width = QFontMetricsF(font).horizontalAdvance(text) + (movable ? 27 : 18) * u;
    const double height = 19 * u;
    // Right of the middle of the line as far as the plot allows.
    const double left = std::clamp(lineX - width / 2, plot.left() - 2 * u,
                                   std::max(plot.left() - 2 * u, plot.right() + 8 * u - width));
    return {left, plot.top() - 2 * u, width, height};
}

QRectF CutLine::paintedRect(double lineX, const QRectF& plot, const QFont& application) const {
    const QRectF line(lineX - 3, plot.top() - 6, 6, plot.height() + 8);
    return line.united(gripRect(lineX, plot, application).adjusted(-5, -5, 5, 5));
}

bool CutLine::hit(const QPointF& pixel, double lineX, const QRectF& plot, const QFont& application) const {
    if (count < 1 || !movable) return false;
    const QRectF line(lineX - 8, plot.top(), 16, plot.height());
    return line.contains(pixel) || gripRect(lineX, plot, application).contains(pixel);
}

void CutLine::paint(QPainter& painter, double lineX, const QRectF& plot, const QFont& application,
                    const Theme& theme) const {
    if (count < 1) return;
    const double u = designUnit(application);
    const QColor main = theme.color((held || isDragging()) ? Role::Accent : Role::Ink);
    const QColor ground = theme.color(Role::Panel);
    const QColor label = outlined ? main : (held || isDragging()) ? theme.color(Role::OnAccent) : ground;
    const double x = std::floor(lineX) + 0.5;
    painter.save();
    painter.setPen(QPen(theme.color(Role::Ink), 1.4 * std::max(1.0, u)));
    painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()));

    const QRectF grip = gripRect(lineX, plot, application).adjusted(0.5, 0.5, -0.5, -0.5);
    if ((held || isDragging())) {
        QColor glow = main;
        glow.setAlphaF(0.25F);
        painter.setPen(QPen(glow, 5));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(grip, 3, 3);
    }
    painter.setPen(QPen(main, 1.2));
    painter.setBrush(outlined ? ground : main);
    painter.drawRoundedRect(grip, 3, 3);
    painter.setPen(QPen(label, 1.3));
    for (const double dx : {9.0, 12.0}) {
        if (!movable) break;
        painter.drawLine(QPointF(grip.left() + dx * u, grip.top() + 5 * u),
                         QPointF(grip.left() + dx * u, grip.bottom() - 5 * u));
    }
    const QFont font = scaledFont(application, TextRole::LabelStrong);
    painter.setFont(font);
    painter.drawText(QPointF(grip.left() + (movable ? 18 : 9) * u, centeredBaseline(font, grip.center().y())),
                     text);
    painter.restore();
}

}  // namespace rankscope::gui
