// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/state_panel.hpp"

#include "app/gui/charts/heat_map_view.hpp"
#include "app/gui/charts/singular_values_view.hpp"
#include "app/gui/layer_panels/head_tiles.hpp"
#include "app/gui/layer_panels/rank_list.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "tests/app/gui/layer_panels/pointer.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <memory>

namespace rankscope::gui {
namespace {

class StatePanelTest : public testing::Test {
protected:
    StatePanelTest() : panel(sample.workspace) {
        panel.resize(660, 660);
        panel.show();
        waitForState();
    }

    /// Until what the selection asks for is drawn.
    void waitForState() {
        const CaptureData& capture = *sample.states.capture();
        const StateKey key{sample.selection.layer(), sample.selection.window(),
                           capture.nearestState(sample.selection.token()), sample.selection.head()};
        const std::vector<float> expected = sample.states.state(key);
        QTRY_VERIFY(panel.analysis() != nullptr && panel.analysis()->values == expected
                    && panel.tile(0)->data().values == expected);
    }

    SampleWorkspace sample;
    StatePanel panel;
};

TEST_F(StatePanelTest, ReconstructionAndErrorAddUpToTheState) {
    const HeatMapData& s = panel.tile(0)->data();
    const HeatMapData& low = panel.tile(1)->data();
    const HeatMapData& error = panel.tile(2)->data();
    ASSERT_EQ(s.values.size(), 64U * 64U);
    double held = 0;
    double all = 0;
    for (std::size_t i = 0; i < s.values.size(); ++i) {
        ASSERT_NEAR(low.values[i] + error.values[i], s.values[i], 1e-6);
        held += static_cast<double>(low.values[i]) * low.values[i];
        all += static_cast<double>(s.values[i]) * s.values[i];
    }
    EXPECT_GE(held / all, 0.9) << "k starts where 90 % of the energy is held";
    EXPECT_EQ(low.limit, s.limit);
    EXPECT_EQ(error.limit, s.limit);
    EXPECT_GT(error.factor, 1);
}

TEST_F(StatePanelTest, DraggingKChangesTheReconstructionAndNotThePlan) {
    const int steps = sample.document.undoStack()->count();
    const PlanChoice plan = sample.document.plan();
    SingularValuesView& view = *panel.singularValues();
    const int before = view.k();
    QTest::keyClick(&view, Qt::Key_Right);
    EXPECT_EQ(view.k(), before + 1);
    const std::vector<float> expected = panel.analysis()->svd.reconstruct(before + 1);
    EXPECT_EQ(panel.tile(1)->data().values, expected);
    EXPECT_EQ(sample.document.plan(), plan);
    EXPECT_EQ(sample.document.undoStack()->count(), steps);
    // It stays while the text is scrubbed, and starts anew with another head.
    sample.selection.setWindow(1);
    waitForState();
    EXPECT_EQ(view.k(), before + 1);
    sample.selection.setHead(2);
    waitForState();
    EXPECT_EQ(view.k(), directionsFor(view.data().sigma, 0.9));
}

TEST_F(StatePanelTest, RanksAreThoseOfThisStatesSpectrum) {
    std::vector<double> sigma(panel.analysis()->svd.sigma);
    const RankMetrics expected = rank_metrics(sigma);
    const ColumnTable& table = panel.ranks()->tableModel()->table();
    ASSERT_EQ(table.rows.size(), 7);
    EXPECT_DOUBLE_EQ(table.rows[0][2].toDouble(), expected.stable);
    EXPECT_DOUBLE_EQ(table.rows[2][2].toDouble(), expected.entropy);
    EXPECT_DOUBLE_EQ(table.rows[6][2].toDouble(), expected.at_99);
}

TEST_F(StatePanelTest, RemovedRowsAreFadedAndFollowThePlan) {
    const auto removed = [this] { return std::ranges::count(panel.tile(0)->data().rowKept, false); };
    EXPECT_EQ(removed(), 64 - sample.document.layerChoice(0)->kept);
    sample.document.setPlan(QStringLiteral("a"), sample.document.withKept(0, 56));
    EXPECT_EQ(removed(), 8);
    sample.document.dragTo(sample.document.withKept(0, 40));
    QTRY_COMPARE(removed(), 24);
    sample.document.cancelDrag();
    EXPECT_EQ(removed(), 8);
}

TEST_F(StatePanelTest, RowsCanBeOrdered) {
    const auto order = [this] { return panel.tile(0)->data().order; };
    panel.setRowOrder(RowOrder::Norm);
    for (std::size_t i = 1; i < order().size(); ++i) {
        EXPECT_GE(panel.analysis()->rowNorms[static_cast<std::size_t>(order()[i - 1])],
                  panel.analysis()->rowNorms[static_cast<std::size_t>(order()[i])]);
    }
    panel.setRowOrder(RowOrder::Score);
    const LayerChoice& choice = *sample.document.layerChoice(0);
    const auto& best = sample.document.orders().head(choice.method, 0, 0)->order;
    EXPECT_EQ(order(), std::vector<int>(best.begin(), best.end()));
    // The Gram is reordered on both axes.
    EXPECT_EQ(
        panel.tile(3)->data().values[1],
        panel.analysis()->gram[static_cast<std::size_t>(best[0]) * 64 + static_cast<std::size_t>(best[1])]);
}

TEST_F(StatePanelTest, OnlySomePositionsHaveStatesAndThatIsSaid) {
    const CaptureLayout& layout = sample.states.capture()->layout;
    sample.selection.setToken(31);
    waitForState();
    QString subtitle;
    for (const auto* label : panel.findChildren<QLabel*>())
        subtitle += label->accessibleName();
    EXPECT_TRUE(subtitle.contains(QStringLiteral("after token %1").arg(layout.state_positions[0])))
        << subtitle.toStdString();
    EXPECT_TRUE(subtitle.contains(QStringLiteral("nearest to token 31"))) << subtitle.toStdString();
}

TEST_F(StatePanelTest, TheSameStateIsNotAskedTwice) {
    sample.states.calls.clear();
    sample.selection.setToken(479);
    sample.selection.setToken(511);
    EXPECT_TRUE(sample.states.calls.empty());
    sample.selection.setWindow(1);
    EXPECT_EQ(sample.states.calls, std::vector<std::string>{"state"});
}

TEST_F(StatePanelTest, AHiddenPanelAsksNothing) {
    panel.hide();
    sample.states.calls.clear();
    sample.selection.setHead(1);
    sample.selection.setWindow(2);
    EXPECT_TRUE(sample.states.calls.empty());
    panel.show();
    EXPECT_EQ(sample.states.calls, std::vector<std::string>{"state"});
    waitForState();
}

TEST_F(StatePanelTest, TheRowUnderThePointerIsAChannelForAllViews) {
    HeatMapView& s = *panel.tile(0);
    QSignalSpy readout(&panel, &Panel::readoutChanged);
    Pointer pointer(s);
    pointer.move(s.toPixel({5.5, 9.5}));
    EXPECT_EQ(sample.selection.hover().channel, 9);
    EXPECT_TRUE(readout.last()[0].toString().contains(QStringLiteral("row 9, column 5")));
    pointer.leave();
    EXPECT_EQ(sample.selection.hover(), Hover{});
}

TEST_F(StatePanelTest, AllHeadsComeOneAfterAnotherOnOneScale) {
    for (auto* button : panel.findChildren<QPushButton*>()) {
        if (button->text() == QStringLiteral("All heads")) button->click();
    }
    HeadTiles& tiles = *panel.headTiles();
    EXPECT_TRUE(tiles.isVisible());
    EXPECT_FALSE(panel.tile(0)->isVisible());
    double largest = 0;
    for (int head = 0; head < 3; ++head)
        largest = std::max(largest, symmetricLimit(sample.states.state({0, 0, 1, head})));
    EXPECT_DOUBLE_EQ(tiles.limit(), largest);
    Pointer pointer(static_cast<QWidget&>(tiles));
    pointer.click(tiles.tileRect(2).center());
    EXPECT_EQ(sample.selection.head(), 2);
    pointer.doubleClick(tiles.tileRect(1).center());
    EXPECT_FALSE(tiles.isVisible());
    waitForState();
    EXPECT_EQ(sample.selection.head(), 1);
}

TEST_F(StatePanelTest, ACaptureWithoutStatesSaysSo) {
    auto bare = std::make_shared<CaptureData>(*sample.states.capture());
    bare->layout.states = false;
    bare->layout.state_positions.clear();
    sample.states.setCapture(bare);
    EXPECT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.emptyNote()->sentence(),
              QStringLiteral("This capture holds singular values but no states"));
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Capture layer 0…"));
}

TEST(StateAnalysisTest, NumbersThatAreNoNumbersAreDrawnAndNotTakenApart) {
    std::vector<float> values(12, 1.0F);
    values[3] = std::nanf("");
    const StateAnalysis state = analyseState(values, 3, 4);
    EXPECT_TRUE(state.svd.sigma.empty());
    EXPECT_EQ(state.limit, 1);
    EXPECT_TRUE(reconstruct(state, 2).values.empty());
}

TEST(StateAnalysisTest, ClusteringPutsAlikeRowsTogether) {
    // Rows 0, 2, 4 point one way, 1 and 3 another, 5 is zero.
    const std::vector<float> values{1, 0, 0, 1, -2, 0.1F, 0.1F, 1, 3, 0.1F, 0, 0};
    const std::vector<int> order = analyseState(values, 6, 2).clustered;
    ASSERT_EQ(order.size(), 6U);
    const auto place = [&](int row) { return std::ranges::find(order, row) - order.begin(); };
    const auto spread = [&](std::initializer_list<int> rows) {
        std::vector<std::ptrdiff_t> places;
        for (const int row : rows)
            places.push_back(place(row));
        return std::ranges::max(places) - std::ranges::min(places);
    };
    EXPECT_EQ(spread({0, 2, 4}), 2);
    EXPECT_EQ(spread({1, 3}), 1);
    EXPECT_EQ(place(5), 5);
}

TEST(StateAnalystTest, StatesInBetweenAreLeftOut) {
    StateAnalyst analyst;
    std::vector<double> seen;
    QObject::connect(
        &analyst, &StateAnalyst::ready, &analyst,
        [&](const std::shared_ptr<const StateAnalysis>& analysis) { seen.push_back(analysis->values[0]); });
    for (const float value : {1.0F, 2.0F, 3.0F, 4.0F})
        analyst.start(std::make_shared<const std::vector<float>>(std::vector<float>(16, value)), 4, 4);
    QTRY_VERIFY(!seen.empty() && seen.back() == 4.0);
    EXPECT_EQ(seen.size(), 1U) << "the first was overtaken while it ran, two never began";
}

}  // namespace
}  // namespace rankscope::gui
