// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"
#include "app/gui/tradeoff_panels/comparison.hpp"

#include <QWidget>

#include <array>

namespace rankscope::gui {

class PlanSlot;

/// A | B | B − A: the two slots as heads of their columns, and a row per quantity under them.
class ComparisonTable : public QWidget {
    Q_OBJECT

public:
    explicit ComparisonTable(QWidget* parent = nullptr);

    [[nodiscard]] PlanSlot* slotA() const { return slotA_; }

    [[nodiscard]] PlanSlot* slotB() const { return slotB_; }

    void setRows(const QList<ComparisonRow>& rows);

    [[nodiscard]] const QList<ComparisonRow>& rows() const { return rows_; }

    /// False: only the heads with the slots.
    void showRows(bool shown);

    void applyTheme(const Theme& theme);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void topicPicked(const QString& topic);
    void copied(const QString& text);

protected:
    bool event(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    /// Widths of label, A, B and difference as the texts need them.
    [[nodiscard]] std::array<double, 4> neededWidths() const;
    /// Right ends of the four columns at the present width.
    [[nodiscard]] std::array<double, 4> columnRights() const;
    [[nodiscard]] double headHeight() const;
    [[nodiscard]] double rowHeight() const;
    [[nodiscard]] int rowAt(double y) const;
    void placeSlots();
    void paintRow(QPainter& painter, int row, const std::array<double, 4>& rights) const;
    void paintBadge(QPainter& painter, const QPointF& center, bool a) const;

    PlanSlot* slotA_;
    PlanSlot* slotB_;
    QList<ComparisonRow> rows_;
    bool shown_ = true;
    int cursor_ = 0;
    const Theme* theme_ = &Theme::light();
};

}  // namespace rankscope::gui
