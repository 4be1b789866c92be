// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/channels_panel.hpp"

#include "app/gui/plan_panels/channel_edit.hpp"
#include "app/gui/plan_panels/channel_strip.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "tests/app/gui/plan_panels/shown_panel.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QAction>
#include <QClipboard>
#include <QSignalSpy>

#include <algorithm>

namespace rankscope::gui {
namespace {

TEST(ChannelEdit, SwapsWithTheWeakestKeptOrTheStrongestRemovedOne) {
    const KeptChannels kept{{0, 2, 5}, {1, 2, 3}};
    const std::vector<std::int32_t> order{5, 0, 2, 4, 1, 3};
    const auto in = toggledChannel(kept, order, 0, 1);
    ASSERT_TRUE(in);
    EXPECT_EQ(in->in, 1);
    EXPECT_EQ(in->out, 2);
    EXPECT_EQ(in->kept, (KeptChannels{{0, 1, 5}, {1, 2, 3}}));
    const auto out = toggledChannel(kept, order, 0, 5);
    ASSERT_TRUE(out);
    EXPECT_EQ(out->in, 4);
    EXPECT_EQ(out->out, 5);
    EXPECT_EQ(out->kept, (KeptChannels{{0, 2, 4}, {1, 2, 3}}));
}

TEST(ChannelEdit, RefusesWhatCannotBeSwapped) {
    const std::vector<std::int32_t> order{2, 0, 1};
    EXPECT_FALSE(toggledChannel({{0, 1, 2}}, order, 0, 1));  // all kept
    EXPECT_FALSE(toggledChannel({{0, 1}}, order, 1, 1));     // no such head
    EXPECT_FALSE(toggledChannel({{0, 1}}, order, 0, 3));     // no such channel
    EXPECT_FALSE(toggledChannel({{0, 1}}, {}, 0, 1));        // nobody knows the order
}

class ChannelsTest : public testing::Test {
protected:
    explicit ChannelsTest(const SampleModel& model = {})
        : sample(model), panel(sample.workspace), strip(*panel.strip()) {
        look.show(panel, 560, 130);
    }

    [[nodiscard]] KeptChannels kept(int layer) const {
        return *sample.document.keptChannels(*sample.document.layerChoice(layer));
    }

    void click(int head, int channel) {
        QTest::mouseClick(&strip, Qt::LeftButton, {}, strip.cell(head, channel).center().toPoint());
    }

    Look look;
    SampleWorkspace sample;
    ChannelsPanel panel;
    ChannelStrip& strip;
};

TEST_F(ChannelsTest, ShowsWhatTheLayerKeeps) {
    EXPECT_EQ(panel.title(), QStringLiteral("Channels of layer 0"));
    ASSERT_EQ(strip.data().heads.size(), 3U);
    EXPECT_EQ(strip.data().heads[1].kept, kept(0)[1]);
    EXPECT_EQ(strip.data().heads[1].label, QStringLiteral("head 1"));
    // The best channel is full, the weakest kept one at a quarter.
    const auto& order = strip.data().heads[0].order;
    EXPECT_DOUBLE_EQ(strip.opacity(0, order[0]), 1.0);
    EXPECT_DOUBLE_EQ(strip.opacity(0, order[31]), 0.25);
    renderForEyes(panel, "channels_demo");
    sample.selection.setLayerAndHead(2, 1);
    EXPECT_EQ(panel.title(), QStringLiteral("Channels of layer 2"));
    EXPECT_EQ(strip.data().selected, 1);
    EXPECT_EQ(strip.data().heads[0].kept, kept(2)[0]);
}

TEST_F(ChannelsTest, FollowsADrag) {
    sample.document.dragTo(sample.document.withKept(0, 8));
    EXPECT_EQ(strip.data().heads[0].kept.size(), 8U);
    EXPECT_EQ(strip.data().heads[0].kept, kept(0)[0]);
    sample.document.cancelDrag();
    EXPECT_EQ(strip.data().heads[0].kept.size(), 32U);
}

TEST_F(ChannelsTest, AClickSwapsAndASecondOneOnTheOtherGoesBack) {
    const KeptChannels before = kept(0);
    const auto& order = strip.data().heads[1].order;
    const std::int32_t removed = order[40];
    const std::int32_t weakest = order[31];
    const int steps = sample.document.undoStack()->count();
    click(1, removed);
    const KeptChannels after = kept(0);
    EXPECT_EQ(after[0], before[0]);
    EXPECT_TRUE(std::ranges::binary_search(after[1], removed));
    EXPECT_FALSE(std::ranges::binary_search(after[1], weakest));
    EXPECT_EQ(after[1].size(), before[1].size());
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
    EXPECT_TRUE(strip.data().heads[1].byHand);
    EXPECT_FALSE(strip.data().heads[0].byHand);
    EXPECT_TRUE(panel.methodsChoiceAction()->isEnabled());
    renderForEyes(panel, "channels_by_hand");
    // Taking it out again lets the strongest removed one, the one that went, come back: no longer by hand.
    click(1, removed);
    EXPECT_EQ(kept(0), before);
    EXPECT_TRUE(sample.document.layerChoice(0)->by_hand.empty());
    sample.document.undoStack()->undo();
    EXPECT_EQ(kept(0), after);
    panel.methodsChoiceAction()->trigger();
    EXPECT_EQ(kept(0), before);
}

TEST_F(ChannelsTest, ByScoreTheKeptOnesStandInFront) {
    panel.byScoreAction()->setChecked(true);
    const auto& order = strip.data().heads[2].order;
    EXPECT_LT(strip.cell(2, order[0]).left(), strip.cell(2, order[1]).left());
    EXPECT_LT(strip.cell(2, order[31]).left(), strip.cell(2, order[32]).left());
    renderForEyes(panel, "channels_by_score");
    panel.byScoreAction()->setChecked(false);
    EXPECT_LT(strip.cell(2, 3).left(), strip.cell(2, 4).left());
}

TEST_F(ChannelsTest, HoverIsShared) {
    const QPoint at = strip.cell(2, 17).center().toPoint();
    QMouseEvent event(QEvent::MouseMove, at, strip.mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                      Qt::NoModifier);
    QApplication::sendEvent(&strip, &event);
    EXPECT_EQ(sample.selection.hover(), (Hover{0, 2, 0, -1, 17, {}}));
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&strip, &leave);
    EXPECT_EQ(sample.selection.hover(), Hover{});
    // A place in a spectrum is the channel at that place of the order.
    const QImage plain = strip.grab().toImage();
    sample.selection.setHover({0, 1, 5, -1, -1, {}});
    EXPECT_NE(strip.grab().toImage(), plain);
    sample.selection.setHover({1, 1, 5, -1, -1, {}});
    EXPECT_EQ(strip.grab().toImage(), plain);
}

TEST_F(ChannelsTest, KeysMoveAndToggle) {
    strip.setFocus();
    QTest::keyClick(&strip, Qt::Key_Down);
    for (int i = 0; i < 5; ++i)
        QTest::keyClick(&strip, Qt::Key_Right);
    EXPECT_TRUE(strip.accessibleDescription().startsWith(QStringLiteral("head 1, channel 5: ")))
        << qPrintable(strip.accessibleDescription());
    const bool was = std::ranges::binary_search(kept(0)[1], 5);
    QTest::keyClick(&strip, Qt::Key_Space);
    EXPECT_NE(std::ranges::binary_search(kept(0)[1], 5), was);
}

TEST_F(ChannelsTest, WhatIsKeptWholeHasNothingToSwap) {
    QSignalSpy said(&panel, &Panel::message);
    sample.document.setPlan(QStringLiteral("all"), keep_all(sample.document.config()));
    EXPECT_EQ(strip.data().heads[0].kept.size(), 64U);
    click(0, 3);
    EXPECT_EQ(said.count(), 1);
    EXPECT_TRUE(sample.document.layerChoice(0)->by_hand.empty());
}

TEST_F(ChannelsTest, MissingScoresAreAskedForOnce) {
    PlanChoice plan = sample.document.plan();
    for (LayerChoice& layer : plan.layers)
        layer.method = "drrqr-sampled";
    sample.document.setPlan(QStringLiteral("x"), plan);
    ASSERT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_TRUE(panel.emptyNote()->sentence().startsWith(QStringLiteral("DRRQR sampled has not scored")));
    renderForEyes(panel, "channels_no_scores");
    // No engine: a word, no request.
    QSignalSpy said(&panel, &Panel::message);
    Q_EMIT panel.emptyNote()->remedyRequested();
    EXPECT_EQ(said.count(), 1);
    EXPECT_TRUE(sample.engine.calls.empty());
    EngineStatus ready;
    ready.state = EngineStatus::State::Ready;
    sample.engine.setStatus(ready);
    Q_EMIT panel.emptyNote()->remedyRequested();
    EXPECT_EQ(sample.engine.calls, (std::vector<std::string>{"requestScores drrqr-sampled"}));
    EXPECT_TRUE(panel.emptyNote()->remedy().isEmpty());
    // An engine that stops will not answer.
    sample.engine.setStatus({});
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Score channels"));
    // Nor does a job that failed.
    sample.engine.setStatus(ready);
    Q_EMIT panel.emptyNote()->remedyRequested();
    EngineJob job;
    job.state = EngineJob::State::Running;
    sample.engine.setJobs({job});
    EXPECT_TRUE(panel.emptyNote()->remedy().isEmpty());
    job.state = EngineJob::State::Failed;
    sample.engine.setJobs({job});
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Score channels"));
    SessionScores scores = sample.document.orders().scores().front();
    scores.method = "drrqr-sampled";
    sample.document.setScores(scores);
    EXPECT_FALSE(panel.emptyNote()->isVisible());
    EXPECT_EQ(strip.data().heads.size(), 3U);
}

TEST_F(ChannelsTest, AMethodThatNeedsATextAsksForIt) {
    sample.document.openModel(sample.document.model());
    PlanChoice plan = sample.document.plan();
    for (LayerChoice& layer : plan.layers) {
        layer.method = "drrqr";
        layer.kept = 32;
    }
    sample.document.setPlan(QStringLiteral("x"), plan);
    ASSERT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Calibration text…"));
    QSignalSpy asked(&panel, &ChannelsPanel::calibrationRequested);
    Q_EMIT panel.emptyNote()->remedyRequested();
    EXPECT_EQ(asked.count(), 1);
    sample.document.setCalibration("/texts/other.txt");
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Score channels"));
    // Random channels and those by weights need none.
    sample.document.setCalibration({});
    for (LayerChoice& layer : plan.layers)
        layer.method = "l1";
    sample.document.setPlan(QStringLiteral("y"), plan);
    EXPECT_EQ(panel.emptyNote()->remedy(), QStringLiteral("Score channels"));
}

TEST_F(ChannelsTest, TheTableHasEveryChannel) {
    QTest::qWait(100);
    const ColumnTable& table = panel.numbers()->table();
    ASSERT_EQ(table.rows.size(), 64);
    EXPECT_EQ(table.columns.size(), 7);
    int keptHere = 0;
    for (const auto& row : table.rows)
        keptHere += row[1].toString() == QStringLiteral("yes") ? 1 : 0;
    EXPECT_EQ(keptHere, 32);
    EXPECT_DOUBLE_EQ(table.rows[9][4].toDouble(), sample.document.orders().head("drrqr", 0, 1)->scores[9]);
}

TEST_F(ChannelsTest, WhatIsCopiedRightAfterAnEditIsWhatIsKeptNow) {
    sample.document.setPlan(QStringLiteral("x"), sample.document.withKept(0, 24));
    panel.copyData();
    const QString copied = QApplication::clipboard()->text();
    EXPECT_EQ(copied.count(QStringLiteral("\tyes")), 3 * 24) << "in three heads";
    sample.document.setPlan(QStringLiteral("y"), sample.document.withKept(0, 8));
    panel.showTable(true);
    EXPECT_EQ(panel.numbers()->table().toTsv().count(QStringLiteral("\tyes")), 3 * 8);
    panel.showTable(false);
}

class GroupedChannelsTest : public ChannelsTest {
protected:
    GroupedChannelsTest() : ChannelsTest(SampleModel{4, 2, 4, 64, 64, 1}) {}
};

TEST_F(GroupedChannelsTest, KeyHeadsSayWhichValueHeadsTheyServe) {
    ASSERT_EQ(strip.data().heads.size(), 2U);
    EXPECT_EQ(strip.data().heads[1].label, QStringLiteral("k1 (v2–v3)"));
    sample.selection.setHead(3);
    EXPECT_EQ(strip.data().selected, 1);
    renderForEyes(panel, "channels_grouped");
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(20, strip.cell(0, 0).center().toPoint().y()));
    EXPECT_EQ(sample.selection.head(), 0);
    sample.selection.setLayer(1);
    EXPECT_TRUE(panel.emptyNote()->isVisible());
    EXPECT_TRUE(panel.emptyNote()->sentence().contains(QStringLiteral("attention")));
}

TEST(ChannelsPictures, ManyHeadsDarkAndLarge) {
    {
        const Look look;
        SampleWorkspace sample(SampleModel{24, 16, 16, 128, 128});
        ChannelsPanel panel(sample.workspace);
        look.show(panel, 740, 180);
        EXPECT_GE(panel.strip()->cell(0, 0).height(), 3);
        renderForEyes(panel, "channels_large");
    }
    {
        const Look look("DejaVu Sans", 14.6, Theme::dark());
        SampleWorkspace sample(SampleModel{6, 4, 4, 64, 64});
        ChannelsPanel panel(sample.workspace);
        look.show(panel, 560, 200);
        renderForEyes(panel, "channels_dark_150");
    }
    {
        const Look look("DejaVu Sans");
        SampleWorkspace sample(SampleModel{6, 4, 4, 64, 64});
        ChannelsPanel panel(sample.workspace);
        look.show(panel, 340, 130);
        renderForEyes(panel, "channels_340");
        EXPECT_LE(panel.minimumSizeHint().width(), 340);
    }
}

}  // namespace
}  // namespace rankscope::gui
