// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/readout_row.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QHelpEvent>
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
    setMouseTracking(true);
}

void ReadoutRow::setReadouts(const QList<Readout>& readouts) {
    if (readouts == readouts_) return;
    readouts_ = readouts;
    QStringList parts;
    for (const Readout& readout : readouts_)
        parts.append(QStringLiteral("%1 %2 %3").arg(readout.label, readout.value, readout.unit).trimmed());
    setAccessibleDescription(parts.join(QStringLiteral("; ")));
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
        x += widthOf(readout) + between;
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
    return QWidget::event(event);
}

void ReadoutRow::mouseReleaseEvent(QMouseEvent* event) {
    const int at = readoutAt(event->position().x());
    if (event->button() == Qt::LeftButton && at >= 0 && !readouts_[at].topic.isEmpty())
        Q_EMIT topicPicked(readouts_[at].topic);
}

}  // namespace rankscope::gui
