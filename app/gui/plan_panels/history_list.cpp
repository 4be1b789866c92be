// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/history_list.hpp"

#include "app/gui/charts/chart_text.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QPainter>
#include <QStyledItemDelegate>

#include <algorithm>

namespace rankscope::gui {

class HistoryDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    const Theme* theme = &Theme::light();

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& /*option*/,
                                 const QModelIndex& /*index*/) const override {
        return {100, qRound(25 * designUnit(QApplication::font()))};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const double u = designUnit(QApplication::font());
        const QRectF row(option.rect);
        const bool current = index.data(HistoryModel::CurrentRole).toBool();
        const bool undone = index.data(HistoryModel::UndoneRole).toBool();
        painter->save();
        painter->setClipRect(row);
        const bool over = option.state.testFlag(QStyle::State_MouseOver);
        painter->fillRect(row, theme->color(over ? Role::Hover : Role::Panel));
        painter->setRenderHint(QPainter::Antialiasing);
        const QPointF dot(row.left() + 17 * u, row.center().y());
        painter->setPen(QPen(theme->color(current ? Role::Ink2 : Role::Strong), 1.3));
        painter->setBrush(current ? QBrush(theme->color(Role::Ink2)) : QBrush(Qt::NoBrush));
        painter->drawEllipse(dot, 4 * u, 4 * u);

        const QFont small = scaledFont(QApplication::font(), TextRole::Label);
        const QString time = index.data(HistoryModel::TimeRole).toString();
        const double timeWidth = QFontMetricsF(small).horizontalAdvance(time);
        painter->setFont(small);
        painter->setPen(theme->color(undone ? Role::Faint : Role::Ink2));
        painter->drawText(
            QPointF(row.right() - 12 * u - timeWidth, centeredBaseline(small, row.center().y())), time);

        QFont font = scaledFont(QApplication::font(), TextRole::Body);
        if (current) font.setWeight(QFont::DemiBold);
        painter->setFont(font);
        painter->setPen(theme->color(undone ? Role::Faint : Role::Ink));
        const double left = row.left() + 30 * u;
        const QString label = QFontMetricsF(font).elidedText(index.data().toString(), Qt::ElideRight,
                                                             row.right() - 24 * u - timeWidth - left);
        painter->drawText(QPointF(left, centeredBaseline(font, row.center().y())), label);
        if (option.state.testFlag(QStyle::State_HasFocus)) {
            painter->setPen(QPen(theme->color(Role::Accent), 2));
            painter->setBrush(Qt::NoBrush);
            painter->drawRect(row.adjusted(1, 1, -1, -1));
        }
        painter->restore();
    }
};

HistoryList::HistoryList(Document& document, QWidget* parent) : QListView(parent), model_(document) {
    setModel(&model_);
    delegate_ = new HistoryDelegate(this);
    setItemDelegate(delegate_);
    setAccessibleName(tr("History"));
    setFrameShape(QFrame::NoFrame);
    setSelectionMode(QAbstractItemView::NoSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setUniformItemSizes(true);
    setMouseTracking(true);
    connect(this, &QListView::clicked, this, [this](const QModelIndex& index) { model_.goTo(index.row()); });
    const auto showCurrent = [this] {
        const QModelIndex index = model_.index(model_.currentRow());
        if (!index.isValid()) return;
        selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
        scrollTo(index);
    };
    connect(&model_, &QAbstractItemModel::modelReset, this, showCurrent);
    connect(&model_, &QAbstractItemModel::dataChanged, this,
            [this, showCurrent](const QModelIndex&, const QModelIndex&, const QList<int>& roles) {
                // The clock alone does not scroll.
                if (roles.isEmpty()) showCurrent();
                viewport()->update();
            });
    clock_.setInterval(5000);
    connect(&clock_, &QTimer::timeout, this, [this] { model_.tick(); });
    showCurrent();
}

void HistoryList::applyTheme(const Theme& theme) {
    delegate_->theme = &theme;
    QPalette palette = this->palette();
    palette.setColor(QPalette::Base, theme.color(Role::Panel));
    setPalette(palette);
    viewport()->update();
}

void HistoryList::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter || event->key() == Qt::Key_Space) {
        model_.goTo(currentIndex().row());
        return;
    }
    QListView::keyPressEvent(event);
}

void HistoryList::showEvent(QShowEvent* event) {
    QListView::showEvent(event);
    clock_.start();
    model_.tick();
}

void HistoryList::hideEvent(QHideEvent* event) {
    QListView::hideEvent(event);
    clock_.stop();
}

void HistoryList::changeEvent(QEvent* event) {
    QListView::changeEvent(event);
    // Row heights are of the font.
    if (event->type() == QEvent::FontChange) scheduleDelayedItemsLayout();
}

}  // namespace rankscope::gui
