// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/waiting_veil.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QEvent>
#include <QFontMetricsF>
#include <QPainter>

namespace rankscope::gui {

WaitingVeil::WaitingVeil(QWidget* over) : QWidget(over) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setFocusPolicy(Qt::NoFocus);
    hide();
    over->installEventFilter(this);
    for (QTimer* timer : {&soon_, &later_})
        timer->setSingleShot(true);
    soon_.setInterval(kVeilMs);
    later_.setInterval(kTextMs);
    connect(&soon_, &QTimer::timeout, this, [this] {
        setGeometry(parentWidget()->rect());
        show();
        raise();
    });
    connect(&later_, &QTimer::timeout, this, [this] {
        late_ = true;
        update();
    });
}

void WaitingVeil::wait(const QString& text) {
    text_ = text;
    setAccessibleName(text);
    if (waiting_) {
        update();
        return;
    }
    waiting_ = true;
    late_ = false;
    soon_.start();
    later_.start();
}

void WaitingVeil::done() {
    waiting_ = false;
    soon_.stop();
    later_.stop();
    hide();
}

void WaitingVeil::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

bool WaitingVeil::eventFilter(QObject* watched, QEvent* event) {
    if (watched == parentWidget() && event->type() == QEvent::Resize) setGeometry(parentWidget()->rect());
    return QWidget::eventFilter(watched, event);
}

void WaitingVeil::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_->color(Role::Panel, 0.4));
    if (!late_ || text_.isEmpty()) return;
    const QFont font = scaledFont(QApplication::font(), TextRole::Body);
    const QFontMetricsF metrics(font);
    const double u = designUnit(QApplication::font());
    QRectF box(0, 0, metrics.horizontalAdvance(text_) + 24 * u, metrics.height() + 12 * u);
    box.moveCenter(QRectF(rect()).center());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme_->color(Role::Border), 1));
    painter.setBrush(theme_->color(Role::Raised));
    painter.drawRoundedRect(box, 4 * u, 4 * u);
    painter.setFont(font);
    painter.setPen(theme_->color(Role::Ink));
    painter.drawText(box, Qt::AlignCenter, text_);
}

}  // namespace rankscope::gui
