// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/plan_panels/layer_columns.hpp"
#include "app/gui/theme/theme.hpp"

#include <QStyledItemDelegate>

namespace rankscope::gui {

class LayerTableModel;
class Selection;
struct LayerRow;

/// What the table is doing; the delegate shows it.
struct LayerTableState {
    ColumnLayout columns;
    double keptNumber = 0;  ///< width of the numbers right of the track
    int dragRow = -1;       ///< its slider is held
    bool focusRing = false;
};

/// Paints the cells of the layer table. Where something stands is said by layer_columns, so that the mouse
/// finds it.
class LayerDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    LayerDelegate(const LayerTableModel& model, const Selection& selection, const LayerTableState& state,
                  QObject* parent);

    void setTheme(const Theme& theme) { theme_ = &theme; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;

private:
    void paintGround(QPainter& painter, const QRectF& cell, const LayerRow& row, int rowNumber,
                     LayerColumn column) const;
    void paintHeads(QPainter& painter, const QRectF& cell, const LayerRow& row) const;
    void paintStrip(QPainter& painter, const HeadCells& cells, const LayerRow& row) const;
    void paintKept(QPainter& painter, const QRectF& cell, const LayerRow& row, int rowNumber) const;
    void paintTicks(QPainter& painter, const KeptTrack& kept, double filledTo, const QColor& filled) const;
    void paintCompared(QPainter& painter, const QRectF& cell, const LayerRow& row) const;
    void paintMethod(QPainter& painter, const QRectF& cell, const LayerRow& row) const;
    void paintDelta(QPainter& painter, const QRectF& cell, const LayerRow& row, const QString& text) const;
    void paintLock(QPainter& painter, const QRectF& cell, const LayerRow& row) const;
    void paintText(QPainter& painter, const QRectF& cell, const QString& text, Role role,
                   bool strong = false) const;

    const LayerTableModel& model_;
    const Selection& selection_;
    const LayerTableState& state_;
    const Theme* theme_ = &Theme::light();
};

}  // namespace rankscope::gui
