// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/widgets/panel.hpp"

#include <QTimer>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class CalmBox;
class ColorBar;
class EmptyNote;
class LayerTable;
class LayerTableModel;
class SetBar;
class TotalsRow;

/// "Model and plan": the layers with their heads and sliders, what the plan comes to, and edits of many
/// layers at once.
class PlanPanel : public Panel {
    Q_OBJECT

public:
    explicit PlanPanel(const Workspace& workspace, QWidget* parent = nullptr);
    ~PlanPanel() override;

    void applyTheme(const Theme& theme) override;

    /// Another map of colours was chosen.
    void showColors();

    /// For the layout Compare: K' of A and B as badges on one track.
    void setCompare(bool compare);

    [[nodiscard]] LayerTable* table() const { return table_; }

    [[nodiscard]] LayerTableModel* model() const { return model_; }

    [[nodiscard]] SetBar* setBar() const { return setBar_; }

    [[nodiscard]] TotalsRow* totals() const { return totals_; }

    [[nodiscard]] CalmBox* metricBox() const { return metric_; }

    [[nodiscard]] ColorBar* colorBar() const { return bar_; }

    [[nodiscard]] QPushButton* captureButton() const { return capture_; }

    [[nodiscard]] EmptyNote* emptyNote() const { return empty_; }

public Q_SLOTS:
    // What keys and palette do; the window binds them.
    void stepLayer(int steps);
    void stepHead(int steps);
    void stepKept(int steps);        ///< by snap steps
    void stepKeptSingle(int steps);  ///< by single channels
    void editKept(const QString& text = {});
    void setRatio();  ///< asks for it
    void setMethod();
    void toggleLock();
    void selectAllLayers();
    /// Method and K' of the current layer for all unlocked ones.
    void applyRowToAll();
    void sweepLayers();

Q_SIGNALS:
    /// The button over empty cells; −1: any layer.
    void captureRequested(int layer);
    void openModelRequested();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void settleNumbers() override;

private:
    void fillNumbers();
    void buildColorRow();
    void buildMenu();
    void layOut();
    void arrangeColorRow();
    void readModel();
    void readScale();
    void readMetric();

    Workspace workspace_;
    LayerTableModel* model_;
    QStackedWidget* stack_;
    QWidget* colorRow_;
    QLabel* colorLabel_;
    CalmBox* metric_;
    ColorBar* bar_;
    QPushButton* capture_;
    LayerTable* table_;
    TotalsRow* totals_;
    SetBar* setBar_ = nullptr;
    EmptyNote* empty_;
    ColumnTableModel numbers_;
    QTimer soon_;  // the table of numbers follows a little later
};

}  // namespace rankscope::gui
