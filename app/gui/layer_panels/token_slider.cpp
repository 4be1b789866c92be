// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/token_slider.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

double unit() {
    return designUnit(QApplication::font());
}

double handleRadius() {
    return 6 * unit();
}

}  // namespace

TokenSlider::TokenSlider(QWidget* parent) : QAbstractSlider(parent) {
    setOrientation(Qt::Horizontal);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setPageStep(8);
}

void TokenSlider::setPositions(const std::vector<int>& positions, int tokens) {
    positions_ = positions;
    tokens_ = std::max(tokens, 1);
    setRange(0, std::max(0, static_cast<int>(positions_.size()) - 1));
    setEnabled(!positions_.empty());
    update();
}

void TokenSlider::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

QSize TokenSlider::sizeHint() const {
    return {static_cast<int>(160 * unit()), static_cast<int>(std::ceil(26 * unit()))};
}

QSize TokenSlider::minimumSizeHint() const {
    return {static_cast<int>(56 * unit()), static_cast<int>(std::ceil(26 * unit()))};
}

double TokenSlider::xOf(int position) const {
    const double radius = handleRadius() + 2;
    if (positions_.empty()) return radius;
    const int token = positions_[static_cast<std::size_t>(std::clamp(position, 0, maximum()))];
    return radius + (width() - 2 * radius) * token / std::max(1, tokens_ - 1);
}

void TokenSlider::moveTo(double x) {
    int nearest = value();
    double least = 1e9;
    for (int i = 0; i <= maximum(); ++i) {
        const double distance = std::abs(xOf(i) - x);
        if (distance < least) {
            least = distance;
            nearest = i;
        }
    }
    setSliderPosition(nearest);
}

void TokenSlider::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double u = unit();
    const double radius = handleRadius();
    const double y = std::floor(height() / 2.0 - 3 * u) + 0.5;
    const double x = xOf(sliderPosition());
    const QRectF groove(radius + 2, y - 1.5 * u, width() - 2 * (radius + 2), 3 * u);
    painter.setPen(Qt::NoPen);
    painter.setBrush(theme_->color(Role::Track));
    painter.drawRoundedRect(groove, 1.5 * u, 1.5 * u);
    if (positions_.empty()) return;
    painter.setBrush(theme_->color(Role::Accent, 0.6));
    painter.drawRoundedRect(QRectF(groove.left(), groove.top(), x - groove.left(), groove.height()), 1.5 * u,
                            1.5 * u);
    // A tick a position; where they would touch, every second, fourth, ...
    painter.setPen(QPen(theme_->color(Role::Strong, 0.8), 1));
    painter.setRenderHint(QPainter::Antialiasing, false);
    double last = -1e9;
    for (int i = 0; i <= maximum(); ++i) {
        const double at = std::floor(xOf(i)) + 0.5;
        if (at - last < 3) continue;
        last = at;
        painter.drawLine(QPointF(at, y + 7 * u), QPointF(at, y + 10 * u));
    }
    painter.setRenderHint(QPainter::Antialiasing, true);
    painter.setPen(QPen(theme_->color(Role::Accent), hasFocus() ? 3 : 2));
    painter.setBrush(theme_->color(Role::Panel));
    painter.drawEllipse(QPointF(x, y), radius - 0.5, radius - 0.5);
}

void TokenSlider::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton || positions_.empty()) {
        event->ignore();
        return;
    }
    setSliderDown(true);
    moveTo(event->position().x());
}

void TokenSlider::mouseMoveEvent(QMouseEvent* event) {
    if (isSliderDown()) moveTo(event->position().x());
}

void TokenSlider::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton) setSliderDown(false);
}

void TokenSlider::wheelEvent(QWheelEvent* event) {
    // A wheel that only passes by must not change anything.
    hasFocus() ? QAbstractSlider::wheelEvent(event) : event->ignore();
}

void TokenSlider::sliderChange(SliderChange change) {
    QAbstractSlider::sliderChange(change);
    update();
}

}  // namespace rankscope::gui
