// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/plan_panels/presets.hpp"

#include <QStackedWidget>

#include <map>
#include <string>
#include <tuple>

QT_BEGIN_NAMESPACE
class QLabel;
class QMenu;
class QPushButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class AskRow;
class CalmBox;
class FieldProblem;
class MenuButton;

/// Ratio and method for the selected layers or for all unlocked ones, and the presets.
class SetBar : public QStackedWidget {
    Q_OBJECT

public:
    explicit SetBar(const Workspace& workspace, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme);

    /// Key of the chosen method; empty: keep all.
    [[nodiscard]] std::string method() const;
    /// The same, DRRQR for "keep all": for what cannot be done without a method.
    [[nodiscard]] std::string pruningMethod() const;

    [[nodiscard]] CalmBox* ratioBox() const { return ratio_; }

    [[nodiscard]] CalmBox* methodBox() const { return method_; }

    [[nodiscard]] QPushButton* selectedButton() const { return selected_; }

    [[nodiscard]] QPushButton* unlockedButton() const { return unlocked_; }

    [[nodiscard]] MenuButton* applyButton() const { return apply_; }

    [[nodiscard]] MenuButton* presetsButton() const { return presets_; }

    [[nodiscard]] QMenu* presetsMenu() const { return menu_; }

    [[nodiscard]] AskRow* askRow() const { return ask_; }

    [[nodiscard]] QString problem() const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

public Q_SLOTS:
    /// Focus on the ratio, all of it selected.
    void askRatio();
    void applyToSelected();
    void applyToUnlocked();

Q_SIGNALS:
    void methodChanged();
    void message(const QString& text);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void buildRow();
    void buildPresets();
    void layOut();
    void arrange();
    void readSelection();
    void readMethods();
    void applyTo(const std::set<int>& layers);
    void preset(const QString& label, PlanChoice plan);
    void askEnergy();
    void askState();
    [[nodiscard]] BudgetPlan budget(double kib) const;
    [[nodiscard]] std::optional<double> energy(const LayerChoice& layer) const;
    [[nodiscard]] QString outcome(const PlanChoice& plan) const;
    [[nodiscard]] std::set<int> unlockedLayers() const;

    Workspace workspace_;
    // While a preset asks, the same widths are looked at again with every key.
    mutable std::map<std::tuple<std::int64_t, std::string, std::int64_t>, std::optional<double>> energies_;
    const Theme* theme_ = &Theme::light();
    QWidget* row_;
    QLabel* set_;
    CalmBox* ratio_;
    FieldProblem* ratioProblem_;
    CalmBox* method_;
    QLabel* for_;
    QPushButton* selected_;
    QPushButton* unlocked_;
    MenuButton* apply_;
    MenuButton* presets_ = nullptr;
    QMenu* menu_;
    AskRow* ask_ = nullptr;
};

}  // namespace rankscope::gui
