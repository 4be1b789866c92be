// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/widgets/panel.hpp"

#include <QTimer>

#include <memory>
#include <vector>

QT_BEGIN_NAMESPACE
class QActionGroup;
class QMenu;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class AfterPruning;
class EmptyNote;
class ReadoutRow;
class SegmentedSwitch;
class SpectrumView;
class SplitFrame;
class WaitingVeil;

/// The selected layer: its spectra with the line that cuts at K', its ranks along the text, and the heads of
/// the whole model. A capture of ranks alone has no spectra: a note says so in their place.
class LayerPanel : public Panel {
    Q_OBJECT

public:
    explicit LayerPanel(const Workspace& workspace, QWidget* parent = nullptr);
    ~LayerPanel() override;

    /// Compact: spectrum and rank over tokens alone, for the layout in which this column is narrow.
    void setCompact(bool compact);

    /// Where spectra end, relative to the first value.
    void setFloor(double floor);

    void applyTheme(const Theme& theme) override;

    [[nodiscard]] SpectrumView* spectrum() const { return spectrum_; }

    [[nodiscard]] RankOverTokensView* ranks() const { return ranks_; }

    [[nodiscard]] HeadsByLayerView* heads() const { return heads_; }

    [[nodiscard]] ReadoutRow* readouts() const { return readouts_; }

    /// In the place of everything.
    [[nodiscard]] EmptyNote* emptyNote() const { return empty_; }

    /// In the place of the spectrum alone, over ranks.
    [[nodiscard]] EmptyNote* spectrumNote() const { return noSpectrum_; }

Q_SIGNALS:
    /// A button asks for a capture: of this layer; −1: of any.
    void captureRequested(int layer);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    // layer_panel_menu.cpp
    void buildMenu();
    void offerRanks();
    void fillAddHead();
    [[nodiscard]] std::vector<NamedSpectrum> addedSpectra() const;

    // layer_panel.cpp
    void buildLower();
    void connectViews();
    void connectWorkspace();

    /// Everything of the selected layer anew.
    void showLayer();
    void showHeader();
    /// Of the selected head.
    [[nodiscard]] bool hasSpectrum() const;
    void placeSpectrum(bool shown);
    /// The rank that is wanted, or the stable rank where the capture has no other.
    [[nodiscard]] QString shownRank(const QString& wanted) const;
    void showSpectrum();
    void showRanks();
    void showModelRanks();
    void showReadouts();
    void showAfterPruning();
    void planChanged();
    void tokenChanged();
    void hoverChanged();
    void arrangeLower();

    [[nodiscard]] const CaptureData* capture() const;
    [[nodiscard]] int keptNow() const;
    [[nodiscard]] std::vector<std::int32_t> keptRowsNow() const;
    void hover(const Hover& hover);

    static constexpr int kEarlyToken = 128;  // from here on ranks hardly move

    Workspace workspace_;
    SegmentedSwitch* level_;
    ReadoutRow* readouts_;
    QStackedWidget* stack_;
    EmptyNote* empty_;
    WaitingVeil* veil_;
    SplitFrame* charts_;
    SpectrumView* spectrum_;
    EmptyNote* noSpectrum_;
    QWidget* lower_;
    SegmentedSwitch* tabs_;
    SplitFrame* pair_;
    RankOverTokensView* ranks_;
    HeadsByLayerView* heads_;
    AfterPruning* after_;
    QActionGroup* tokenMetrics_ = nullptr;
    QMenu* addHead_ = nullptr;
    QList<std::pair<int, int>> addedHeads_;  // layer and head, drawn beside the layer's own
    QTimer soon_;                            // what may wait a moment while the plan is dragged

    HeadPlace place_;
    bool atToken_ = false;
    bool compact_ = false;
    bool earlyAgainstLate_ = false;
    bool sideBySide_ = true;
    int shownWindow_ = -1;
    double floor_ = 1e-6;
    int keptBefore_ = 0;  // of the drag that is on
    QString tokenMetric_ = QStringLiteral("rank_entropy");  // the one that is wanted
};

}  // namespace rankscope::gui
