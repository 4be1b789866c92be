// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

QT_BEGIN_NAMESPACE
class QPainter;
class QRect;
QT_END_NAMESPACE

namespace rankscope::gui {

class Theme;

/// The ground of panels and cards: panel colour, a border of one pixel, round corners.
void paintPanelGround(QPainter& painter, const QRect& rect, const Theme& theme);

}  // namespace rankscope::gui
