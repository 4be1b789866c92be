// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plan_slot.hpp"

#include "app/gui/tradeoff_panels/plan_drag.hpp"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QMimeData>
#include <QStyleOptionComboBox>
#include <QStylePainter>
#include <QWheelEvent>

namespace rankscope::gui {

PlanSlot::PlanSlot(const QString& letter, QWidget* parent) : QComboBox(parent) {
    setAccessibleName(tr("Plan %1").arg(letter));
    setToolTip(tr("Plan %1: choose one, or drop one here").arg(letter));
    setFocusPolicy(Qt::StrongFocus);
    setAcceptDrops(true);
    setSizeAdjustPolicy(AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(6);
    setPlaceholderText(tr("none"));
    connect(this, &QComboBox::activated, this,
            [this](int index) { Q_EMIT planChosen(itemData(index).toString()); });
}

void PlanSlot::setPlans(const QList<std::pair<QString, QString>>& plans, const QString& chosen) {
    const QSignalBlocker blocker(this);
    clear();
    int at = -1;
    for (const auto& [id, name] : plans) {
        if (id == chosen) at = count();
        addItem(name, id);
        setItemData(count() - 1, name, Qt::ToolTipRole);
    }
    setCurrentIndex(at);
}

void PlanSlot::paintEvent(QPaintEvent* /*event*/) {
    // As the style does it, but a long name has an ellipsis in its middle.
    QStylePainter painter(this);
    QStyleOptionComboBox option;
    initStyleOption(&option);
    painter.drawComplexControl(QStyle::CC_ComboBox, option);
    const QRect room =
        style()->subControlRect(QStyle::CC_ComboBox, &option, QStyle::SC_ComboBoxEditField, this);
    const bool none = currentIndex() < 0;
    option.currentText = fontMetrics().elidedText(none ? placeholderText() : option.currentText,
                                                  Qt::ElideMiddle, room.width() - 4);
    if (none) option.palette.setColor(QPalette::ButtonText, option.palette.color(QPalette::PlaceholderText));
    painter.drawControl(QStyle::CE_ComboBoxLabel, option);
}

void PlanSlot::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasFormat(pointMimeType())) event->acceptProposedAction();
}

void PlanSlot::dropEvent(QDropEvent* event) {
    const QString id = pointOfMimeData(*event->mimeData());
    if (id.isEmpty()) return;
    event->acceptProposedAction();
    Q_EMIT planDropped(id);
}

void PlanSlot::wheelEvent(QWheelEvent* event) {
    // The wheel over a slot scrolls what is around it, unless somebody is in the slot.
    if (hasFocus()) {
        QComboBox::wheelEvent(event);
    } else {
        event->ignore();
    }
}

}  // namespace rankscope::gui
