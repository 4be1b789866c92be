// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/step_dots.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QMouseEvent>
#include <QPainter>

namespace rankscope::gui {
namespace {

constexpr double kPitch = 20;
constexpr double kRadius = 5;

double unit() {
    return designUnit(QApplication::font());
}

}  // namespace

StepDots::StepDots(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void StepDots::setSteps(int count, int current) {
    count_ = count;
    current_ = current;
    setAccessibleName(tr("Step %1 of %2").arg(current + 1).arg(count));
    updateGeometry();
    update();
}

void StepDots::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

QSize StepDots::sizeHint() const {
    return {qRound(kPitch * unit() * count_), qRound(24 * unit())};
}

QPointF StepDots::centerOf(int step) const {
    return {(step + 0.5) * kPitch * unit(), height() / 2.0};
}

void StepDots::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double u = unit();
    for (int i = 0; i < count_; ++i) {
        const bool on = i == current_;
        painter.setPen(QPen(theme_->color(on ? Role::Accent : Role::Strong), 1.4 * u));
        painter.setBrush(on             ? theme_->color(Role::Accent)
                         : i < current_ ? theme_->color(Role::Strong)
                                        : QColor(Qt::transparent));
        painter.drawEllipse(centerOf(i), kRadius * u, kRadius * u);
    }
}

void StepDots::mousePressEvent(QMouseEvent* event) {
    const int step = static_cast<int>(event->position().x() / (kPitch * unit()));
    if (step >= 0 && step < count_) Q_EMIT picked(step);
}

}  // namespace rankscope::gui
