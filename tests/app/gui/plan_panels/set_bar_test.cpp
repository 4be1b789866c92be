// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/set_bar.hpp"

#include "app/gui/plan_panels/ask_row.hpp"
#include "app/gui/plan_panels/field_box.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/layer_table_model.hpp"
#include "app/gui/plan_panels/menu_button.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/plan_panels/totals_row.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "tests/app/gui/plan_panels/shown_panel.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>

#include <algorithm>

namespace rankscope::gui {
namespace {

class SetBarTest : public testing::Test {
protected:
    SetBarTest() : panel(sample.workspace), bar(*panel.setBar()) { look.show(panel, 640, 420); }

    [[nodiscard]] std::vector<std::int64_t> kept() const {
        std::vector<std::int64_t> result;
        for (const LayerChoice& layer : sample.document.plan().layers)
            result.push_back(layer.kept);
        return result;
    }

    void setRatio(const QString& text) { bar.ratioBox()->setEditText(text); }

    void setMethod(const char* key) {
        bar.methodBox()->setCurrentIndex(bar.methodBox()->findData(QString::fromLatin1(key)));
    }

    QAction* preset(const QString& text) {
        for (QAction* action : bar.presetsMenu()->actions())
            if (action->text() == text) return action;
        ADD_FAILURE() << "no preset " << text.toStdString();
        return nullptr;
    }

    using Kept = std::vector<std::int64_t>;
    Look look;
    SampleWorkspace sample;
    PlanPanel panel;
    SetBar& bar;
};

TEST_F(SetBarTest, SetsTheSelectedLayersInOneStep) {
    sample.selection.setLayers(1, {1, 2});
    EXPECT_EQ(bar.selectedButton()->text(), QStringLiteral("2 layers"));
    setRatio(QStringLiteral("75 %"));
    setMethod("taylor");
    const int steps = sample.document.undoStack()->count();
    QTest::mouseClick(bar.selectedButton(), Qt::LeftButton);
    EXPECT_EQ(kept(), (Kept{32, 16, 16, 32}));
    EXPECT_EQ(sample.document.layerChoice(1)->method, "taylor");
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
    EXPECT_EQ(sample.document.undoStack()->undoText(), QStringLiteral("2 layers: ratio 75 %, Taylor"));
}

TEST_F(SetBarTest, SetsAllUnlockedLayers) {
    PlanChoice plan = sample.document.plan();
    plan.layers[2].locked = true;
    sample.document.setPlan(QStringLiteral("lock"), plan);
    setRatio(QStringLiteral("25"));
    QTest::mouseClick(bar.unlockedButton(), Qt::LeftButton);
    EXPECT_EQ(kept(), (Kept{48, 48, 32, 48}));
    sample.selection.setLayer(2);
    EXPECT_FALSE(bar.selectedButton()->isEnabled());
}

TEST_F(SetBarTest, AWrongRatioChangesNothingAndSaysWhy) {
    bar.askRatio();
    EXPECT_TRUE(bar.ratioBox()->lineEdit()->hasFocus());
    const int steps = sample.document.undoStack()->count();
    for (const char* wrong : {"120", "much", "-5 %", ""}) {
        setRatio(QString::fromLatin1(wrong));
        EXPECT_EQ(bar.problem(), QStringLiteral("0 % to 100 %")) << wrong;
        QTest::keyClick(bar.ratioBox()->lineEdit(), Qt::Key_Return);
    }
    renderForEyes(panel, "plan_wrong_ratio");
    EXPECT_EQ(sample.document.undoStack()->count(), steps);
    setRatio(QStringLiteral("37.5"));
    EXPECT_TRUE(bar.problem().isEmpty());
    sample.selection.setLayer(3);
    QTest::keyClick(bar.ratioBox()->lineEdit(), Qt::Key_Return);
    EXPECT_EQ(kept(), (Kept{32, 32, 32, 40}));
}

TEST_F(SetBarTest, NarrowPanelsHaveOneButtonForBoth) {
    panel.resize(340, 420);
    QApplication::processEvents();
    EXPECT_FALSE(bar.selectedButton()->isVisible());
    ASSERT_TRUE(bar.applyButton()->isVisible());
    setRatio(QStringLiteral("75 %"));
    sample.selection.setLayer(1);
    EXPECT_EQ(bar.applyButton()->menu()->actions()[0]->text(), QStringLiteral("Layer 1"));
    bar.applyButton()->menu()->actions()[0]->trigger();
    EXPECT_EQ(kept(), (Kept{32, 16, 32, 32}));
    bar.applyButton()->menu()->actions()[1]->trigger();
    EXPECT_EQ(kept(), (Kept{16, 16, 16, 16}));
}

TEST_F(SetBarTest, SimplePresets) {
    setMethod("l1");
    preset(QStringLiteral("Uniform 25 %"))->trigger();
    EXPECT_EQ(kept(), (Kept{48, 48, 48, 48}));
    EXPECT_EQ(sample.document.layerChoice(0)->method, "l1");
    setRatio(QStringLiteral("75 %"));
    preset(QStringLiteral("Spare first and last"))->trigger();
    EXPECT_EQ(kept(), (Kept{64, 16, 16, 64}));
    preset(QStringLiteral("Same K′ everywhere"))->trigger();
    EXPECT_EQ(kept(), (Kept{40, 40, 40, 40}));
    preset(QStringLiteral("Snap to kernel widths"))->trigger();
    EXPECT_EQ(kept(), (Kept{32, 32, 32, 32}));
}

TEST_F(SetBarTest, EnergyAtLeastAsksAndShowsWhatItComesTo) {
    preset(QStringLiteral("Energy at least …"))->trigger();
    AskRow& ask = *bar.askRow();
    ASSERT_TRUE(ask.isVisible());
    ask.field()->setText(QStringLiteral("0"));
    EXPECT_EQ(ask.problem(), QStringLiteral("0 % to 100 %"));
    ask.field()->setText(QStringLiteral("60"));
    EXPECT_TRUE(ask.preview().startsWith(QStringLiteral("mean K′"))) << qPrintable(ask.preview());
    renderForEyes(panel, "plan_ask_energy");
    QTest::keyClick(ask.field(), Qt::Key_Return);
    EXPECT_FALSE(ask.isVisible());
    for (const LayerChoice& layer : sample.document.plan().layers) {
        EXPECT_GE(panel.model()->row(static_cast<int>(layer.index)).energy, 0.6);
        EXPECT_LT(layer.kept, 64);
    }
    EXPECT_EQ(sample.document.undoStack()->undoText(), QStringLiteral("Preset: Energy at least 60 %"));
}

TEST_F(SetBarTest, StateAtMostFollowsTheSweepAndRefusesWhatCannotBe) {
    preset(QStringLiteral("State at most …"))->trigger();
    AskRow& ask = *bar.askRow();
    ask.field()->setText(QStringLiteral("1"));
    EXPECT_TRUE(ask.problem().startsWith(QStringLiteral("no less than"))) << qPrintable(ask.problem());
    const int steps = sample.document.undoStack()->count();
    QTest::keyClick(ask.field(), Qt::Key_Return);
    EXPECT_EQ(sample.document.undoStack()->count(), steps);
    ask.field()->setText(QStringLiteral("100"));
    EXPECT_TRUE(ask.preview().contains(QStringLiteral("one-layer sweep")));
    QTest::keyClick(ask.field(), Qt::Key_Return);
    EXPECT_LE(sample.document.stateBytes(sample.document.plan()), 100 * 1024);
    // Early layers cost more in the sample: they keep more.
    EXPECT_GE(kept().front(), kept().back());
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
}

TEST_F(SetBarTest, EscapeLeavesTheQuestion) {
    preset(QStringLiteral("State at most …"))->trigger();
    QTest::keyClick(bar.askRow()->field(), Qt::Key_Escape);
    EXPECT_FALSE(bar.askRow()->isVisible());
}

TEST_F(SetBarTest, ADraggedLayerWithoutMethodGetsTheOneOfTheBar) {
    sample.document.setPlan(QStringLiteral("all"), keep_all(sample.document.config()));
    setMethod("energy");
    LayerTable& table = *panel.table();
    const KeptTrack track = table.trackOf(1);
    QTest::mousePress(table.viewport(), Qt::LeftButton, {},
                      QPoint(qRound(track.x(24)), qRound(track.track.center().y())));
    QTest::mouseRelease(table.viewport(), Qt::LeftButton, {},
                        QPoint(qRound(track.x(24)), qRound(track.track.center().y())));
    EXPECT_EQ(sample.document.layerChoice(1)->method, "energy");
    EXPECT_EQ(sample.document.layerChoice(1)->kept, 24);
}

TEST_F(SetBarTest, TotalsFollowThePlanAndADrag) {
    EXPECT_EQ(panel.totals()->parts(), (QStringList{"mean K′ 32.0", "state 96.0 KiB", "50 % removed"}));
    sample.document.dragTo(sample.document.withKept(0, 64));
    EXPECT_EQ(panel.totals()->parts(), (QStringList{"mean K′ 40.0", "state 120 KiB", "38 % removed"}));
    sample.document.cancelDrag();
    EXPECT_EQ(panel.totals()->parts()[0], QStringLiteral("mean K′ 32.0"));
}

TEST_F(SetBarTest, TheSweepIsAskedOfARunningEngineAlone) {
    QSignalSpy said(&panel, &Panel::message);
    panel.sweepLayers();
    EXPECT_EQ(said.count(), 1);
    EXPECT_TRUE(sample.engine.calls.empty());
    EngineStatus ready;
    ready.state = EngineStatus::State::Ready;
    sample.engine.setStatus(ready);
    panel.sweepLayers();
    EXPECT_EQ(sample.engine.calls, (std::vector<std::string>{"layerSweep"}));
}

TEST(PlanPanel, WithoutAModelItSaysSo) {
    const Look look;
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    PlanPanel panel({document, selection, states, engine});
    look.show(panel, 420, 300);
    EXPECT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.emptyNote()->sentence(), QStringLiteral("No model is open"));
    document.openSession(sampleSession(), {});
    EXPECT_FALSE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.model()->rowCount(), 4);
}

}  // namespace
}  // namespace rankscope::gui
