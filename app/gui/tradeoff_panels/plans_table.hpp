// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/theme/theme.hpp"

#include <QTableView>

QT_BEGIN_NAMESPACE
class QSortFilterProxyModel;
QT_END_NAMESPACE

namespace rankscope::gui {

class PlansModel;

/// The table of Plans: as many columns as its width has room for, one row a plan.
class PlansTable : public QTableView {
    Q_OBJECT

public:
    PlansTable(Workspace workspace, PlansModel& model, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);
    void setFilter(const QString& text);

    /// Level of shrinking of the window: from 3 on without Decode, then without Perplexity even where there
    /// is room.
    void setLevel(int level);

    [[nodiscard]] PlansModel& plans() const { return model_; }

    /// Row of the plans in a row of the table.
    [[nodiscard]] int sourceRow(int row) const;

    /// Id of the plan with the keyboard's cursor; empty: none.
    [[nodiscard]] QString currentId() const;

    /// Edits the name of the current row in place.
    void rename();

Q_SIGNALS:
    void activatedPlan(const QString& id);
    void removeRequested(const QString& id);
    void pinRequested(bool a, const QString& id);
    void menuRequested(const QString& id, const QPoint& global);

protected:
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool viewportEvent(QEvent* event) override;

private:
    void fitColumns();
    void showSelected();
    void hoverRow(int row);
    void showTopic(const QModelIndex& index);

    Workspace workspace_;
    PlansModel& model_;
    QSortFilterProxyModel* sorted_;
    int level_ = 0;
};

}  // namespace rankscope::gui
