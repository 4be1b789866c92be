// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/widgets/explain_topic.hpp"

#include <QApplication>
#include <QClipboard>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kPadding = 13;
constexpr double kGap = 5;      // between value, unit, error and change
constexpr double kHeight = 62;  // with the frame of the ribbon 64

double unit() {
    return designUnit(QApplication::font());
}

QFont fontOf(TextRole role) {
    return scaledFont(QApplication::font(), role);
}

double advance(TextRole role, const QString& text) {
    return text.isEmpty() ? 0 : QFontMetricsF(fontOf(role)).horizontalAdvance(text);
}

}  // namespace

RibbonReadout::RibbonReadout(const QString& topic, QWidget* parent) : QAbstractButton(parent), topic_(topic) {
    setExplainTopic(this, topic);
    setFocusPolicy(Qt::TabFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void RibbonReadout::setText(const RibbonText& text, bool settle) {
    const double before = width_;
    if (!(text == text_)) {
        text_ = text;
        setAccessibleName(
            QStringLiteral("%1: %2 %3 %4").arg(text.label, text.value, text.unit, text.error).simplified());
        setAccessibleDescription(QStringLiteral("%1 %2").arg(text.change, text.note).simplified());
        update();
    }
    width_ = settle ? contentWidth() : std::max(width_, contentWidth());
    if (width_ != before) updateGeometry();
}

void RibbonReadout::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

double RibbonReadout::contentWidth() const {
    const double gap = kGap * unit();
    double label = advance(TextRole::Label, text_.label);
    if (!text_.note.isEmpty()) label += 2 * gap + advance(TextRole::Label, text_.note);
    double value = advance(TextRole::RibbonValue, text_.value);
    for (const QString& part : {text_.unit, text_.error}) {
        if (!part.isEmpty()) value += gap + advance(TextRole::Label, part);
    }
    if (!text_.change.isEmpty()) value += gap + advance(TextRole::LabelStrong, text_.change);
    return std::max(label, value);
}

QSize RibbonReadout::sizeHint() const {
    return {static_cast<int>(std::ceil(width_ + 2 * kPadding * unit())), qRound(kHeight * unit())};
}

void RibbonReadout::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double u = unit();
    const double inset = 8 * u;
    if (underMouse() && isEnabled()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_->color(Role::Hover));
        painter.drawRoundedRect(QRectF(rect()).adjusted(4 * u, 4 * u, -3 * u, -4 * u), 4 * u, 4 * u);
    }
    painter.setPen(QPen(theme_->color(Role::Border), 1));
    painter.drawLine(QPointF(0.5, inset), QPointF(0.5, height() - inset));

    const QFontMetricsF labels(fontOf(TextRole::Label));
    const QFontMetricsF values(fontOf(TextRole::RibbonValue));
    const double gap = kGap * u;
    double x = kPadding * u;
    const double labelLine = height() * 0.29;
    const double valueBase = height() * 0.66 + values.capHeight() / 2;
    const double labelBase = labelLine + labels.capHeight() / 2;
    const auto write = [&](double base, TextRole role, Role color, const QString& text) {
        if (text.isEmpty()) return;
        painter.setFont(fontOf(role));
        painter.setPen(theme_->color(color));
        painter.drawText(QPointF(x, base), text);
        x += advance(role, text) + gap;
    };
    write(labelBase, TextRole::Label, Role::Ink2, text_.label);
    x += gap;
    write(labelBase, TextRole::Label, Role::Faint, text_.note);
    x = kPadding * u;
    write(valueBase, TextRole::RibbonValue, text_.soft ? Role::Ink2 : Role::Ink, text_.value);
    write(valueBase, TextRole::Label, Role::Ink2, text_.unit);
    write(valueBase, TextRole::Label, Role::Ink2, text_.error);
    write(valueBase, TextRole::LabelStrong, Role::Ink2, text_.change);

    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme_->color(Role::Accent), 2));
        painter.drawRoundedRect(QRectF(rect()).adjusted(4 * u, 4 * u, -3 * u, -4 * u), 4 * u, 4 * u);
    }
}

void RibbonReadout::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) {
        if (text_.exact.isEmpty()) return;
        QApplication::clipboard()->setText(text_.exact);
        Q_EMIT copied(text_.exact);
        return;
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        click();
        return;
    }
    QAbstractButton::keyPressEvent(event);
}

void RibbonReadout::changeEvent(QEvent* event) {
    QAbstractButton::changeEvent(event);
    if (event->type() == QEvent::FontChange) {
        width_ = contentWidth();
        updateGeometry();
    }
}

void RibbonReadout::enterEvent(QEnterEvent* event) {
    QAbstractButton::enterEvent(event);
    update();
}

void RibbonReadout::leaveEvent(QEvent* event) {
    QAbstractButton::leaveEvent(event);
    update();
}

}  // namespace rankscope::gui
