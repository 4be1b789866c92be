// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/plan_panels/layer_columns.hpp"
#include "app/gui/plan_panels/layer_row.hpp"

#include <QAbstractTableModel>

#include <vector>

namespace rankscope::gui {

/// One row per layer of the model, columns as LayerColumn. Follows document, capture and metric by itself and
/// signals dataChanged() of the rows that really changed: a drag changes one.
class LayerTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    explicit LayerTableModel(const Workspace& workspace, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;

    [[nodiscard]] const std::vector<LayerRow>& rows() const { return rows_; }

    [[nodiscard]] const LayerRow& row(int number) const { return rows_[static_cast<std::size_t>(number)]; }

    /// Row of a layer; −1: there is none.
    [[nodiscard]] int rowOf(int layer) const;

    /// Range of the metric over the whole model; NaN if nothing is known of it.
    [[nodiscard]] double low() const { return low_; }

    [[nodiscard]] double high() const { return high_; }

    /// Largest |Δ ppl alone|: length of the longest bar. Does not move while a plan is dragged.
    [[nodiscard]] double deltaScale() const { return deltaScale_; }

    [[nodiscard]] bool hasSweep() const;
    [[nodiscard]] int mostHeads() const;
    [[nodiscard]] std::int64_t widestKeyDim() const;

    /// K' of both plans on one track.
    void setCompare(bool compare);

    [[nodiscard]] bool isCompare() const { return compare_; }

    /// Choice of a layer under A or B: the pinned plan; without a pin A is the plan saved last and B the
    /// current one.
    [[nodiscard]] const LayerChoice* comparedChoice(bool a, int layer) const;
    /// Choice of a layer in the plan under the pointer; null: none.
    [[nodiscard]] const LayerChoice* hoveredChoice(int layer) const;

    /// All numbers, full precision.
    [[nodiscard]] ColumnTable table() const;

Q_SIGNALS:
    /// Low, high or what is known of the metric.
    void scaleChanged();
    /// The longest texts may be others than before: widths of columns.
    void needsChanged();

private:
    void readModel();
    void readPlan();
    void readMetric();
    void readEnergy();
    void readHands();
    void readDelta();
    void fillDelta(LayerRow& row) const;
    void readDeltaScale();
    void changed(int row);
    void allChanged();
    [[nodiscard]] const PlanChoice* compared(bool a) const;
    [[nodiscard]] QString text(const LayerRow& row, LayerColumn column) const;
    [[nodiscard]] QString toolTip(const LayerRow& row, LayerColumn column) const;

    Workspace workspace_;
    std::vector<LayerRow> rows_;
    double low_ = 0, high_ = 0;
    double deltaScale_ = 0;
    bool compare_ = false;
};

}  // namespace rankscope::gui
