// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/protocol/evaluation_methods.hpp"

#include <QAbstractTableModel>
#include <QStringList>

#include <vector>

namespace rankscope::gui {

/// Speeds of one benchmark: a row per plan with the full model first; for every length read, and for writing,
/// tokens per second with their spread and the ratio to the full model.
class BenchmarkTable : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    /// `names` of the plans in the order of the request: the result calls them by their index. Runs of plans
    /// that are not among them are left out.
    void setResult(const protocol::BenchJobResult& result, const QStringList& names);
    void clear();

    [[nodiscard]] bool isEmpty() const { return rows_.empty(); }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Every run in a line, with header, units and full precision, for spreadsheets.
    [[nodiscard]] QString tabSeparated() const;

private:
    struct Measure {
        bool decode = false;
        std::int64_t length = 0;
    };

    struct Row {
        QString name;
        std::vector<protocol::BenchRunData> runs;  // of every measure; of no plan where one is missing
    };

    /// Of the full model over that of the row; 0 where one of them is missing.
    [[nodiscard]] double ratio(const Row& row, std::size_t measure) const;
    /// Whether the medians differ by more than twice the spread of the runs.
    [[nodiscard]] bool differs(const Row& row, std::size_t measure) const;
    [[nodiscard]] QString toolTip(const Row& row, std::size_t measure) const;

    std::vector<Measure> measures_;
    std::vector<Row> rows_;
};

}  // namespace rankscope::gui
