// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/widgets/panel.hpp"

QT_BEGIN_NAMESPACE
class QHBoxLayout;
class QLineEdit;
class QStackedWidget;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class EmptyNote;
class JobsList;
class PlansModel;
class PlansTable;
class SegmentedSwitch;

/// Saved plans as a table, and what the engine does.
class PlansJobsPanel : public Panel {
    Q_OBJECT

public:
    enum class Tab { Plans, Jobs };

    explicit PlansJobsPanel(Workspace workspace, QWidget* parent = nullptr);

    void showTab(Tab tab);

    [[nodiscard]] PlansTable* table() const { return table_; }

    [[nodiscard]] JobsList* jobs() const { return jobs_; }

    /// As for the ribbon: level of shrinking of the window, 0 to 4.
    void setLevel(int level);

    void setAnswerHidden(bool hidden);

    /// Pins the selected plan, or the current one where none is selected.
    void pinSelected(bool a);

    void applyTheme(const Theme& theme) override;

Q_SIGNALS:
    /// The plan with this id, or the current one, is to become a file.
    void savePlanRequested(const QString& id);

protected:
    void changeEvent(QEvent* event) override;

private:
    void showCounts();
    void fillPinMenu(QMenu& menu, const QString& id);
    void showContextMenu(const QString& id, const QPoint& global);
    void remove(const QString& id);
    [[nodiscard]] QString selectedId() const;

    Workspace workspace_;
    PlansModel* model_;
    ColumnTableModel twin_;
    SegmentedSwitch* tabs_;
    QToolButton* pin_;
    QMenu* pinMenu_;
    QMenu* context_;
    QStackedWidget* pages_;
    QWidget* plansPage_;
    QHBoxLayout* filterRow_;
    QLineEdit* filter_;
    PlansTable* table_ = nullptr;
    EmptyNote* empty_;
    JobsList* jobs_;
};

}  // namespace rankscope::gui
