// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/panel_ground.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/theme.hpp"

#include <QApplication>
#include <QPainter>

namespace rankscope::gui {

void paintPanelGround(QPainter& painter, const QRect& rect, const Theme& theme) {
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme.color(Role::Border), 1));
    painter.setBrush(theme.color(Role::Panel));
    const double radius = qRound(4 * designUnit(QApplication::font()));
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

}  // namespace rankscope::gui
