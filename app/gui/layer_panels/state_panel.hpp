// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/state_source.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/layer_panels/state_analysis.hpp"
#include "app/gui/widgets/panel.hpp"

#include <QTimer>

#include <array>
#include <memory>
#include <optional>
#include <vector>

QT_BEGIN_NAMESPACE
class QGridLayout;
class QPushButton;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class ColorBar;
class EmptyNote;
class HeadTiles;
class HeatMapView;
class RankList;
class SegmentedSwitch;
class SingularValuesView;
class WaitingVeil;

/// In which order the rows of a state are drawn.
enum class RowOrder { Index, Norm, Score, Clustered };

/// One state of the selected head: S, what its first k directions make of it, the error of that, the Gram of
/// its rows, its singular values and its ranks. Or the states of all heads.
class StatePanel : public Panel {
    Q_OBJECT

public:
    explicit StatePanel(const Workspace& workspace, QWidget* parent = nullptr);
    ~StatePanel() override;

    void applyTheme(const Theme& theme) override;

    void setRowOrder(RowOrder order);

    /// Small pictures of all heads instead of the six tiles.
    void showAllHeads(bool all);

    [[nodiscard]] const StateAnalysis* analysis() const { return analysis_.get(); }

    [[nodiscard]] HeatMapView* tile(int index) const { return maps_[static_cast<std::size_t>(index)]; }

    [[nodiscard]] SingularValuesView* singularValues() const { return sigma_; }

    [[nodiscard]] RankList* ranks() const { return ranks_; }

    [[nodiscard]] HeadTiles* headTiles() const { return tiles_; }

    [[nodiscard]] EmptyNote* emptyNote() const { return empty_; }

Q_SIGNALS:
    /// A button asks for a capture: of this layer; −1: of any.
    void captureRequested(int layer);

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildBar();
    void buildTiles();
    void buildMenu();
    void connectViews();
    void connectWorkspace();

    /// What the selection asks for, if it is not shown already. Hidden panels ask nothing.
    void refresh();
    void showHeader();
    [[nodiscard]] bool showEmptyNote();
    void requestTiles();
    void stateReady(const StateKey& key, const StateAnalyst::State& state);
    void showAnalysis();
    void showState();
    void showReconstruction(int k);
    void showBars();
    void planChanged();
    void hoverChanged();
    void arrange();

    [[nodiscard]] const CaptureData* capture() const;
    [[nodiscard]] std::optional<StateKey> wantedKey() const;
    [[nodiscard]] std::vector<bool> rowKept() const;
    [[nodiscard]] std::vector<int> rowOrder() const;
    [[nodiscard]] int keptNow() const;
    void hoverChannel(int row);

    Workspace workspace_;
    SegmentedSwitch* level_;
    QStackedWidget* stack_;
    EmptyNote* empty_;
    QWidget* bar_;
    ColorBar* stateBar_;
    ColorBar* gramBar_;
    QPushButton* allHeads_;
    QWidget* page_;
    QGridLayout* grid_;
    std::array<HeatMapView*, 4> maps_;  // S, reconstruction, error, Gram
    SingularValuesView* sigma_;
    RankList* ranks_;
    HeadTiles* tiles_;
    StateAnalyst* analyst_;
    WaitingVeil* veil_;
    QTimer soon_;

    RowOrder order_ = RowOrder::Index;
    int k_ = 0;  // chosen by hand; 0: for 90 % of the energy
    int columns_ = 0;
    std::optional<StateKey> asked_;
    std::optional<StateKey> analysed_;
    std::vector<StateKey> tileQueue_;
    std::shared_ptr<const StateAnalysis> analysis_;
    HeadPlace place_;
};

}  // namespace rankscope::gui
