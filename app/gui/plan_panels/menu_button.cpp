// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/menu_button.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionButton>
#include <QStylePainter>

#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kPad = 8, kIcon = 16, kGap = 5, kArrow = 8;  // units

double unit() {
    return designUnit(QApplication::font());
}

}  // namespace

MenuButton::MenuButton(bool framed, QWidget* parent) : QToolButton(parent), framed_(framed) {
    setPopupMode(QToolButton::InstantPopup);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void MenuButton::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

void MenuButton::setTextShown(bool shown) {
    if (shown == textShown_) return;
    textShown_ = shown;
    updateGeometry();
    update();
}

double MenuButton::textWidth() const {
    return textShown_ && !text().isEmpty() ? QFontMetricsF(font()).horizontalAdvance(text()) : 0;
}

QSize MenuButton::sizeHint() const {
    const double u = unit();
    double width = 2 * kPad * u + kArrow * u;
    if (!icon().isNull()) width += (kIcon + kGap) * u;
    if (textWidth() > 0) width += textWidth() + kGap * u;
    return {static_cast<int>(std::ceil(width)), static_cast<int>(std::lround(26 * u))};
}

QSize MenuButton::minimumSizeHint() const {
    return sizeHint();
}

void MenuButton::paintEvent(QPaintEvent* /*event*/) {
    QStylePainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double u = unit();
    if (framed_) {
        // The very frame of its neighbours.
        QStyleOptionButton option;
        option.initFrom(this);
        option.state |= isDown() ? QStyle::State_Sunken : QStyle::State_Raised;
        painter.drawControl(QStyle::CE_PushButtonBevel, option);
    } else if (isEnabled() && (underMouse() || isDown() || hasFocus())) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_->color(isDown() ? Role::Select : Role::Hover));
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 3, 3);
    }
    if (hasFocus()) {
        painter.setPen(QPen(theme_->color(Role::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 3, 3);
    }
    double x = kPad * u;
    if (!icon().isNull()) {
        const int size = static_cast<int>(std::lround(kIcon * u));
        icon().paint(&painter, QRect(static_cast<int>(std::lround(x)), (height() - size) / 2, size, size),
                     Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
        x += (kIcon + kGap) * u;
    }
    const QColor ink = isEnabled() ? theme_->color(Role::Ink) : theme_->color(Role::Faint);
    if (textWidth() > 0) {
        painter.setFont(font());
        painter.setPen(ink);
        painter.drawText(QRectF(x, 0, textWidth() + 1, height()), Qt::AlignVCenter | Qt::AlignLeft, text());
        x += textWidth() + kGap * u;
    }
    const QPointF middle(x + kArrow * u / 2, height() / 2.0 + 0.5);
    painter.setPen(QPen(ink, 1.4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPolyline(QPolygonF({middle + QPointF(-3.5 * u, -1.8 * u), middle + QPointF(0, 1.8 * u),
                                    middle + QPointF(3.5 * u, -1.8 * u)}));
}

}  // namespace rankscope::gui
