// SPDX-License-Identifier: GPL-3.0-or-later
// How a chart gets onto the screen: the picture that is kept, what moves over it, grid, axes and words.
#include "app/gui/charts/chart_text.hpp"
#include "app/gui/charts/plot_view.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QFontMetricsF>
#include <QPaintEngine>
#include <QPaintEvent>
#include <QPainter>

#include <cmath>

namespace rankscope::gui {

// Curves, axes and words stay as they are while a line is dragged or the pointer wanders: they are kept as
// one picture between what is under and what is over them, and only those two are painted anew.
void PlotView::paintEvent(QPaintEvent* event) {
    const double ratio = viewport()->devicePixelRatioF();
    const QSize pixels = (QSizeF(viewport()->size()) * ratio).toSize();
    if (still_.size() != pixels || still_.devicePixelRatio() != ratio) {
        still_ = QPixmap(pixels);
        still_.setDevicePixelRatio(ratio);
        still_.fill(Qt::transparent);
        QPainter onStill(&still_);
        onStill.setRenderHint(QPainter::Antialiasing);
        rendersStill_ = true;
        render(&onStill, QRectF(viewport()->rect()), viewport()->rect());
        rendersStill_ = false;
    }
    QPainter painter(viewport());
    painter.setClipRegion(event->region());
    painter.fillRect(event->rect(), backgroundBrush());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.save();
    paintGrid(painter);
    if (!isEmpty()) paintUnder(painter);
    painter.restore();
    painter.drawPixmap(QPointF(), still_);
    if (isEmpty()) return;
    paintLive(painter);
    paintOver(painter);
}

void PlotView::paintLive(QPainter& painter) {
    painter.save();
    painter.setClipRect(plotRect_.adjusted(-2, -2, 2, 2), Qt::IntersectClip);
    for (const Curve& curve : liveCurves_)
        strokeLines(painter, curve.pieces, curve.pen);
    painter.restore();
}

void PlotView::strokeLines(QPainter& painter, const QList<QPolygonF>& pieces, QPen pen) const {
    const QPaintEngine* engine = painter.paintEngine();
    const bool toPdf = engine != nullptr && engine->type() == QPaintEngine::Pdf;
    const bool toFile = toPdf || (engine != nullptr && engine->type() == QPaintEngine::SVG);
    if (toPdf && pen.color().alphaF() < 1) {
        // Single faint lines add up to a cloud on the screen; opaque ones do not, so they are a little
        // darker.
        const double share = std::max(0.4, static_cast<double>(pen.color().alphaF()));
        const QColor ground = theme_->color(Role::Panel);
        const auto mix = [&](int line, int under) { return qRound(share * line + (1 - share) * under); };
        pen.setColor(QColor(mix(pen.color().red(), ground.red()), mix(pen.color().green(), ground.green()),
                            mix(pen.color().blue(), ground.blue())));
    }
    pen.setWidthF(lineFactor_ * pen.widthF());
    painter.setPen(pen);
    painter.setBrush(Qt::NoBrush);
    for (QPolygonF piece : pieces) {
        for (QPointF& point : piece)
            point = toPixel(point);
        piece = simplified(piece, toFile ? 0.3 : 0.2);
        if (toFile) {
            // An eighth of a pixel is enough, and short numbers are small ones.
            for (QPointF& point : piece)
                point = QPointF(std::round(8 * point.x()) / 8, std::round(8 * point.y()) / 8);
        }
        // One point alone is a dash of the pen's width.
        const QPointF half(pen.widthF() / 2, 0);
        if (piece.size() == 1) piece = {piece[0] - half, piece[0] + half};
        painter.drawPolyline(piece);
    }
}

void PlotView::paintGrid(QPainter& painter) {
    if (!y_.grid || isEmpty()) return;
    painter.setPen(QPen(theme_->color(Role::Grid), lineFactor_));
    for (const AxisTick& tick : axisTicks(y_, plotRect_.height(), 36 * unit())) {
        if (tick.minor || tick.label.isEmpty()) continue;
        const double y = std::floor(toPixel({x_.low, tick.at}).y()) + 0.5;
        painter.drawLine(QPointF(plotRect_.left(), y), QPointF(plotRect_.right(), y));
    }
}

void PlotView::paintAxis(QPainter& painter, Qt::Orientation orientation) {
    const bool horizontal = orientation == Qt::Horizontal;
    const AxisSpec& axis = horizontal ? x_ : y_;
    const double u = unit();
    const QFont font = scaledFont(this->font(), TextRole::Axis);
    const QFontMetricsF metrics(font);
    const double length = horizontal ? plotRect_.width() : plotRect_.height();
    const double spacing = (axis.spacing > 0 ? axis.spacing : matrix_ || !horizontal ? 36 : 64) * u;
    painter.setFont(font);
    for (const AxisTick& tick : axisTicks(axis, length, spacing)) {
        const QPointF at = toPixel(horizontal ? QPointF(tick.at, y_.low) : QPointF(x_.low, tick.at));
        const double out = (tick.minor ? 2 : 4) * u;
        painter.setPen(QPen(theme_->color(Role::Strong), lineFactor_));
        const double width = metrics.horizontalAdvance(tick.label);
        if (horizontal) {
            const double x = std::floor(at.x()) + 0.5;
            painter.drawLine(QPointF(x, plotRect_.bottom()), QPointF(x, plotRect_.bottom() + out));
            painter.setPen(theme_->color(Role::Ink2));
            painter.drawText(QPointF(x - width / 2, plotRect_.bottom() + 4 * u + 1 + metrics.ascent()),
                             tick.label);
        } else {
            const double y = std::floor(at.y()) + 0.5;
            painter.drawLine(QPointF(plotRect_.left() - out, y), QPointF(plotRect_.left(), y));
            painter.setPen(theme_->color(Role::Ink2));
            painter.drawText(
                QPointF(plotRect_.left() - (matrix_ ? 9 : 7) * u - width, centeredBaseline(font, y)),
                tick.label);
        }
    }
    painter.setPen(QPen(theme_->color(Role::Strong), lineFactor_));
    horizontal ? painter.drawLine(plotRect_.bottomLeft(), plotRect_.bottomRight())
               : painter.drawLine(plotRect_.topLeft(), plotRect_.bottomLeft());
}

void PlotView::paintFrame(QPainter& painter) {
    const double u = unit();
    if (!heading_.isEmpty()) {
        const QFont title = scaledFont(font(), TextRole::PanelTitle);
        const QFontMetricsF metrics(title);
        const double x = std::min(plotRect_.left(), 12 * u);
        const double y = 4 * u + metrics.ascent();
        painter.setFont(title);
        painter.setPen(theme_->color(Role::Ink));
        painter.drawText(QPointF(x, y), heading_);
        const double after = x + metrics.horizontalAdvance(heading_) + 8 * u;
        const QFont small = scaledFont(font(), TextRole::Label);
        painter.setFont(small);
        painter.setPen(theme_->color(Role::Ink2));
        const QFontMetricsF smallMetrics(small);
        const double room = viewport()->width() - after - 4 * u;
        QString subtitle;
        for (const QString& variant : subheading_.split(QChar(0x9c))) {
            subtitle = variant;
            if (smallMetrics.horizontalAdvance(variant) <= room) break;
        }
        painter.drawText(QPointF(after, y), smallMetrics.elidedText(subtitle, Qt::ElideRight, room));
    }
    if (isEmpty()) {
        painter.setFont(scaledFont(font(), TextRole::Body));
        painter.setPen(theme_->color(Role::Ink2));
        painter.drawText(QRectF(viewport()->rect()).adjusted(12, 12, -12, -12),
                         Qt::AlignCenter | Qt::TextWordWrap,
                         emptyText_.isEmpty() ? tr("Nothing to draw yet") : emptyText_);
        return;
    }
    paintAxis(painter, Qt::Horizontal);
    paintAxis(painter, Qt::Vertical);

    const QFont label = scaledFont(font(), TextRole::Label);
    const QFontMetricsF metrics(label);
    painter.setFont(label);
    painter.setPen(theme_->color(Role::Ink2));
    double y = plotRect_.bottom() + 4 * u + QFontMetricsF(scaledFont(font(), TextRole::Axis)).height();
    if (!x_.title.isEmpty()) {
        painter.drawText(QPointF(plotRect_.center().x() - metrics.horizontalAdvance(x_.title) / 2,
                                 y + 2 * u + metrics.ascent()),
                         x_.title);
        y += metrics.height() + 2 * u;
    }
    if (!y_.title.isEmpty()) {
        painter.save();
        painter.translate(3 * u + metrics.ascent(), plotRect_.center().y());
        painter.rotate(-90);
        painter.drawText(QPointF(-metrics.horizontalAdvance(y_.title) / 2, 0), y_.title);
        painter.restore();
    }
    const QList<LegendEntry> entries = legend();
    const double room = viewport()->width() - plotRect_.left() - 4 * u;
    const QRectF inHeading = headingLegend();
    drawLegend(painter, inHeading.isNull() ? QRectF(plotRect_.left(), y + 4 * u, room, 0) : inHeading,
               entries, font(), *theme_);
    if (!caption_.isEmpty()) {
        const QFont small = scaledFont(font(), TextRole::Axis);
        const QFontMetricsF smallMetrics(small);
        painter.setFont(small);
        painter.setPen(theme_->color(Role::Ink2));
        const QStringList lines = captionLines(viewport()->width());
        double base = viewport()->height() - 4 * u - smallMetrics.descent()
                      - static_cast<double>(lines.size() - 1) * smallMetrics.height();
        for (const QString& line : lines) {
            painter.drawText(QPointF(8 * u, base), line);
            base += smallMetrics.height();
        }
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme_->color(Role::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(viewport()->rect()).adjusted(1, 1, -1, -1), 4, 4);
    }
}

}  // namespace rankscope::gui
