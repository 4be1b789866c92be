// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QComboBox>
#include <QList>
#include <QString>

#include <utility>

namespace rankscope::gui {

/// One of the two places of Compare: a choice of plans that takes a plan dropped on it as well.
class PlanSlot : public QComboBox {
    Q_OBJECT

public:
    explicit PlanSlot(const QString& letter, QWidget* parent = nullptr);

    /// Ids and names in the order shown; an empty list leaves the slot empty.
    void setPlans(const QList<std::pair<QString, QString>>& plans, const QString& chosen);

    [[nodiscard]] QString planId() const { return currentData().toString(); }

Q_SIGNALS:
    void planChosen(const QString& id);
    void planDropped(const QString& id);

protected:
    void paintEvent(QPaintEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
};

}  // namespace rankscope::gui
