// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/color_bar.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QFontMetricsF>
#include <QImage>
#include <QPainter>
#include <QPainterPath>

#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kBarWidth = 90;
constexpr double kBarHeight = 8;
constexpr double kGap = 6;

}  // namespace

ColorBar::ColorBar(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void ColorBar::setTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

void ColorBar::setScale(const QString& title, const QList<QRgb>& colors, const QString& low,
                        const QString& high, bool pointed) {
    title_ = title;
    colors_ = colors;
    low_ = low;
    high_ = high;
    pointed_ = pointed;
    setAccessibleName(tr("Colours of %1 from %2 to %3").arg(title, low, high));
    updateGeometry();
    update();
}

QSize ColorBar::sizeHint() const {
    const QFontMetricsF metrics(scaledFont(font(), TextRole::Label));
    const double u = designUnit(font());
    double width =
        metrics.horizontalAdvance(low_) + metrics.horizontalAdvance(high_) + (kBarWidth + 2 * kGap) * u + 2;
    if (!title_.isEmpty()) width += metrics.horizontalAdvance(title_) + kGap * u;
    return {static_cast<int>(std::ceil(width)), static_cast<int>(std::ceil(metrics.height()))};
}

void ColorBar::paintEvent(QPaintEvent* /*event*/) {
    if (colors_.isEmpty()) return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QFont small = scaledFont(font(), TextRole::Label);
    const QFontMetricsF metrics(small);
    const double u = designUnit(font());
    const double middle = height() / 2.0;
    const double base = centeredBaseline(small, middle);
    double x = 0;
    painter.setFont(small);
    painter.setPen(theme_->color(Role::Ink2));
    const auto write = [&](const QString& text) {
        painter.drawText(QPointF(x, base), text);
        x += metrics.horizontalAdvance(text) + kGap * u;
    };
    if (!title_.isEmpty()) write(title_);
    write(low_);
    // On whole pixels, so that its colours are exactly those of the cells.
    const QRectF bar(std::round(x), std::round(middle - kBarHeight * u / 2), std::round(kBarWidth * u),
                     std::round(kBarHeight * u));
    QPainterPath shape;
    const double center = bar.center().y();
    const double point = pointed_ ? bar.height() / 2 : 0;
    shape.addPolygon(QPolygonF{{bar.left(), center},
                               {bar.left() + point, bar.top()},
                               {bar.right() - point, bar.top()},
                               {bar.right(), center},
                               {bar.right() - point, bar.bottom()},
                               {bar.left() + point, bar.bottom()}});
    if (!pointed_) {
        shape = QPainterPath();
        shape.addRect(bar);
    }
    shape.closeSubpath();
    // The very table of the cells, not a gradient that resembles it.
    QImage image(static_cast<int>(colors_.size()), 1, QImage::Format_RGB32);
    for (int i = 0; i < image.width(); ++i)
        image.setPixel(i, 0, colors_[i]);
    painter.save();
    painter.setClipPath(shape);
    painter.drawImage(bar, image);
    painter.restore();
    painter.setPen(QPen(theme_->color(Role::Strong, 0.5), 1));
    painter.drawPath(shape);
    x = bar.right() + kGap * u;
    painter.setPen(theme_->color(Role::Ink2));
    write(high_);
}

}  // namespace rankscope::gui
