// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/readout_row.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/widgets/explain_topic.hpp"

#include <QApplication>
#include <QClipboard>
#include <QFontMetricsF>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr qsizetype kAlwaysShown = 2;
constexpr double kWideGap = 28;
constexpr double kNarrowGap = 14;

QFont valueFont() {
    QFont font = scaledFont(QApplication::font(), TextRole::Body);
    font.setWeight(QFont::DemiBold);
    return font;
}

QFont labelFont() {
    return scaledFont(QApplication::font(), TextRole::Label);
}

double unit() {
    return designUnit(QApplication::font());
}

}  // namespace

ReadoutRow::ReadoutRow(QWidget* parent) : QWidget(parent) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setFocusPolicy(Qt::TabFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Numbers of this layer"));
}

void ReadoutRow::setReadouts(const QList<Readout>& readouts) {
    if (readouts == readouts_) return;
    readouts_ = readouts;
    QStringList parts;
    for (const Readout& readout : readouts_)
        parts.append(QStringLiteral("%1 %2 %3").arg(readout.label, readout.value, readout.unit).trimmed());
    setAccessibleDescription(parts.join(QStringLiteral("; ")));
    setCursorAt(cursor_);
    updateGeometry();
    update();
}

void ReadoutRow::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

double ReadoutRow::widthOf(const Readout& readout) const {
    double value = QFontMetricsF(valueFont()).horizontalAdvance(readout.value);
    if (!readout.unit.isEmpty())
        value += 4 * unit() + QFontMetricsF(labelFont()).horizontalAdvance(readout.unit);
    return std::max(value, QFontMetricsF(labelFont()).horizontalAdvance(readout.label));
}

double ReadoutRow::widthOf(qsizetype count, double gap) const {
    double width = 24 * unit();
    for (qsizetype i = 0; i < std::min(count, readouts_.size()); ++i)
        width += widthOf(readouts_[i]) + (i > 0 ? gap * unit() : 0);
    return width;
}

int ReadoutRow::shownCount() const {
    qsizetype count = readouts_.size();
    while (count > kAlwaysShown && widthOf(count, kNarrowGap) > width())
        --count;
    return static_cast<int>(count);
}

double ReadoutRow::gap() const {
    const int count = shownCount();
    if (count < 2) return kWideGap;
    const double spare = (width() - widthOf(count, kNarrowGap)) / unit() / (count - 1);
    return std::clamp(kNarrowGap + spare, kNarrowGap, kWideGap);
}

QSize ReadoutRow::sizeHint() const {
    const double height = QFontMetricsF(labelFont()).height() + QFontMetricsF(valueFont()).height();
    return {static_cast<int>(std::ceil(widthOf(readouts_.size(), kWideGap))),
            static_cast<int>(std::ceil(height + 6 * unit()))};
}

QSize ReadoutRow::minimumSizeHint() const {
    return {static_cast<int>(std::ceil(widthOf(kAlwaysShown, kNarrowGap))), sizeHint().height()};
}

void ReadoutRow::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    const QFontMetricsF labels(labelFont());
    const QFontMetricsF values(valueFont());
    const double between = gap() * unit();
    double x = 12 * unit();
    for (int i = 0; i < shownCount(); ++i) {
        const Readout& readout = readouts_[i];
        painter.setFont(labelFont());
        painter.setPen(theme_->color(Role::Ink2));
        painter.drawText(QPointF(x, unit() + labels.ascent()), readout.label);
        const double base = unit() + labels.height() + values.ascent();
        painter.setFont(valueFont());
        painter.setPen(theme_->color(Role::Ink));
        painter.drawText(QPointF(x, base), readout.value);
        painter.setFont(labelFont());
        painter.setPen(theme_->color(Role::Ink2));
        painter.drawText(QPointF(x + values.horizontalAdvance(readout.value) + 4 * unit(), base),
                         readout.unit);
        if (hasFocus() && i == cursor_) {
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(QPen(theme_->color(Role::Accent), 2));
            painter.drawRoundedRect(
                QRectF(x - 5 * unit(), 1, widthOf(readout) + 10 * unit(), height() - 2).adjusted(0, 0, 0, -1),
                4, 4);
        }
        x += widthOf(readout) + between;
    }
}

void ReadoutRow::setCursorAt(int readout) {
    cursor_ = std::clamp(readout, 0, std::max(0, shownCount() - 1));
    setExplainTopic(this, cursor_ < readouts_.size() ? readouts_[cursor_].topic : QString());
    update();
}

void ReadoutRow::mouseMoveEvent(QMouseEvent* event) {
    const int at = readoutAt(event->position().x());
    setExplainTopic(this, at < 0 ? QString() : readouts_[at].topic);
}

void ReadoutRow::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (readouts_.isEmpty()) {
        QWidget::keyPressEvent(event);
    } else if (event->matches(QKeySequence::Copy)) {
        const Readout& readout = readouts_[cursor_];
        const QString text = QStringLiteral("%1 %2").arg(readout.value, readout.unit).trimmed();
        QApplication::clipboard()->setText(text);
        Q_EMIT copied(text);
    } else if (key == Qt::Key_Left || key == Qt::Key_Right) {
        setCursorAt(cursor_ + (key == Qt::Key_Right ? 1 : -1));
    } else if (key == Qt::Key_Return || key == Qt::Key_Enter) {
        if (!readouts_[cursor_].topic.isEmpty()) Q_EMIT topicPicked(readouts_[cursor_].topic);
    } else {
        QWidget::keyPressEvent(event);
    }
}

int ReadoutRow::readoutAt(double at) const {
    const double between = gap() * unit();
    double x = 12 * unit();
    for (int i = 0; i < shownCount(); ++i) {
        const double end = x + widthOf(readouts_[i]);
        if (at >= x - between / 2 && at < end + between / 2) return i;
        x = end + between;
    }
    return -1;
}

bool ReadoutRow::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int at = readoutAt(help->pos().x());
        if (at >= 0 && !readouts_[at].toolTip.isEmpty()) {
            QToolTip::showText(help->globalPos(), readouts_[at].toolTip, this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) setCursorAt(cursor_);
    return QWidget::event(event);
}

void ReadoutRow::mouseReleaseEvent(QMouseEvent* event) {
    const int at = readoutAt(event->position().x());
    if (event->button() == Qt::LeftButton && at >= 0 && !readouts_[at].topic.isEmpty())
        Q_EMIT topicPicked(readouts_[at].topic);
}

}  // namespace rankscope::gui
