// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/comparison_table.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/plan_slot.hpp"
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

constexpr double kPadding = 12;  // left and right of the table
constexpr double kGap = 14;      // between columns
constexpr double kBadge = 22;    // room of a badge before its slot

double unit() {
    return designUnit(QApplication::font());
}

QFont bodyFont(bool strong = false) {
    QFont font = scaledFont(QApplication::font(), TextRole::Body);
    if (strong) font.setWeight(QFont::DemiBold);
    return font;
}

double advance(const QFont& font, const QString& text) {
    return QFontMetricsF(font).horizontalAdvance(text);
}

}  // namespace

ComparisonTable::ComparisonTable(QWidget* parent)
    : QWidget(parent),
      slotA_(new PlanSlot(QStringLiteral("A"), this)),
      slotB_(new PlanSlot(QStringLiteral("B"), this)) {
    setAccessibleName(tr("Two plans in numbers"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void ComparisonTable::setRows(const QList<ComparisonRow>& rows) {
    rows_ = rows;
    cursor_ = std::clamp<int>(cursor_, 0, std::max<int>(0, static_cast<int>(rows_.size()) - 1));
    setExplainTopic(this, rows_.isEmpty() ? QString() : rows_[cursor_].topic);
    QStringList said;
    for (const ComparisonRow& row : rows_)
        said.append(tr("%1: A %2, B %3, difference %4").arg(row.label, row.a, row.b, row.difference));
    setAccessibleDescription(said.join(QStringLiteral("; ")));
    updateGeometry();
    placeSlots();
    update();
}

void ComparisonTable::showRows(bool shown) {
    if (shown == shown_) return;
    shown_ = shown;
    setFocusPolicy(shown ? Qt::StrongFocus : Qt::NoFocus);
    updateGeometry();
    update();
}

void ComparisonTable::applyTheme(const Theme& theme) {
    theme_ = &theme;
    const QFont font = scaledFont(QApplication::font(), TextRole::Label);
    slotA_->setFont(font);
    slotB_->setFont(font);
    placeSlots();
    update();
}

double ComparisonTable::headHeight() const {
    return 34 * unit();
}

double ComparisonTable::rowHeight() const {
    return std::max(26 * unit(), QFontMetricsF(bodyFont(true)).height() + 4);
}

std::array<double, 4> ComparisonTable::neededWidths() const {
    const double u = unit();
    std::array<double, 4> widths{0, 100 * u, 100 * u, advance(bodyFont(true), tr("B − A"))};
    for (const ComparisonRow& row : rows_) {
        const QString texts[] = {row.label, row.a, row.b, row.difference};
        for (std::size_t i = 0; i < widths.size(); ++i)
            widths[i] = std::max(widths[i], advance(bodyFont(i == 3), texts[i]));
    }
    return widths;
}

std::array<double, 4> ComparisonTable::columnRights() const {
    const double u = unit();
    std::array<double, 4> widths = neededWidths();
    double sum = 2 * kPadding * u + 3 * kGap * u;
    for (const double width : widths)
        sum += width;
    // What is over goes to the two plans, whose names may be long.
    const double spare = std::max(0.0, width() - sum);
    widths[0] += 0.08 * spare;
    widths[1] += 0.42 * spare;
    widths[2] += 0.42 * spare;
    widths[3] += 0.08 * spare;
    std::array<double, 4> rights{};
    double x = kPadding * u;
    for (std::size_t i = 0; i < widths.size(); ++i) {
        x += widths[i];
        rights[i] = x;
        x += kGap * u;
    }
    return rights;
}

QSize ComparisonTable::minimumSizeHint() const {
    const double u = unit();
    double sum = 2 * kPadding * u + 3 * kGap * u;
    for (const double width : neededWidths())
        sum += width;
    const double rows = shown_ ? static_cast<double>(rows_.size()) * rowHeight() : 0;
    return {static_cast<int>(std::ceil(sum)), static_cast<int>(std::ceil(headHeight() + rows))};
}

QSize ComparisonTable::sizeHint() const {
    const QSize least = minimumSizeHint();
    return {std::max(least.width(), qRound(560 * unit())), least.height()};
}

void ComparisonTable::placeSlots() {
    const std::array<double, 4> rights = columnRights();
    const double u = unit();
    const int height = qRound(25 * u);
    const int top = qRound((headHeight() - height) / 2);
    for (std::size_t i = 1; i <= 2; ++i) {
        const double left = rights[i - 1] + (kGap + kBadge) * u;
        (i == 1 ? slotA_ : slotB_)
            ->setGeometry(qRound(left), top, std::max(1, qRound(rights[i] - left)), height);
    }
}

void ComparisonTable::paintBadge(QPainter& painter, const QPointF& center, bool a) const {
    const double u = unit();
    const QFont font = scaledFont(QApplication::font(), TextRole::LabelStrong);
    painter.setPen(QPen(theme_->color(Role::Ink), a ? 1 : 1.6));
    painter.setBrush(theme_->color(a ? Role::Ink : Role::Panel));
    painter.drawEllipse(center, 8 * u, 8 * u);
    painter.setFont(font);
    painter.setPen(theme_->color(a ? Role::Panel : Role::Ink));
    const QString letter = a ? QStringLiteral("A") : QStringLiteral("B");
    painter.drawText(QPointF(center.x() - advance(font, letter) / 2, centeredBaseline(font, center.y())),
                     letter);
}

void ComparisonTable::paintRow(QPainter& painter, int index, const std::array<double, 4>& rights) const {
    const double u = unit();
    const ComparisonRow& row = rows_[index];
    const double top = headHeight() + index * rowHeight();
    const double base = centeredBaseline(bodyFont(), top + rowHeight() / 2);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(theme_->color(Role::Grid), 1));
    painter.drawLine(QPointF(1, std::floor(top) + 0.5), QPointF(width() - 1, std::floor(top) + 0.5));
    painter.setRenderHint(QPainter::Antialiasing);
    const auto write = [&](double x, const QFont& font, const QColor& color, const QString& text) {
        painter.setFont(font);
        painter.setPen(color);
        painter.drawText(QPointF(x, base), text);
    };
    write(kPadding * u, bodyFont(), theme_->color(Role::Ink2), row.label);
    write(rights[1] - advance(bodyFont(), row.a), bodyFont(), theme_->color(Role::Ink), row.a);
    write(rights[2] - advance(bodyFont(), row.b), bodyFont(), theme_->color(Role::Ink), row.b);
    Role role = Role::Ink2;
    bool strong = false;
    switch (row.verdict) {
        case ComparisonRow::Verdict::Better:
            role = Role::Better;
            strong = true;
            break;
        case ComparisonRow::Verdict::Worse:
            role = Role::Worse;
            strong = true;
            break;
        case ComparisonRow::Verdict::Neutral:
            role = Role::Ink;
            strong = true;
            break;
        default:
            break;
    }
    write(rights[3] - advance(bodyFont(strong), row.difference), bodyFont(strong), theme_->color(role),
          row.difference);
    if (!hasFocus() || index != cursor_) return;
    painter.setPen(QPen(theme_->color(Role::Accent), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(3, top + 2, width() - 6, rowHeight() - 3), 3, 3);
}

void ComparisonTable::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double u = unit();
    const std::array<double, 4> rights = columnRights();
    paintBadge(painter, {rights[0] + (kGap + 9) * u, headHeight() / 2}, true);
    paintBadge(painter, {rights[1] + (kGap + 9) * u, headHeight() / 2}, false);
    if (!shown_) return;
    if (!rows_.isEmpty()) {
        const QFont font = bodyFont(true);
        painter.setFont(font);
        painter.setPen(theme_->color(Role::Ink));
        painter.drawText(
            QPointF(rights[3] - advance(font, tr("B − A")), centeredBaseline(font, headHeight() / 2)),
            tr("B − A"));
    }
    for (int i = 0; i < rows_.size(); ++i)
        paintRow(painter, i, rights);
}

int ComparisonTable::rowAt(double y) const {
    if (!shown_ || y < headHeight()) return -1;
    const int row = static_cast<int>((y - headHeight()) / rowHeight());
    return row < rows_.size() ? row : -1;
}

bool ComparisonTable::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int row = rowAt(help->pos().y());
        if (row < 0) return QWidget::event(event);
        const ComparisonRow& shown = rows_[row];
        const auto exactly = [](double value) {
            return std::isfinite(value) ? number_text::exact(value) : QString(number_text::kUnknown);
        };
        QString text = tr("%1: A %2, B %3").arg(shown.label, exactly(shown.aValue), exactly(shown.bValue));
        if (std::isfinite(shown.differenceValue))
            text += tr(", B − A %1").arg(exactly(shown.differenceValue));
        if (!shown.unit.isEmpty()) text += QLatin1Char(' ') + shown.unit;
        if (!shown.toolTip.isEmpty()) text += QLatin1Char('\n') + shown.toolTip;
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    if (event->type() == QEvent::FocusIn || event->type() == QEvent::FocusOut) update();
    return QWidget::event(event);
}

void ComparisonTable::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    placeSlots();
}

void ComparisonTable::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::FontChange) return;
    updateGeometry();
    placeSlots();
}

void ComparisonTable::mouseReleaseEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().y());
    if (event->button() != Qt::LeftButton || row < 0) return;
    cursor_ = row;
    update();
    Q_EMIT topicPicked(rows_[row].topic);
}

void ComparisonTable::mouseMoveEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().y());
    setExplainTopic(this, row < 0 ? QString() : rows_[row].topic);
}

void ComparisonTable::keyPressEvent(QKeyEvent* event) {
    if (rows_.isEmpty() || !shown_) {
        QWidget::keyPressEvent(event);
        return;
    }
    const ComparisonRow& row = rows_[cursor_];
    if (event->matches(QKeySequence::Copy)) {
        const QString text =
            QStringLiteral("%1\t%2\t%3\t%4")
                .arg(row.label, number_text::exact(row.aValue), number_text::exact(row.bValue),
                     number_text::exact(row.differenceValue));
        QApplication::clipboard()->setText(text);
        Q_EMIT copied(row.label);
    } else if (event->key() == Qt::Key_Up || event->key() == Qt::Key_Down) {
        cursor_ = std::clamp<int>(cursor_ + (event->key() == Qt::Key_Down ? 1 : -1), 0,
                                  static_cast<int>(rows_.size()) - 1);
        setExplainTopic(this, rows_[cursor_].topic);
        update();
    } else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        Q_EMIT topicPicked(row.topic);
    } else {
        QWidget::keyPressEvent(event);
    }
}

}  // namespace rankscope::gui
