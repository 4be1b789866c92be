// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include <QAbstractTableModel>
#include <QList>

namespace rankscope::gui {

/// Rows of Plans: the full model, the current plan while it is not saved, then the saved ones.
class PlansModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, State, Perplexity, Recall, Delta, Decode, Pin, kColumns };

    enum { SortRole = Qt::UserRole, ErrorRole, SoftRole };  ///< ErrorRole: "± 0.06"

    explicit PlansModel(Workspace workspace, QObject* parent = nullptr);

    [[nodiscard]] const PlanFacts& facts(int row) const { return rows_[row]; }

    [[nodiscard]] int rowOf(const QString& id) const;

    [[nodiscard]] bool isCurrent(int row) const { return rows_[row].id == current_; }

    /// "A", "B", "AB" or empty.
    [[nodiscard]] QString badges(int row) const;

    /// The same as a table: full precision, units in the header.
    [[nodiscard]] ColumnTable table() const;

    /// Perplexity, Recall and Δ of the current plan are `?`.
    void setAnswerHidden(bool hidden);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    [[nodiscard]] QStringList mimeTypes() const override;
    [[nodiscard]] QMimeData* mimeData(const QModelIndexList& indexes) const override;

Q_SIGNALS:
    void renameRequested(const QString& id, const QString& name);
    /// Texts may have another width now.
    void numbersChanged();

public Q_SLOTS:
    void rebuild();

private:
    void updatePlan(const QString& planKey);
    [[nodiscard]] QString text(const PlanFacts& facts, int column) const;
    [[nodiscard]] QString errorText(const PlanFacts& facts, int column) const;
    [[nodiscard]] QVariant sortKey(const PlanFacts& facts, int column) const;
    [[nodiscard]] QString toolTip(const PlanFacts& facts, int column) const;
    [[nodiscard]] bool isHidden(const PlanFacts& facts, int column) const;

    Workspace workspace_;
    QList<PlanFacts> rows_;
    QString current_;
    double stateUnit_ = 1024;  ///< bytes in one unit of the State column
    bool answerHidden_ = false;
};

}  // namespace rankscope::gui
