// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plans_delegate.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/marker.hpp"
#include "app/gui/tradeoff_panels/plans_model.hpp"
#include "app/gui/tradeoff_panels/plans_table.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr double kGlyphRoom = 30;  // left edge to name
constexpr double kPadding = 7;     // at both sides of a number
constexpr double kErrorGap = 4;

double unit() {
    return designUnit(QApplication::font());
}

QFont bodyFont(bool strong) {
    QFont font = scaledFont(QApplication::font(), TextRole::Body);
    if (strong) font.setWeight(QFont::DemiBold);
    return font;
}

QFont errorFont() {
    return scaledFont(QApplication::font(), TextRole::Label);
}

}  // namespace

PlansDelegate::PlansDelegate(PlansTable& table) : QStyledItemDelegate(&table), table_(table) {}

double PlansDelegate::widthOf(int sourceRow, int column) const {
    const PlansModel& model = table_.plans();
    const QModelIndex index = model.index(sourceRow, column);
    const double u = unit();
    // Room for the bold text of the current row, so that nothing moves when another plan becomes current.
    const double text = QFontMetricsF(bodyFont(true)).horizontalAdvance(index.data().toString());
    if (column == PlansModel::Name) return kGlyphRoom * u + text + kPadding * u;
    if (column == PlansModel::Pin) return (model.badges(sourceRow).size() > 1 ? 46 : 28) * u;
    const QString error = index.data(PlansModel::ErrorRole).toString();
    const double extra =
        error.isEmpty() ? 0 : kErrorGap * u + QFontMetricsF(errorFont()).horizontalAdvance(error);
    return text + extra + 2 * kPadding * u;
}

double PlansDelegate::headerWidth(int column) const {
    const QString text = table_.plans().headerData(column, Qt::Horizontal).toString();
    return QFontMetricsF(errorFont()).horizontalAdvance(text) + (2 * kPadding + 2) * unit();
}

int PlansDelegate::rowHeight() const {
    return std::max(qRound(25 * unit()), qRound(QFontMetricsF(bodyFont(true)).height() + 4));
}

QSize PlansDelegate::sizeHint(const QStyleOptionViewItem& /*option*/, const QModelIndex& /*index*/) const {
    return {0, rowHeight()};
}

void PlansDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                         const QModelIndex& /*index*/) const {
    editor->setFont(bodyFont(false));
    editor->setGeometry(option.rect.adjusted(qRound((kGlyphRoom - 5) * unit()), 0, 0, 0));
}

void PlansDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                          const QModelIndex& index) const {
    const PlansModel& model = table_.plans();
    const int row = table_.sourceRow(index.row());
    if (row < 0) return;
    const PlanFacts& facts = model.facts(row);
    const bool current = model.isCurrent(row);
    const bool selected = (option.state & QStyle::State_Selected) != 0;
    const double u = unit();
    const QRectF cell = option.rect;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing, false);
    QColor ground = theme_->color(Role::Panel);
    if (current) {
        ground = theme_->color(Role::Select);
    } else if (facts.id == hover_ || selected) {
        ground = theme_->color(Role::Hover);
    }
    painter->fillRect(option.rect, ground);
    painter->setPen(QPen(theme_->color(Role::Grid), 1));
    painter->drawLine(QPointF(cell.left(), cell.bottom() - 0.5), QPointF(cell.right(), cell.bottom() - 0.5));
    if (current && index.column() == PlansModel::Name)
        painter->fillRect(QRectF(cell.left(), cell.top(), 3 * u, cell.height()), theme_->color(Role::Accent));
    if (selected) {
        // The cursor: a frame around the whole row, drawn cell by cell.
        const bool focus = table_.hasFocus();
        painter->setPen(QPen(theme_->color(focus ? Role::Accent : Role::Strong), focus ? 2 : 1));
        const double half = focus ? 1 : 0.5;
        painter->drawLine(QPointF(cell.left(), cell.top() + half),
                          QPointF(cell.right() + 1, cell.top() + half));
        painter->drawLine(QPointF(cell.left(), cell.bottom() - half),
                          QPointF(cell.right() + 1, cell.bottom() - half));
    }
    painter->setRenderHint(QPainter::Antialiasing);

    const QFont body = bodyFont(current);
    const QFontMetricsF metrics(body);
    const double base = centeredBaseline(body, cell.center().y() + 0.5);
    if (index.column() == PlansModel::Name) {
        drawMarker(*painter, {cell.left() + 17 * u, cell.center().y() + 0.5}, 9.5 * u,
                   {facts.method, facts.state, facts.fraction(), !facts.recoveredFrom.isEmpty(), {}}, *theme_,
                   ground);
        painter->setFont(body);
        painter->setPen(theme_->color(Role::Ink));
        const double room = cell.width() - (kGlyphRoom + kPadding) * u;
        painter->drawText(QPointF(cell.left() + kGlyphRoom * u, base),
                          // Names of a sweep differ at their ends.
                          metrics.elidedText(facts.name, Qt::ElideMiddle, room));
    } else if (index.column() == PlansModel::Pin) {
        paintBadges(*painter, cell, model.badges(row));
    } else if (facts.state == PlanState::Failed && index.column() == PlansModel::Delta) {
        // A reason that does not fit is no reason: then the word, and all of it in the tooltip.
        const QString reason = facts.failure.section(QLatin1Char('\n'), 0, 0);
        const QFont font = bodyFont(false);
        const QFontMetricsF failed(font);
        double room = cell.right() - kPadding * u;
        for (const int column : {PlansModel::Perplexity, PlansModel::Recall}) {
            if (!table_.isColumnHidden(column)) room = cell.right() - table_.columnViewportPosition(column);
        }
        if (table_.isColumnHidden(PlansModel::Perplexity) && table_.isColumnHidden(PlansModel::Recall))
            room = cell.width() - kPadding * u;
        const QString text = !reason.isEmpty() && failed.horizontalAdvance(reason) + kPadding * u <= room
                                 ? reason
                                 : tr("failed");
        painter->setClipping(false);
        painter->setFont(font);
        painter->setPen(theme_->color(Role::Err));
        painter->drawText(QPointF(cell.right() - kPadding * u - failed.horizontalAdvance(text), base), text);
    } else if (facts.state != PlanState::Failed || index.column() == PlansModel::State
               || index.column() == PlansModel::Decode) {
        const QString error = index.data(PlansModel::ErrorRole).toString();
        const QFontMetricsF small(errorFont());
        double right = cell.right() - kPadding * u;
        if (!error.isEmpty()) {
            right -= small.horizontalAdvance(error);
            painter->setFont(errorFont());
            painter->setPen(theme_->color(Role::Ink2));
            painter->drawText(QPointF(right, base), error);
            right -= kErrorGap * u;
        }
        painter->setFont(body);
        const bool soft = index.data(PlansModel::SoftRole).toBool();
        painter->setPen(theme_->color(soft ? Role::Ink2 : Role::Ink));
        const QString text = index.data().toString();
        painter->drawText(QPointF(right - metrics.horizontalAdvance(text), base), text);
    }
    painter->restore();
}

void PlansDelegate::paintBadges(QPainter& painter, const QRectF& cell, const QString& badges) const {
    const double u = unit();
    const QFont font = scaledFont(QApplication::font(), TextRole::LabelStrong);
    double x = cell.right() - 14 * u - (badges.size() > 1 ? 18 * u : 0);
    for (const QChar letter : badges) {
        const bool disc = letter == QLatin1Char('A');
        const QPointF center(x, cell.center().y() + 0.5);
        painter.setPen(QPen(theme_->color(Role::Ink), disc ? 1 : 1.6));
        painter.setBrush(disc ? theme_->color(Role::Ink) : theme_->color(Role::Panel));
        painter.drawEllipse(center, 7.5 * u, 7.5 * u);
        painter.setFont(font);
        painter.setPen(theme_->color(disc ? Role::Panel : Role::Ink));
        painter.drawText(QPointF(x - QFontMetricsF(font).horizontalAdvance(letter) / 2,
                                 centeredBaseline(font, center.y())),
                         letter);
        x += 18 * u;
    }
}

}  // namespace rankscope::gui
