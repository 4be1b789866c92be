// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/layer_panel.hpp"

#include "app/gui/charts/spectrum_view.hpp"
#include "app/gui/layer_panels/readout_row.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QMenu>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

#include <cmath>
#include <memory>

namespace rankscope::gui {
namespace {

class LayerPanelTest : public testing::Test {
protected:
    LayerPanelTest() : panel(sample.workspace) {
        panel.resize(640, 640);
        panel.show();
        QApplication::processEvents();
    }

    [[nodiscard]] int kept(int layer) const {
        return static_cast<int>(sample.document.layerChoice(layer)->kept);
    }

    [[nodiscard]] QPointF cut(double kept) const {
        const SpectrumView& view = *panel.spectrum();
        return {view.toPixel({kept + 0.5, 0}).x(), view.plotRect().center().y()};
    }

    [[nodiscard]] QString value(int readout) const { return panel.readouts()->readouts().at(readout).value; }

    SampleWorkspace sample;
    LayerPanel panel;
};

TEST_F(LayerPanelTest, ShowsTheMeanSpectraOfTheSelectedLayer) {
    sample.selection.setLayerAndHead(2, 1);
    const SpectrumData& data = panel.spectrum()->data();
    ASSERT_EQ(data.heads.size(), 3U);
    for (std::size_t h = 0; h < 3; ++h)
        EXPECT_EQ(data.heads[h], sample.states.capture()->meanSpectrum(2, h));
    EXPECT_EQ(data.selected, 1);
    EXPECT_EQ(data.channels, 64);
    EXPECT_EQ(panel.spectrum()->kept(), kept(2));
    EXPECT_EQ(panel.title(), QStringLiteral("Layer 2"));
}

TEST_F(LayerPanelTest, TheCurveAfterPruningLiesUnderTheSpectrumAndEndsAtKPrime) {
    const SpectrumData& data = panel.spectrum()->data();
    ASSERT_EQ(std::ssize(data.afterPruning), kept(0));
    EXPECT_FALSE(data.afterPruningCaptured);
    for (std::size_t i = 0; i < data.afterPruning.size(); ++i)
        EXPECT_LE(data.afterPruning[i], data.heads[0][i] * 1.0001F) << i;
    EXPECT_LT(data.afterPruning.back(), data.heads[0][data.afterPruning.size() - 1]);
}

TEST_F(LayerPanelTest, ACutLineDragIsOneUndoStepAndMovesNothingElse) {
    const int before = kept(0);
    ASSERT_NE(before, 40);
    const int steps = sample.document.undoStack()->count();
    Pointer pointer(*panel.spectrum());
    QSignalSpy readout(&panel, &Panel::readoutChanged);
    pointer.press(cut(before));
    for (int k = before; k <= 40; k += 2)
        pointer.drag(cut(k));
    EXPECT_TRUE(sample.document.isDragging());
    EXPECT_EQ(kept(0), 40);
    EXPECT_EQ(value(0), QString::number(before)) << "the readouts wait until the pointer rests";
    EXPECT_TRUE(readout.last()[0].toString().contains(QStringLiteral("K′ %1 → 40").arg(before)));
    pointer.release(cut(40));
    EXPECT_FALSE(sample.document.isDragging());
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
    EXPECT_EQ(sample.document.undoStack()->undoText(), QStringLiteral("Layer 0: K′ %1 → 40").arg(before));
    EXPECT_EQ(value(0), QStringLiteral("40"));
    EXPECT_EQ(std::ssize(panel.spectrum()->data().afterPruning), 40);
    sample.document.undoStack()->undo();
    EXPECT_EQ(panel.spectrum()->kept(), before);
}

TEST_F(LayerPanelTest, EscPutsEverythingBackWithoutAStep) {
    const int before = kept(0);
    const int steps = sample.document.undoStack()->count();
    Pointer pointer(*panel.spectrum());
    pointer.press(cut(before));
    pointer.drag(cut(48));
    ASSERT_EQ(kept(0), 48);
    QTest::keyClick(panel.spectrum(), Qt::Key_Escape);
    EXPECT_EQ(kept(0), before);
    EXPECT_EQ(panel.spectrum()->kept(), before);
    EXPECT_EQ(sample.document.undoStack()->count(), steps);
}

TEST_F(LayerPanelTest, DuringADragStatesAreAskedOnlyNowAndThen) {
    sample.states.calls.clear();
    for (int k = 32; k < 62; ++k)
        sample.document.dragTo(sample.document.withKept(0, k));
    EXPECT_EQ(std::ssize(sample.states.calls), 0);
    EXPECT_EQ(panel.spectrum()->kept(), 61);
    QTRY_COMPARE(std::ssize(panel.spectrum()->data().afterPruning), 61);
    EXPECT_EQ(std::ssize(sample.states.calls), 1);
    sample.document.finishDrag(QStringLiteral("Layer 0"));
    EXPECT_GT(std::ssize(sample.states.calls), 4) << "afterwards more states are taken into the mean";
}

TEST_F(LayerPanelTest, AnAnswerAboutFormerRowsIsNotTakenForTheNewOnes) {
    sample.document.setPlan(QStringLiteral("a"), sample.document.withKept(0, 24));
    sample.states.hold = true;
    sample.document.setPlan(QStringLiteral("b"), sample.document.withKept(0, 40));
    sample.document.setPlan(QStringLiteral("c"), sample.document.withKept(0, 16));
    sample.states.release();
    sample.states.hold = false;
    EXPECT_EQ(std::ssize(panel.spectrum()->data().afterPruning), 16);
}

TEST_F(LayerPanelTest, ReadoutsAreTheNumbersOfTheCapture) {
    const CaptureData& capture = *sample.states.capture();
    const auto rows = sample.document.keptChannels(*sample.document.layerChoice(0))->at(0);
    const double held = capture.keptEnergy(0, 0, rows);
    const double best = capture.bestDirections(0, 0, kept(0));
    const QList<Readout>& all = panel.readouts()->readouts();
    ASSERT_EQ(all.size(), 5);
    EXPECT_TRUE(all[1].value.startsWith(QString::number(100 * held, 'f', 1).left(4)))
        << all[1].value.toStdString();
    EXPECT_EQ(all[2].value, QString::number(100 * best, 'f', 2) + QStringLiteral(" %"));
    EXPECT_EQ(all[3].value, QString::number(capture.metricSummary("rank_stable", 0, 0).mean, 'f', 1));
    // Scrubbing moves none of them.
    const QList<Readout> before = all;
    sample.selection.setToken(95);
    sample.selection.setWindow(2);
    EXPECT_EQ(panel.readouts()->readouts(), before);
}

TEST_F(LayerPanelTest, ReadoutsGoOneByOneButTheFirstTwoStay) {
    ReadoutRow& row = *panel.readouts();
    int before = 5;
    EXPECT_EQ(row.shownCount(), 5);
    for (int width = 640; width > 60; width -= 10) {
        row.resize(width, row.height());
        EXPECT_LE(row.shownCount(), before);
        before = row.shownCount();
    }
    EXPECT_EQ(before, 2);
    EXPECT_LE(row.minimumSizeHint().width(), 380);
}

TEST_F(LayerPanelTest, TheTokenIsSharedWithTheRanksAlongTheText) {
    sample.selection.setToken(127);
    EXPECT_EQ(panel.ranks()->token(), 127);
    const QPointF at = panel.ranks()->toPixel({255, 1});
    Pointer(*panel.ranks()).click({at.x(), panel.ranks()->plotRect().top() + 3});
    EXPECT_EQ(sample.selection.token(), 255);
    sample.selection.setWindow(3);
    EXPECT_EQ(panel.ranks()->data().ranks[0][4], sample.states.capture()->metric("rank_entropy", 0, 3, 4, 0));
}

TEST_F(LayerPanelTest, AHeadOfTheModelIsPickedAndOpened) {
    Pointer pointer(*panel.heads());
    pointer.click(panel.heads()->headPixel(3, 2));
    EXPECT_EQ(sample.selection.layer(), 3);
    EXPECT_EQ(sample.selection.head(), 2);
    EXPECT_EQ(panel.title(), QStringLiteral("Layer 3"));
    pointer.doubleClick(panel.heads()->headPixel(1, 0));
    EXPECT_EQ(sample.selection.layer(), 1);
    EXPECT_EQ(sample.selection.level(), Selection::Level::State);
}

TEST_F(LayerPanelTest, WhatIsUnderThePointerIsSharedBothWays) {
    Pointer pointer(*panel.spectrum());
    pointer.move({panel.spectrum()->toPixel({9, 0}).x(), panel.spectrum()->plotRect().bottom() - 4});
    EXPECT_EQ(sample.selection.hover().index, 9);
    EXPECT_EQ(sample.selection.hover().layer, 0);
    pointer.leave();
    EXPECT_EQ(sample.selection.hover(), Hover{});
    sample.selection.setHover({0, 1, 17, -1, -1, {}});
    EXPECT_EQ(panel.spectrum()->hoverIndex(), 17);
    sample.selection.setHover({});
    EXPECT_EQ(panel.spectrum()->hoverIndex(), 0);
}

TEST_F(LayerPanelTest, HeadsOfAllLayersFollowTheChosenMetric) {
    sample.selection.setMetric(QStringLiteral("rank_entropy"));
    const auto& ranks = panel.heads()->data().ranks;
    ASSERT_EQ(ranks.size(), 4U);
    EXPECT_FLOAT_EQ(ranks[2][1],
                    static_cast<float>(sample.states.capture()->metricSummary("rank_entropy", 2, 1).mean));
    sample.selection.setMetric(QStringLiteral("sensitivity"));
    EXPECT_FLOAT_EQ(panel.heads()->data().ranks[2][1],
                    static_cast<float>(sample.states.capture()->metricSummary("rank_stable", 2, 1).mean));
}

TEST_F(LayerPanelTest, ChartsStandSideBySideOrAsTabsOrTheHeadsGo) {
    EXPECT_TRUE(panel.ranks()->isVisible() && panel.heads()->isVisible());
    panel.resize(380, 640);
    EXPECT_TRUE(panel.ranks()->isVisible());
    EXPECT_FALSE(panel.heads()->isVisible());
    panel.resize(640, 640);
    panel.setCompact(true);
    EXPECT_TRUE(panel.ranks()->isVisible());
    EXPECT_FALSE(panel.heads()->isVisible());
    // Stacked charts share their left edge.
    EXPECT_EQ(panel.spectrum()->mapTo(&panel, panel.spectrum()->plotRect().topLeft().toPoint()).x(),
              panel.ranks()->mapTo(&panel, panel.ranks()->plotRect().topLeft().toPoint()).x());
}

TEST_F(LayerPanelTest, FitsTheNarrowestColumn) {
    EXPECT_LE(panel.minimumSizeHint().width(), 380);
    EXPECT_LE(panel.minimumSizeHint().height(), 420);
}

TEST_F(LayerPanelTest, WithoutACaptureItSaysSoAndOffersOne) {
    sample.states.setCapture(nullptr);
    EXPECT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.emptyNote()->sentence(), QStringLiteral("This model has no captured states yet"));
    EXPECT_EQ(value(0), QString::number(kept(0))) << "the plan is known all the same";
    QSignalSpy asked(&panel, &LayerPanel::captureRequested);
    Q_EMIT panel.emptyNote()->remedyRequested();
    EXPECT_EQ(asked.at(0)[0].toInt(), -1);
    sample.states.setCapture(sampleCapture());
    EXPECT_FALSE(panel.emptyNote()->isVisible());
}

TEST_F(LayerPanelTest, ALayerThatWasNotCapturedIsNamed) {
    auto partial = std::make_shared<CaptureData>(*sample.states.capture());
    partial->layout.layers.resize(2);
    partial->layers.resize(2);
    sample.states.setCapture(partial);
    sample.selection.setLayer(3);
    EXPECT_EQ(panel.emptyNote()->sentence(), QStringLiteral("Layers 0–1 were captured"));
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Capture layer 3…"));
    QSignalSpy asked(&panel, &LayerPanel::captureRequested);
    Q_EMIT panel.emptyNote()->remedyRequested();
    EXPECT_EQ(asked.at(0)[0].toInt(), 3);
    sample.selection.setLayer(1);
    EXPECT_FALSE(panel.emptyNote()->isVisible());
}

TEST_F(LayerPanelTest, ACaptureOfRanksAloneKeepsTheLowerChartAndNamesTheRank) {
    sample.states.setCapture(ranksAlone(*sample.states.capture()));
    const CaptureData& capture = *sample.states.capture();
    EXPECT_FALSE(panel.emptyNote()->isVisible());
    EXPECT_FALSE(panel.spectrum()->isVisible());
    EXPECT_TRUE(panel.spectrum()->data().heads.empty());
    ASSERT_TRUE(panel.spectrumNote()->isVisible());
    EXPECT_EQ(panel.spectrumNote()->sentence(),
              QStringLiteral("This capture holds ranks without singular values"));
    EXPECT_LT(panel.spectrumNote()->height(), panel.ranks()->height());
    ASSERT_TRUE(panel.ranks()->isVisible());
    EXPECT_EQ(panel.ranks()->data().metric, QStringLiteral("stable rank"));
    EXPECT_TRUE(panel.ranks()->accessibleName().startsWith(QStringLiteral("stable rank")));
    EXPECT_EQ(panel.ranks()->data().ranks[1][3], capture.metric("rank_stable", 0, 0, 3, 1));
    // What is known: K' kept and the stable rank; nothing stands there as a dash.
    ASSERT_EQ(panel.readouts()->readouts().size(), 2);
    EXPECT_EQ(value(1), QString::number(capture.metricSummary("rank_stable", 0, 0).mean, 'f', 1));
    QSignalSpy asked(&panel, &LayerPanel::captureRequested);
    Q_EMIT panel.spectrumNote()->remedyRequested();
    EXPECT_EQ(asked.at(0)[0].toInt(), 0);
}

TEST_F(LayerPanelTest, PlansTokensAndHeadsMoveOverACaptureOfRanksAlone) {
    sample.states.setCapture(ranksAlone(*sample.states.capture()));
    sample.states.calls.clear();
    for (int k = 60; k > 32; --k)
        sample.document.dragTo(sample.document.withKept(0, k));
    sample.document.finishDrag(QStringLiteral("Layer 0"));
    sample.document.undoStack()->undo();
    sample.selection.setLayerAndHead(2, 1);
    sample.selection.setWindow(3);
    sample.selection.setToken(127);
    panel.setFloor(1e-9);
    sample.selection.setHover({2, 1, 17, -1, 63, {}});
    EXPECT_TRUE(sample.states.calls.empty()) << "there is no state to take rows out of";
    EXPECT_EQ(panel.ranks()->token(), 127);
    EXPECT_EQ(panel.ranks()->data().ranks[1][4], sample.states.capture()->metric("rank_stable", 2, 3, 4, 1));
    // The heads of the model fall back as well.
    sample.selection.setMetric(QStringLiteral("rank_entropy"));
    EXPECT_EQ(panel.heads()->data().metric, QStringLiteral("stable rank"));
    EXPECT_TRUE(std::isfinite(panel.heads()->data().ranks[2][1]));
}

TEST_F(LayerPanelTest, AfterACaptureOfRanksTheWantedRankAndTheSpectrumAreBack) {
    sample.states.setCapture(ranksAlone(*sample.states.capture()));
    sample.states.setCapture(sampleCapture());
    EXPECT_FALSE(panel.spectrumNote()->isVisible());
    ASSERT_TRUE(panel.spectrum()->isVisible());
    EXPECT_EQ(panel.spectrum()->data().heads.size(), 3U);
    EXPECT_GT(panel.spectrum()->height(), panel.ranks()->height() / 2);
    EXPECT_EQ(panel.ranks()->data().metric, QStringLiteral("entropy rank"));
    EXPECT_EQ(panel.readouts()->readouts().size(), 5);
}

TEST_F(LayerPanelTest, TheTableOfACaptureOfRanksIsThatOfTheRanks) {
    panel.showTable(true);
    sample.states.setCapture(ranksAlone(*sample.states.capture()));
    const auto* table = panel.findChild<QTableView*>();
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->model(), panel.ranks()->tableModel());
}

TEST_F(LayerPanelTest, RanksThatACaptureHasNotAreNotOffered) {
    sample.states.setCapture(ranksAlone(*sample.states.capture()));
    QMenu* metrics = nullptr;
    for (QMenu* menu : panel.menu()->findChildren<QMenu*>() + panel.findChildren<QMenu*>()) {
        if (menu->title() == QStringLiteral("Rank over tokens")) metrics = menu;
    }
    ASSERT_NE(metrics, nullptr);
    Q_EMIT metrics->aboutToShow();
    for (const QAction* action : metrics->actions()) {
        const bool known = action->text() == QStringLiteral("stable rank") || action->text() == QStringLiteral("utilisation");
        EXPECT_EQ(action->isEnabled(), known) << action->text().toStdString();
        EXPECT_EQ(action->isChecked(), action->text() == QStringLiteral("stable rank")) << action->text().toStdString();
    }
}

TEST_F(LayerPanelTest, ACaptureWithNeitherSpectraNorRanksIsEmptyAsAWhole) {
    auto states = std::make_shared<CaptureData>(*ranksAlone(*sample.states.capture()));
    states->layout.ranks = false;
    for (CapturedLayerData& layer : states->layers)
        layer.metrics.clear();
    sample.states.setCapture(states);
    EXPECT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_FALSE(panel.ranks()->isVisible());
    EXPECT_EQ(panel.readouts()->readouts().size(), 1);
}

TEST_F(LayerPanelTest, OfACaptureOfRanksAMissingLayerIsNamedFirst) {
    auto partial = std::make_shared<CaptureData>(*ranksAlone(*sample.states.capture()));
    partial->layout.layers.resize(2);
    partial->layers.resize(2);
    sample.states.setCapture(partial);
    sample.selection.setLayer(3);
    ASSERT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.emptyNote()->sentence(), QStringLiteral("Layers 0–1 were captured"));
}

TEST(LayerPanelWithoutAModel, ACaptureShowsNothingYet) {
    SampleWorkspace sample;
    Document empty;
    Workspace workspace{empty, sample.selection, sample.states, sample.engine};
    LayerPanel panel(workspace);
    panel.show();
    for (const auto& capture : {sampleCapture(), ranksAlone(*sampleCapture())}) {
        sample.states.setCapture(capture);
        ASSERT_TRUE(panel.emptyNote()->isVisible());
        EXPECT_EQ(panel.emptyNote()->sentence(), QStringLiteral("No model is open"));
        EXPECT_FALSE(panel.ranks()->isVisible());
    }
}

TEST(LayerPanelOfHybrids, AnAttentionLayerHasNoStateAndNoButton) {
    SampleModel model;
    model.attentionLayer = 1;
    SampleWorkspace sample(model);
    LayerPanel panel(sample.workspace);
    panel.show();
    sample.selection.setLayer(1);
    EXPECT_TRUE(panel.emptyNote()->sentence().contains(QStringLiteral("no recurrent state")));
    EXPECT_EQ(panel.emptyNote()->remedy(), QString());
}

TEST(LayerPanelOfGroupedHeads, EnergyIsOfTheKeyHeadBehindTheValueHead) {
    SampleModel model;
    model.keyHeads = 2;
    model.valueHeads = 4;
    SampleWorkspace sample(model);
    LayerPanel panel(sample.workspace);
    panel.show();
    sample.selection.setHead(3);
    ASSERT_EQ(panel.spectrum()->data().heads.size(), 4U);
    EXPECT_EQ(panel.spectrum()->data().selected, 3);
    const auto kept = *sample.document.keptChannels(*sample.document.layerChoice(0));
    EXPECT_EQ(keptRows(*sample.states.capture(), {0, 3}, kept), kept[1]);
    EXPECT_EQ(keptRows(*sample.states.capture(), {0, 1}, kept), kept[0]);
}

TEST(LayerPanelUnderAPlan, TheSpectrumOfACaptureMadeUnderThePlanIsSolid) {
    SampleWorkspace sample;
    const LayerChoice choice = *sample.document.layerChoice(0);
    const KeptChannels kept = *sample.document.keptChannels(choice);
    auto capture = std::make_shared<CaptureData>(*sample.states.capture());
    CaptureLayer& layer = capture->layout.layers[0];
    layer.channels.clear();
    for (const auto& head : kept)
        layer.channels.insert(layer.channels.end(), head.begin(), head.end());
    layer.key_dim = choice.kept;
    const std::size_t all = 64;
    const auto rank = static_cast<std::size_t>(layer.rank_limit());
    std::vector<float> shorter;
    for (std::size_t i = 0; i < capture->layers[0].singularValues.size(); ++i) {
        if (i % all < rank) shorter.push_back(capture->layers[0].singularValues[i]);
    }
    capture->layers[0].singularValues = shorter;
    sample.states.setCapture(capture);
    LayerPanel panel(sample.workspace);
    panel.show();
    EXPECT_TRUE(panel.spectrum()->data().afterPruningCaptured);
    EXPECT_EQ(panel.spectrum()->data().afterPruning, panel.spectrum()->data().heads[0]);
    EXPECT_EQ(panel.spectrum()->data().channels, 64) << "the cut line still counts the model's channels";
}

}  // namespace
}  // namespace rankscope::gui
