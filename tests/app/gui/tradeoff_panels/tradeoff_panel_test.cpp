// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/tradeoff_panel.hpp"

#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "tests/app/gui/tradeoff_panels/panel_look.hpp"

#include <gtest/gtest.h>

#include <QComboBox>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

namespace rankscope::gui {
namespace {

struct TradeoffPanelTest : testing::Test {
    explicit TradeoffPanelTest(const SampleModel& model = {}) : sample(model), panel(sample.workspace) {
        showAt(panel, 600, 420);
    }

    const TradeoffDot* dot(const QString& id) const {
        for (const TradeoffDot& each : panel.view()->data().dots) {
            if (each.id == id) return &each;
        }
        return nullptr;
    }

    void click(const QString& id) {
        QTest::mouseClick(panel.view()->viewport(), Qt::LeftButton, {}, panel.view()->dotPixel(id).toPoint());
    }

    Look look;
    SampleWorkspace sample;
    TradeoffPanel panel;
};

TEST_F(TradeoffPanelTest, HasADotForEveryPlanAndAStarForTheModel) {
    EXPECT_EQ(panel.view()->data().dots.size(), 36);
    ASSERT_NE(dot(fullModelId()), nullptr);
    EXPECT_EQ(dot(fullModelId())->method, Method::FullModel);
    EXPECT_EQ(panel.view()->data().current, QStringLiteral("drrqr-0.5"));
    const PlanFacts facts = *factsOfId(sample.document, QStringLiteral("drrqr-0.5"));
    EXPECT_DOUBLE_EQ(dot(QStringLiteral("drrqr-0.5"))->quality, facts.perplexity);
    EXPECT_DOUBLE_EQ(dot(QStringLiteral("drrqr-0.5"))->standardError, facts.deltaError);
}

// Of two runs one may have had a busy machine: a dot of each would say something about that.
TEST_F(TradeoffPanelTest, SpeedsOfAnotherRunAreOnNoAxis) {
    panel.setX(TradeoffX::DecodeSpeed);
    const QString id = QStringLiteral("drrqr-0.5");
    ASSERT_NE(dot(id), nullptr);
    EXPECT_FALSE(dot(id)->otherRun);
    EXPECT_TRUE(std::isfinite(tradeoffX(*dot(id), TradeoffX::DecodeSpeed)));
    EXPECT_FALSE(panel.view()->describe().contains(QStringLiteral("not shown")));
    MeasuredSpeed again = *sample.document.fullSpeed();
    again.measured = "2026-02-01T10:00:00Z";
    again.decode /= 5;
    sample.document.setFullSpeed(again);
    EXPECT_TRUE(dot(id)->otherRun);
    EXPECT_FALSE(std::isfinite(tradeoffX(*dot(id), TradeoffX::DecodeSpeed)));
    EXPECT_FALSE(std::isfinite(tradeoffX(*dot(id), TradeoffX::PrefillSpeed)));
    EXPECT_TRUE(std::isfinite(tradeoffX(*dot(id), TradeoffX::StateSize)));
    EXPECT_FALSE(dot(fullModelId())->otherRun);
    EXPECT_TRUE(panel.view()->describe().contains(QStringLiteral(" plans of other runs not shown"))) << panel.view()->describe().toStdString();
    panel.setX(TradeoffX::StateSize);
    EXPECT_FALSE(panel.view()->describe().contains(QStringLiteral("not shown")));
}

TEST_F(TradeoffPanelTest, APlanThatIsNotSavedHasARingToo) {
    sample.document.setPlan({}, sample.document.withKept(0, 24));
    EXPECT_EQ(panel.view()->data().current, currentPlanId());
    ASSERT_NE(dot(currentPlanId()), nullptr);
    EXPECT_EQ(dot(currentPlanId())->state, PlanState::Estimate);
    sample.document.undoStack()->undo();
    EXPECT_EQ(panel.view()->data().current, QStringLiteral("drrqr-0.5"));
    EXPECT_EQ(dot(currentPlanId()), nullptr);
}

TEST_F(TradeoffPanelTest, ADragMovesTheCurrentDotAlone) {
    sample.document.dragTo(sample.document.withKept(0, 40));
    const QPointF star = panel.view()->dotPixel(fullModelId());
    const QPointF saved = panel.view()->dotPixel(QStringLiteral("drrqr-0.5"));
    const QPointF first = panel.view()->dotPixel(currentPlanId());
    sample.document.dragTo(sample.document.withKept(0, 56));
    EXPECT_EQ(panel.view()->dotPixel(fullModelId()), star);
    EXPECT_EQ(panel.view()->dotPixel(QStringLiteral("drrqr-0.5")), saved);
    EXPECT_GT(panel.view()->dotPixel(currentPlanId()).x(), first.x() + 2);
    sample.document.cancelDrag();
    EXPECT_EQ(dot(currentPlanId()), nullptr);
}

TEST_F(TradeoffPanelTest, FillsWhileItIsMeasured) {
    sample.document.setPlan({}, sample.document.withKept(0, 24));
    PlanRecord record;
    record.state = PlanState::Measuring;
    record.quality = MeasuredQuality{11, 22, 5600, 3.4, 29.96, 0.5, 0.01, 0.001, 0, 0, {}};
    sample.document.setRecord(sample.document.plan(), record);
    const TradeoffDot* current = dot(currentPlanId());
    ASSERT_NE(current, nullptr);
    EXPECT_DOUBLE_EQ(current->fraction, 0.5);
    // Its place is that of the paired difference, not of the perplexity of half the text.
    EXPECT_DOUBLE_EQ(current->quality, sample.document.fullQuality()->perplexity * std::exp(0.01));
    record.state = PlanState::Exact;
    record.quality->windows = 22;
    sample.document.setRecord(sample.document.plan(), record);
    EXPECT_EQ(dot(currentPlanId())->state, PlanState::Exact);
}

TEST_F(TradeoffPanelTest, ASweepFillsItAsPointsArrive) {
    SavedPlan point;
    point.id = QStringLiteral("new");
    point.choice = sample.document.withKept(1, 8);
    point.choice.name = "New";
    PlanRecord record;
    record.state = PlanState::Exact;
    record.quality = MeasuredQuality{22, 22, 11242, 3.3, 27.1, 0.3, 0.1, 0.01, 0, 0, {}};
    sample.document.addMeasuredPoint(point, record);
    ASSERT_NE(dot(QStringLiteral("new")), nullptr);
    EXPECT_EQ(dot(QStringLiteral("new"))->state, PlanState::Exact);
}

TEST_F(TradeoffPanelTest, ClickSelectsAndDoubleClickMakesCurrent) {
    click(QStringLiteral("taylor-0.5"));
    EXPECT_EQ(sample.selection.point(), QStringLiteral("taylor-0.5"));
    EXPECT_EQ(panel.view()->data().current, QStringLiteral("drrqr-0.5"));
    const int steps = sample.document.undoStack()->index();
    QTest::mouseDClick(panel.view()->viewport(), Qt::LeftButton, {},
                       panel.view()->dotPixel(QStringLiteral("taylor-0.5")).toPoint());
    EXPECT_EQ(panel.view()->data().current, QStringLiteral("taylor-0.5"));
    EXPECT_EQ(sample.document.undoStack()->index(), steps + 1);
}

TEST_F(TradeoffPanelTest, TheStarPutsTheFullModelBack) {
    sample.selection.setPoint(fullModelId());
    QTest::keyClick(panel.view(), Qt::Key_Return);
    EXPECT_EQ(planMethod(sample.document.plan()), Method::FullModel);
    EXPECT_EQ(panel.view()->data().current, fullModelId());
    sample.document.undoStack()->undo();
    EXPECT_EQ(panel.view()->data().current, QStringLiteral("drrqr-0.5"));
}

TEST_F(TradeoffPanelTest, DeleteRemovesAndUndoBringsBack) {
    click(QStringLiteral("taylor-0.5"));
    QTest::keyClick(panel.view(), Qt::Key_Delete);
    EXPECT_EQ(dot(QStringLiteral("taylor-0.5")), nullptr);
    sample.document.undoStack()->undo();
    EXPECT_NE(dot(QStringLiteral("taylor-0.5")), nullptr);
}

TEST_F(TradeoffPanelTest, HoverIsLinkedBothWays) {
    QTest::mouseMove(panel.view()->viewport(), panel.view()->dotPixel(QStringLiteral("l1-0.25")).toPoint());
    EXPECT_EQ(sample.selection.hover().point, QStringLiteral("l1-0.25"));
    Hover hover;
    hover.point = QStringLiteral("drrqr-0.75");
    const QImage before = panel.grab().toImage();
    sample.selection.setHover(hover);
    EXPECT_NE(panel.grab().toImage(), before);
}

TEST_F(TradeoffPanelTest, AMethodThatIsNotKnownIsShownByItsName) {
    SavedSession session = sampleSession();
    for (SessionPoint& point : session.points) {
        for (LayerChoice& layer : point.choice.layers)
            if (layer.method == "taylor") layer.method = "tensor-train";
        for (PlanLayer& layer : point.plan.layers)
            if (layer.method == "taylor") layer.method = "tensor-train";
    }
    sample.document.openSession(session, QString());
    ASSERT_NE(dot(QStringLiteral("taylor-0.5")), nullptr);
    EXPECT_EQ(methodNameOf(*dot(QStringLiteral("taylor-0.5"))), QStringLiteral("tensor-train"));
    EXPECT_EQ(methodNameOf(*dot(QStringLiteral("l1-0.5"))), methodName(Method::L1));
    EXPECT_TRUE(panel.view()->table().toCsv().contains(QStringLiteral("tensor-train")));
    EXPECT_FALSE(panel.view()->table().toCsv().contains(methodName(Method::Mixed)));
}

TEST_F(TradeoffPanelTest, PinsHaveBadges) {
    sample.document.pin(true, QStringLiteral("taylor-0.5"));
    sample.document.pin(false, QStringLiteral("l1-0.5"));
    EXPECT_EQ(panel.view()->data().pinA, QStringLiteral("taylor-0.5"));
    EXPECT_EQ(panel.view()->data().pinB, QStringLiteral("l1-0.5"));
}

TEST_F(TradeoffPanelTest, TheCostCanBeChosen) {
    auto* box = panel.findChildren<QComboBox*>().last();
    box->setCurrentIndex(3);
    Q_EMIT box->activated(3);
    EXPECT_EQ(panel.view()->data().x, TradeoffX::Parameters);
    EXPECT_FALSE(panel.findChildren<QComboBox*>().first()->isVisible());
}

TEST_F(TradeoffPanelTest, AnOpenQuestionHidesTheDot) {
    panel.setAnswerHidden(true);
    EXPECT_TRUE(panel.view()->data().hideCurrent);
}

TEST_F(TradeoffPanelTest, TheTableHasTheSameNumbers) {
    panel.showTable(true);
    EXPECT_TRUE(panel.showsTable());
    EXPECT_EQ(panel.view()->tableModel()->rowCount(), 36);
}

struct RecallTradeoff : TradeoffPanelTest {
    RecallTradeoff() : TradeoffPanelTest(SampleModel{.answers = true}) {}
};

TEST_F(RecallTradeoff, ANarrowHeaderKeepsTheChoiceInTheMenu) {
    panel.resize(320, 320);
    QApplication::processEvents();
    EXPECT_EQ(panel.width(), 320);
    EXPECT_LE(panel.minimumSizeHint().width(), 320);
    EXPECT_FALSE(panel.findChildren<QComboBox*>().first()->isVisible());
    for (QAction* action : panel.findChildren<QAction*>()) {
        if (action->text() == QStringLiteral("Recall")) action->trigger();
    }
    EXPECT_EQ(panel.quality(), TradeoffPanel::Quality::Recall);
}

TEST_F(RecallTradeoff, RecallCanStandOnTheVerticalAxis) {
    EXPECT_TRUE(panel.findChildren<QComboBox*>().first()->isVisible());
    panel.setQuality(TradeoffPanel::Quality::Recall);
    EXPECT_FALSE(panel.view()->data().lowerIsBetter);
    EXPECT_NEAR(dot(QStringLiteral("drrqr-0.5"))->quality, 84.5, 1e-9);
    SessionText text = *sample.document.text();
    text.answers = false;
    sample.document.setText(text);
    EXPECT_EQ(panel.quality(), TradeoffPanel::Quality::Perplexity);
    EXPECT_TRUE(panel.view()->data().lowerIsBetter);
}

TEST(TradeoffPanelEmpty, SaysWhatToDo) {
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    TradeoffPanel panel(Workspace{document, selection, states, engine});
    showAt(panel, 400, 300);
    auto* note = panel.findChild<EmptyNote*>();
    EXPECT_EQ(note->sentence(), QStringLiteral("No model is open"));
    const SavedSession session = sampleSession();
    document.openModel(session.model);
    QSignalSpy text(&panel, &TradeoffPanel::textRequested);
    EXPECT_EQ(note->remedy(), QStringLiteral("Evaluation text…"));
    Q_EMIT note->remedyRequested();
    EXPECT_EQ(text.count(), 1);
    EXPECT_TRUE(engine.calls.empty());
    document.setText(*session.text);
    EngineStatus ready;
    ready.state = EngineStatus::State::Ready;
    engine.setStatus(ready);
    ASSERT_FALSE(note->remedy().isEmpty());
    Q_EMIT note->remedyRequested();
    EXPECT_EQ(engine.calls.back(), "sweep drrqr,l1,random 5");
}

TEST(TradeoffPanelLook, Renders) {
    for (const bool dark : {false, true}) {
        const Theme& theme = dark ? Theme::dark() : Theme::light();
        const std::string name = dark ? "tradeoff-dark" : "tradeoff-light";
        Look look(theme);
        SampleWorkspace sample(SampleModel{.answers = true});
        sample.document.setPlan({}, sample.document.withKept(0, 24));
        sample.document.pin(true, QStringLiteral("taylor-0.5"));
        TradeoffPanel panel(sample.workspace);
        panel.applyTheme(theme);
        showAt(panel, 600, 420);
        renderForEyes(panel, name + "-600");
        showAt(panel, 320, 320);
        renderForEyes(panel, name + "-320");
        panel.setQuality(TradeoffPanel::Quality::Recall);
        showAt(panel, 430, 360);
        renderForEyes(panel, name + "-recall");
    }
    Look look(Theme::light(), QStringLiteral("DejaVu Sans"), 1.5);
    SampleWorkspace sample(SampleModel{.answers = true});
    TradeoffPanel panel(sample.workspace);
    showAt(panel, 480, 480);
    renderForEyes(panel, "tradeoff-dejavu-150");
    EXPECT_LE(panel.minimumSizeHint().width(), panel.width());
}

}  // namespace
}  // namespace rankscope::gui
