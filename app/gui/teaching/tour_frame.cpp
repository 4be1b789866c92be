// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour_frame.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QPainter>

namespace rankscope::gui {

TourFrame::TourFrame(QWidget* window) : QWidget(window) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    setFocusPolicy(Qt::NoFocus);
}

void TourFrame::surround(const QRect& place) {
    setVisible(place.isValid());
    if (!place.isValid()) return;
    const QRect outer = place.adjusted(-kWidth, -kWidth, kWidth, kWidth) & parentWidget()->rect();
    setGeometry(outer);
    // Only the frame itself: what is inside keeps its own repaints.
    const int edge = 3 * kWidth;
    setMask(QRegion(rect()) - QRegion(rect().adjusted(edge, edge, -edge, -edge)));
}

void TourFrame::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

void TourFrame::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme_->color(Role::Accent), kWidth));
    const double radius = 4 * designUnit(QApplication::font());
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), radius, radius);
}

}  // namespace rankscope::gui
