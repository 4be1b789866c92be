// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/column_table.hpp"

#include "app/gui/theme/number_text.hpp"

#include <QStringList>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

bool isNumber(const QVariant& value) {
    const int type = value.typeId();
    return type == QMetaType::Double || type == QMetaType::Float || type == QMetaType::Int;
}

QString quoted(QString field) {
    if (!field.contains(QLatin1Char(',')) && !field.contains(QLatin1Char('"'))
        && !field.contains(QLatin1Char('\n')))
        return field;
    return QLatin1Char('"') + field.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
}

QString plain(QString field) {
    return field.replace(QLatin1Char('\t'), QLatin1Char(' ')).replace(QLatin1Char('\n'), QLatin1Char(' '));
}

template <typename Field>
QString joined(const ColumnTable& table, QLatin1Char separator, Field field) {
    QString text;
    QStringList line;
    for (int column = 0; column < table.columns.size(); ++column)
        line.append(field(table.header(column)));
    text += line.join(separator) + QLatin1Char('\n');
    for (int row = 0; row < table.rows.size(); ++row) {
        line.clear();
        for (int column = 0; column < table.columns.size(); ++column)
            line.append(field(table.exactText(row, column)));
        text += line.join(separator) + QLatin1Char('\n');
    }
    return text;
}

}  // namespace

QString ColumnTable::header(int column) const {
    const Column& c = columns.at(column);
    return c.unit.isEmpty() ? c.title : QStringLiteral("%1 (%2)").arg(c.title, c.unit);
}

QString ColumnTable::text(int row, int column) const {
    const QVariant value = rows.at(row).value(column);
    if (!value.isValid()) return number_text::kUnknown;
    if (!isNumber(value)) return value.toString();
    const double number = value.toDouble();
    if (const auto& format = columns.at(column).format) return format(number);
    return number == std::floor(number) && std::abs(number) < 1e6
               ? number_text::integer(static_cast<qint64>(number))
               : number_text::significant(number, 4);
}

QString ColumnTable::exactText(int row, int column) const {
    const QVariant value = rows.at(row).value(column);
    switch (value.typeId()) {
        case QMetaType::Float:
            return number_text::exact(value.toFloat());
        case QMetaType::Double:
            return number_text::exact(value.toDouble());
        default:
            return value.toString();
    }
}

QString ColumnTable::toCsv() const {
    return joined(*this, QLatin1Char(','), quoted);
}

QString ColumnTable::toTsv() const {
    return joined(*this, QLatin1Char('\t'), plain);
}

void ColumnTableModel::setTable(ColumnTable table) {
    beginResetModel();
    table_ = std::move(table);
    endResetModel();
}

int ColumnTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(table_.rows.size());
}

int ColumnTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(table_.columns.size());
}

QVariant ColumnTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || index.row() >= table_.rows.size() || index.column() >= table_.columns.size())
        return {};
    const QVariant value = table_.rows.at(index.row()).value(index.column());
    switch (role) {
        case Qt::DisplayRole:
            return table_.text(index.row(), index.column());
        case Qt::EditRole:
            return value;
        case Qt::ToolTipRole:
            return table_.exactText(index.row(), index.column());
        case Qt::TextAlignmentRole:
            return static_cast<int>(Qt::AlignVCenter
                                    | (isNumber(value) || !value.isValid() ? Qt::AlignRight : Qt::AlignLeft));
        default:
            return {};
    }
}

QVariant ColumnTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    // A title stands over what is under it.
    if (role == Qt::TextAlignmentRole && orientation == Qt::Horizontal && section >= 0
        && section < table_.columns.size()) {
        const auto first = std::find_if(table_.rows.begin(), table_.rows.end(),
                                        [&](const auto& row) { return row.value(section).isValid(); });
        const bool text = first != table_.rows.end() && !isNumber(first->value(section));
        return static_cast<int>(Qt::AlignVCenter | (text ? Qt::AlignLeft : Qt::AlignRight));
    }
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return section + 1;
    return section >= 0 && section < table_.columns.size() ? QVariant(table_.header(section)) : QVariant();
}

}  // namespace rankscope::gui
