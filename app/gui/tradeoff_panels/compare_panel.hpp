// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/column_table.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/tradeoff_panels/comparison.hpp"
#include "app/gui/widgets/panel.hpp"

#include <array>
#include <optional>

QT_BEGIN_NAMESPACE
class QHBoxLayout;
class QLabel;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class AttributionStore;
class ComparisonTable;
class ContributionView;
class ElidedLabel;
class EmptyNote;
class SegmentedSwitch;
class SpectraCompare;

/// Two plans: in numbers, by the spectra they leave, and by the layers that make the difference. Three parts
/// over each other, or as tabs where there is little room.
class ComparePanel : public Panel {
    Q_OBJECT

public:
    enum class Part { Numbers, Spectra, Layers };

    explicit ComparePanel(Workspace workspace, QWidget* parent = nullptr);

    /// True: tabs; false: all three; nothing: as the panel's own size asks for.
    void setTabbed(std::optional<bool> tabbed);

    [[nodiscard]] bool isTabbed() const { return tabbed_; }

    /// The part shown while there are tabs.
    void showPart(Part part);

    /// Ids of the plans compared; empty: none.
    [[nodiscard]] QString planA() const { return ids_[0]; }

    [[nodiscard]] QString planB() const { return ids_[1]; }

    [[nodiscard]] QString sentence() const;

    [[nodiscard]] ComparisonTable* table() const { return table_; }

    [[nodiscard]] SpectraCompare* spectra() const { return spectra_; }

    [[nodiscard]] ContributionView* contributions() const { return contributions_; }

    void applyTheme(const Theme& theme) override;

Q_SIGNALS:
    void captureRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void build();
    void connectWorkspace();
    void choose(bool a, const QString& id);
    void showPlans();
    void showNumbers();
    void showLayerChoices();
    void showContributions();
    void arrange();
    void layoutSpacing();
    void computeContributions();
    [[nodiscard]] QString defaultId(bool a, const QString& other) const;
    [[nodiscard]] const PlanChoice* choiceOf(const QString& id) const;
    [[nodiscard]] QString nameOf(const QString& id) const;

    Workspace workspace_;
    AttributionStore* attributions_;
    std::array<QString, 2> chosen_;  ///< in the slots; empty: pins and defaults
    std::array<QString, 2> ids_;     ///< compared
    std::optional<bool> askedTabs_;
    bool tabbed_ = false;
    Part part_ = Part::Numbers;
    ColumnTableModel twin_;

    SegmentedSwitch* mode_;
    SegmentedSwitch* tabs_ = nullptr;
    ComparisonTable* table_;
    QLabel* sentence_;
    QStackedWidget* body_;
    QWidget* parts_;
    EmptyNote* missing_;
    QWidget* modeRow_;
    QHBoxLayout* modeRowLayout_;
    QWidget* spectraPart_;
    SpectraCompare* spectra_;
    QWidget* layersPart_;
    QLabel* layersTitle_;
    ElidedLabel* layersSubtitle_;
    QHBoxLayout* layersHead_;
    QStackedWidget* layersStack_;
    ContributionView* contributions_;
    EmptyNote* layersNote_;
};

}  // namespace rankscope::gui
