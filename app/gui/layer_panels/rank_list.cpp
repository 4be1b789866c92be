// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/rank_list.hpp"

#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
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

double unit() {
    return designUnit(QApplication::font());
}

QFont fontFor(TextRole role) {
    return scaledFont(QApplication::font(), role);
}

double titleHeight() {
    return 4 * unit() + QFontMetricsF(fontFor(TextRole::PanelTitle)).height() + 6 * unit();
}

// Files and terminals spell indices with an underscore.
QString readable(QString formula) {
    static const std::pair<const char16_t*, const char16_t*> kSigns[] = {
        {u"_F²", u"²"}, {u"_2²", u"₂²"}, {u"σ_i", u"σᵢ"}, {u"σ_1", u"σ₁"}, {u"rank_stable", u"stable rank"}};
    for (const auto& [from, to] : kSigns)
        formula.replace(QString::fromUtf16(from), QString::fromUtf16(to));
    return formula;
}

QString valueText(const QString& name, double value) {
    if (name == QLatin1String("rank_utilisation")) return number_text::utilisation(value);
    if (name == QLatin1String("rank_threshold") || name == QLatin1String("rank_at_99"))
        return number_text::integer(static_cast<qint64>(std::llround(value)));
    return number_text::fixed(value, 2);
}

}  // namespace

RankList::RankList(QWidget* parent) : QWidget(parent) {
    setAccessibleName(tr("Ranks of this state"));
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    clear();
}

void RankList::setRanks(const RankMetrics& ranks) {
    setRows(true, ranks);
}

void RankList::clear() {
    setRows(false, {});
}

void RankList::setRows(bool known, const RankMetrics& ranks) {
    rows_.clear();
    ColumnTable table;
    table.columns = {{tr("rank"), {}, {}}, {tr("formula"), {}, {}}, {tr("value"), {}, {}}};
    QStringList said;
    for (const RankMetric& metric : rank_metrics_table()) {
        const auto text = [](std::string_view view) {
            return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size()));
        };
        const QString name = text(metric.name);
        if (!name.startsWith(QLatin1String("rank_"))) continue;
        const double value = known ? ranks.*metric.value : std::nan("");
        QString title = rankTitle(name);
        if (!title.startsWith(QLatin1String("k "))) title[0] = title[0].toUpper();
        rows_.append({name, title, readable(text(metric.description)),
                      known ? valueText(name, value) : QString(number_text::kUnknown), value});
        table.rows.append({title, readable(text(metric.description)), known ? QVariant(value) : QVariant()});
        said.append(QStringLiteral("%1 %2").arg(title, rows_.last().value));
    }
    model_.setTable(table);
    showTopic();
    setAccessibleDescription(said.join(QStringLiteral("; ")));
    update();
}

void RankList::applyTheme(const Theme& theme) {
    theme_ = &theme;
    update();
}

QSize RankList::minimumSizeHint() const {
    double width = 0;
    const QFontMetricsF names(fontFor(TextRole::Body));
    for (const Row& row : rows_)
        width = std::max(width, names.horizontalAdvance(row.title));
    width += 6 * unit()
             + QFontMetricsF(fontFor(TextRole::LabelStrong)).horizontalAdvance(QStringLiteral("100.00"));
    const double rows = static_cast<double>(rows_.size()) * QFontMetricsF(fontFor(TextRole::Body)).height();
    return {static_cast<int>(std::ceil(width + 16 * unit())),
            static_cast<int>(std::ceil(titleHeight() + rows))};
}

double RankList::rowHeight() const {
    const double room =
        (height() - titleHeight() - 4 * unit()) / std::max<double>(1, static_cast<double>(rows_.size()));
    const double most = QFontMetricsF(fontFor(TextRole::Body)).height()
                        + QFontMetricsF(fontFor(TextRole::Axis)).height() + 6 * unit();
    return std::min(room, most);
}

int RankList::rowAt(double y) const {
    const double at = (y - titleHeight()) / std::max(1.0, rowHeight());
    return at >= 0 && at < static_cast<double>(rows_.size()) ? static_cast<int>(at) : -1;
}

void RankList::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(rect(), theme_->color(Role::Panel));
    const double u = unit();
    const QFont titleFont = fontFor(TextRole::PanelTitle);
    const QFontMetricsF titles(titleFont);
    const double left = 8 * u;
    const double right = width() - 10 * u;
    painter.setFont(titleFont);
    painter.setPen(theme_->color(Role::Ink));
    painter.drawText(QPointF(left, 4 * u + titles.ascent()), tr("Rank of this state"));
    const double after = left + titles.horizontalAdvance(tr("Rank of this state")) + 8 * u;
    const QFont small = fontFor(TextRole::Label);
    painter.setFont(small);
    painter.setPen(theme_->color(Role::Ink2));
    painter.drawText(
        QPointF(after, 4 * u + titles.ascent()),
        QFontMetricsF(small).elidedText(tr("seven definitions"), Qt::ElideRight, width() - after - 2 * u));

    const QFont nameFont = fontFor(TextRole::Body);
    const QFont formulaFont = fontFor(TextRole::Axis);
    QFont valueFont = nameFont;
    valueFont.setWeight(QFont::DemiBold);
    const QFontMetricsF names(nameFont);
    const QFontMetricsF formulas(formulaFont);
    const QFontMetricsF values(valueFont);
    const double row = rowHeight();
    // Without room for two lines the formulas are in the tooltips alone.
    const bool withFormulas = row >= names.height() + formulas.height() + u;
    const double content = names.height() + (withFormulas ? formulas.height() : 0);
    for (qsizetype i = 0; i < rows_.size(); ++i) {
        const double top = titleHeight() + static_cast<double>(i) * row;
        if (i == hovered_ || (hasFocus() && i == cursor_))
            painter.fillRect(QRectF(2 * u, top, width() - 4 * u, row), theme_->color(Role::Hover));
        const double base = top + (row - content) / 2 + names.ascent();
        const double valueWidth = values.horizontalAdvance(rows_[i].value);
        painter.setFont(nameFont);
        painter.setPen(theme_->color(Role::Ink));
        painter.drawText(QPointF(left, base), rows_[i].title);
        if (withFormulas) {
            painter.setFont(formulaFont);
            painter.setPen(theme_->color(Role::Ink2));
            painter.drawText(
                QPointF(left, base + names.descent() + formulas.ascent()),
                formulas.elidedText(rows_[i].formula, Qt::ElideRight, right - left - valueWidth - 6 * u));
        }
        painter.setFont(valueFont);
        painter.setPen(theme_->color(Role::Ink));
        painter.drawText(QPointF(right - valueWidth, top + row / 2 + values.capHeight() / 2), rows_[i].value);
    }
    if (!hasFocus()) return;
    painter.setPen(QPen(theme_->color(Role::Accent), 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 4, 4);
}

bool RankList::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int row = rowAt(help->pos().y());
        if (row >= 0) {
            QToolTip::showText(
                help->globalPos(),
                QStringLiteral("%1\n%2 = %3").arg(rows_[row].title, rows_[row].formula, rows_[row].value),
                this);
        } else {
            QToolTip::hideText();
        }
        return true;
    }
    return QWidget::event(event);
}

void RankList::mouseMoveEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().y());
    if (row == hovered_) return;
    hovered_ = row;
    showTopic();
    update();
    Q_EMIT readoutChanged(
        row < 0 ? QString()
                : QStringLiteral("%1 = %2 · %3").arg(rows_[row].title, rows_[row].value, rows_[row].formula));
}

void RankList::mouseReleaseEvent(QMouseEvent* event) {
    const int row = rowAt(event->position().y());
    if (event->button() == Qt::LeftButton && row >= 0) Q_EMIT topicPicked(rows_[row].name);
}

void RankList::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    if (hovered_ < 0) return;
    hovered_ = -1;
    showTopic();
    update();
    Q_EMIT readoutChanged({});
}

void RankList::showTopic() {
    const int row = hovered_ >= 0 ? hovered_ : cursor_;
    setExplainTopic(this, row < rows_.size() ? rows_[row].name : QString());
}

void RankList::keyPressEvent(QKeyEvent* event) {
    const int key = event->key();
    if (rows_.isEmpty()) {
        QWidget::keyPressEvent(event);
    } else if (event->matches(QKeySequence::Copy)) {
        const Row& row = rows_[cursor_];
        QApplication::clipboard()->setText(number_text::exact(row.number));
        Q_EMIT copied(QStringLiteral("%1 %2").arg(row.title, row.value));
    } else if (key == Qt::Key_Up || key == Qt::Key_Down) {
        cursor_ = std::clamp(cursor_ + (key == Qt::Key_Down ? 1 : -1), 0, static_cast<int>(rows_.size()) - 1);
        hovered_ = -1;
        showTopic();
        update();
        const Row& row = rows_[cursor_];
        Q_EMIT readoutChanged(QStringLiteral("%1 = %2 · %3").arg(row.title, row.value, row.formula));
    } else if (key == Qt::Key_Return || key == Qt::Key_Enter) {
        Q_EMIT topicPicked(rows_[cursor_].name);
    } else {
        QWidget::keyPressEvent(event);
    }
}

void RankList::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    update();
}

void RankList::focusOutEvent(QFocusEvent* event) {
    QWidget::focusOutEvent(event);
    update();
}

}  // namespace rankscope::gui
