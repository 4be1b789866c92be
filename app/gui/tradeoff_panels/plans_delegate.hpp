// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QStyledItemDelegate>

namespace rankscope::gui {

class PlansTable;

/// Draws a plan's cells: glyph and name, numbers with their ± one size smaller, badges of pins.
class PlansDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit PlansDelegate(PlansTable& table);

    void setTheme(const Theme& theme) { theme_ = &theme; }

    void setHoverId(const QString& id) { hover_ = id; }

    /// Pixels a cell needs, padding included; the name may have less.
    [[nodiscard]] double widthOf(int sourceRow, int column) const;
    [[nodiscard]] double headerWidth(int column) const;
    [[nodiscard]] int rowHeight() const;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                              const QModelIndex& index) const override;

private:
    void paintBadges(QPainter& painter, const QRectF& cell, const QString& badges) const;

    PlansTable& table_;
    const Theme* theme_ = &Theme::light();
    QString hover_;
};

}  // namespace rankscope::gui
