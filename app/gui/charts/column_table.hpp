// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QList>
#include <QString>
#include <QVariant>

#include <functional>

namespace rankscope::gui {

/// The numbers of a drawing as a table: what a person reads, selects and copies in its place.
struct ColumnTable {
    struct Column {
        QString title;
        QString unit;  ///< empty for pure numbers
        /// Text for the window of a number; empty: whole numbers as they are, others with four significant
        /// digits.
        std::function<QString(double)> format;
    };

    QList<Column> columns;
    QList<QList<QVariant>> rows;  ///< double, float, int or QString; invalid for unknown

    /// `title (unit)`.
    [[nodiscard]] QString header(int column) const;

    /// Text for the window: `–` for unknown.
    [[nodiscard]] QString text(int row, int column) const;

    /// Full precision, `.` as decimal point, empty for unknown.
    [[nodiscard]] QString exactText(int row, int column) const;

    /// RFC 4180 with a header line; lines end with \n.
    [[nodiscard]] QString toCsv() const;

    /// Tab-separated with a header line: what the clipboard gets.
    [[nodiscard]] QString toTsv() const;
};

/// Read-only model of one table. DisplayRole: as in the window; EditRole: the value; ToolTipRole: full
/// precision.
class ColumnTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    void setTable(ColumnTable table);

    [[nodiscard]] const ColumnTable& table() const { return table_; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    ColumnTable table_;
};

}  // namespace rankscope::gui
