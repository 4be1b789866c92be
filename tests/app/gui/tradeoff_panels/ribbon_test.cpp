// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/ribbon.hpp"

#include "app/gui/tradeoff_panels/plan_title.hpp"
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"
#include "tests/app/gui/tradeoff_panels/panel_look.hpp"

#include <gtest/gtest.h>

#include <QClipboard>
#include <QComboBox>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

namespace rankscope::gui {
namespace {

struct RibbonTest : testing::Test {
    explicit RibbonTest(const SampleModel& model = {}) : sample(model), ribbon(sample.workspace) {
        sample.engine.setLive(true);
        showAt(ribbon, 1420, 64);
    }

    RibbonReadout* readout(const QString& topic) {
        for (RibbonReadout* each : ribbon.findChildren<RibbonReadout*>()) {
            if (each->topic() == topic) return each;
        }
        return nullptr;
    }

    RibbonText text(const char* topic) { return readout(QString::fromLatin1(topic))->text(); }

    StateWord word() { return ribbon.findChild<PlanTitle*>()->word(); }

    PlanNameEdit* name() { return ribbon.findChild<PlanNameEdit*>(); }

    /// A plan that nobody measured.
    void setKept(int layer, int kept) {
        sample.document.setPlan(QStringLiteral("Layer"), sample.document.withKept(layer, kept));
    }

    Look look;
    SampleWorkspace sample;
    Ribbon ribbon;
};

TEST_F(RibbonTest, SaysWhatIsMeasured) {
    EXPECT_EQ(word().text, QStringLiteral("exact"));
    EXPECT_EQ(word().role, Role::Ok);
    const PlanFacts facts = currentFacts(sample.document);
    EXPECT_EQ(text("perplexity").value, QString::number(facts.perplexity, 'f', 2));
    EXPECT_FALSE(text("perplexity").soft);
    EXPECT_TRUE(text("perplexity").error.startsWith(QStringLiteral("± ")));
    EXPECT_TRUE(text("delta").value.startsWith(QLatin1Char('+')));
    EXPECT_EQ(text("state").change, QString(QChar(0x2212)) + QStringLiteral("50 %"));
    EXPECT_EQ(text("decode").note.left(8), QStringLiteral("measured"));
    EXPECT_EQ(text("decode").change, QStringLiteral("×1.10"));
    // The full model was timed again, alone: the ratio would be that of two days.
    MeasuredSpeed again = *sample.document.fullSpeed();
    again.measured = "2026-02-01T10:00:00Z";
    again.decode /= 5;
    sample.document.setFullSpeed(again);
    EXPECT_TRUE(text("decode").change.isEmpty()) << text("decode").change.toStdString();
}

TEST_F(RibbonTest, MarksAnEstimate) {
    setKept(0, 16);
    EXPECT_EQ(word().text, QStringLiteral("estimate"));
    EXPECT_EQ(word().role, Role::Warn);
    EXPECT_TRUE(text("perplexity").value.startsWith(QStringLiteral("≈")));
    EXPECT_TRUE(text("delta").soft);
    sample.engine.setLive(false);
    EXPECT_EQ(word().text, QStringLiteral("Live is off"));
}

TEST_F(RibbonTest, CountsWindowsAndSaysWhereItStopped) {
    setKept(0, 16);
    PlanRecord record;
    record.state = PlanState::Measuring;
    record.quality = MeasuredQuality{9, 22, 4599, 3.25, 25.79, 0.4, 0.03, 0.004, 0, 0, {}};
    EngineJob job;
    job.state = EngineJob::State::Running;
    sample.engine.setJobs({job});
    sample.document.setRecord(sample.document.plan(), record);
    EXPECT_EQ(word().text, QStringLiteral("measuring 9 / 22"));
    EXPECT_EQ(text("perplexity").value, QStringLiteral("25.79"));
    EXPECT_EQ(text("perplexity").error, QStringLiteral("± 0.40"));
    EXPECT_TRUE(text("perplexity").soft);
    EngineStatus stopped;
    stopped.state = EngineStatus::State::Stopped;
    sample.engine.setStatus(stopped);
    EXPECT_EQ(word().text, QStringLiteral("stopped at 9 / 22"));
    EXPECT_EQ(word().role, Role::Err);
}

TEST_F(RibbonTest, TellsThatAPlanFailed) {
    setKept(0, 16);
    PlanRecord record;
    record.state = PlanState::Failed;
    record.failure = QStringLiteral("out of memory");
    sample.document.setRecord(sample.document.plan(), record);
    EXPECT_EQ(word().text, QStringLiteral("failed"));
    EXPECT_EQ(word().toolTip, QStringLiteral("out of memory"));
    EXPECT_EQ(text("delta").value, QStringLiteral("–"));
}

TEST_F(RibbonTest, ADragMovesNumbersAndNothingElse) {
    const QRect place = readout(QStringLiteral("decode"))->geometry();
    const QString before = text("state").value;
    sample.document.dragTo(sample.document.withKept(0, 24));
    QApplication::processEvents();
    EXPECT_NE(text("state").value, before);
    EXPECT_EQ(word().text, QStringLiteral("estimate"));
    EXPECT_EQ(readout(QStringLiteral("perplexity"))->geometry().top(), place.top());
    sample.document.cancelDrag();
    QApplication::processEvents();
    EXPECT_EQ(text("state").value, before);
    EXPECT_EQ(readout(QStringLiteral("decode"))->geometry(), place);
}

TEST_F(RibbonTest, ChangesAreAgainstTheBaselineChosen) {
    auto* box = ribbon.findChild<QComboBox*>();
    const int row = box->findData(QStringLiteral("l1-0.5"));
    ASSERT_GE(row, 0);
    box->setCurrentIndex(row);
    Q_EMIT box->activated(row);
    EXPECT_EQ(sample.document.state().baseline, QStringLiteral("l1-0.5"));
    EXPECT_EQ(text("state").change, QStringLiteral("0 %"));
    EXPECT_TRUE(text("perplexity").change.startsWith(QChar(0x2212)));
    sample.document.undoStack()->undo();
    EXPECT_EQ(box->currentIndex(), 0);
    EXPECT_TRUE(text("perplexity").change.isEmpty());
}

TEST_F(RibbonTest, PinsStandFirstAmongBaselines) {
    sample.document.pin(true, QStringLiteral("taylor-0.5"));
    auto* box = ribbon.findChild<QComboBox*>();
    EXPECT_EQ(box->itemText(1), QStringLiteral("A: Taylor 50 %"));
    EXPECT_EQ(box->itemData(1).toString(), QStringLiteral("taylor-0.5"));
}

TEST_F(RibbonTest, RenamingIsOneUndoStep) {
    setKept(0, 16);
    const int steps = sample.document.undoStack()->count();
    name()->setFocus();
    name()->selectAll();
    QTest::keyClicks(name(), QStringLiteral("Spared middle"));
    QTest::keyClick(name(), Qt::Key_Return);
    EXPECT_EQ(sample.document.plan().name, "Spared middle");
    EXPECT_EQ(sample.document.undoStack()->count(), steps + 1);
    sample.document.undoStack()->undo();
    EXPECT_NE(name()->text(), QStringLiteral("Spared middle"));
}

TEST_F(RibbonTest, RenamingASavedPlanRenamesItsRow) {
    name()->setFocus();
    name()->selectAll();
    QTest::keyClicks(name(), QStringLiteral("Half"));
    QTest::keyClick(name(), Qt::Key_Return);
    EXPECT_EQ(sample.document.point(QStringLiteral("drrqr-0.5"))->choice.name, "Half");
}

TEST_F(RibbonTest, EscapePutsTheNameBack) {
    const QString before = name()->text();
    name()->setFocus();
    name()->selectAll();
    QTest::keyClicks(name(), QStringLiteral("x"));
    QTest::keyClick(name(), Qt::Key_Escape);
    EXPECT_EQ(name()->text(), before);
    QTest::keyClick(name(), Qt::Key_Return);
    EXPECT_EQ(currentFacts(sample.document).name, before);
}

TEST_F(RibbonTest, AnEditedPlanDoesNotKeepAnotherPlansName) {
    setKept(0, 16);
    EXPECT_NE(name()->text(), QStringLiteral("DRRQR 50 %"));
}

TEST_F(RibbonTest, SavesAPlanOnce) {
    auto* save = ribbon.findChild<QPushButton*>();
    EXPECT_FALSE(save->isEnabled());
    setKept(0, 16);
    ASSERT_TRUE(save->isEnabled());
    const std::size_t before = sample.document.state().points.size();
    save->click();
    EXPECT_EQ(sample.document.state().points.size(), before + 1);
    EXPECT_FALSE(save->isEnabled());
}

TEST_F(RibbonTest, ClickExplainsAndCopyCopiesAll) {
    QSignalSpy explained(&ribbon, &Ribbon::explainRequested);
    QTest::mouseClick(readout(QStringLiteral("delta")), Qt::LeftButton);
    ASSERT_EQ(explained.count(), 1);
    EXPECT_EQ(explained[0][0].toString(), QStringLiteral("delta"));
    QTest::keyClick(readout(QStringLiteral("state")), Qt::Key_C, Qt::ControlModifier);
    const auto bytes = static_cast<qint64>(currentFacts(sample.document).stateBytes);
    EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("%1 bytes").arg(bytes));
    QTest::keyClick(readout(QStringLiteral("delta")), Qt::Key_C, Qt::ControlModifier);
    EXPECT_TRUE(QApplication::clipboard()->text().contains(QStringLiteral(" ± ")));
}

TEST_F(RibbonTest, GoesToLevelTwoWhereItIsNarrow) {
    EXPECT_EQ(ribbon.shownLevel(), 0);
    EXPECT_TRUE(readout(QStringLiteral("parameters"))->isVisible());
    ribbon.resize(ribbon.neededWidth(0) - 1, ribbon.height());
    QApplication::processEvents();
    EXPECT_EQ(ribbon.shownLevel(), 2);
    EXPECT_FALSE(readout(QStringLiteral("parameters"))->isVisible());
    EXPECT_TRUE(ribbon.findChild<QToolButton*>()->isVisible());
    EXPECT_FALSE(ribbon.findChild<QComboBox*>()->isVisible());
    EXPECT_LE(ribbon.minimumSizeHint().width(), ribbon.width());
    // Nothing overlaps and nothing is cut.
    int right = 0;
    for (RibbonReadout* each : ribbon.shownReadouts()) {
        EXPECT_GE(each->x(), right);
        EXPECT_GE(each->width(), each->sizeHint().width());
        right = each->geometry().right();
    }
    EXPECT_LE(right, ribbon.findChild<QToolButton*>()->x());
}

TEST_F(RibbonTest, AWindowMayAskForALevel) {
    ribbon.setLevel(3);
    EXPECT_EQ(ribbon.shownLevel(), 3);
    EXPECT_FALSE(readout(QStringLiteral("parameters"))->isVisible());
    ribbon.setLevel(0);
    EXPECT_TRUE(readout(QStringLiteral("parameters"))->isVisible());
}

TEST_F(RibbonTest, AWideWindowShowsPrefillAndMeanChannels) {
    EXPECT_FALSE(readout(QStringLiteral("prefill"))->isVisible());
    showAt(ribbon, 1900, 64);
    EXPECT_TRUE(readout(QStringLiteral("prefill"))->isVisible());
    EXPECT_EQ(text("mean_kept").value, QStringLiteral("32.0"));
}

TEST_F(RibbonTest, AnOpenQuestionHidesTheAnswer) {
    ribbon.setAnswerHidden(true);
    for (const char* topic : {"perplexity", "delta"}) {
        EXPECT_EQ(text(topic).value, QStringLiteral("?"));
        EXPECT_TRUE(text(topic).error.isEmpty());
        EXPECT_TRUE(text(topic).change.isEmpty());
        EXPECT_TRUE(text(topic).exact.isEmpty());
    }
    EXPECT_NE(text("state").value, QStringLiteral("?"));
}

struct RecallRibbon : RibbonTest {
    RecallRibbon() : RibbonTest(SampleModel{.answers = true}) {}
};

TEST_F(RecallRibbon, ShowsRecallForTextsWithAnswers) {
    EXPECT_TRUE(readout(QStringLiteral("recall"))->isVisible());
    EXPECT_EQ(text("recall").unit, QStringLiteral("%"));
    EXPECT_TRUE(text("recall").change.endsWith(QStringLiteral("points")));
}

TEST(RibbonLook, Renders) {
    for (const bool dark : {false, true}) {
        const Theme& theme = dark ? Theme::dark() : Theme::light();
        const std::string name = dark ? "ribbon-dark" : "ribbon-light";
        Look look(theme);
        SampleWorkspace sample(SampleModel{.answers = true});
        sample.engine.setLive(true);
        Ribbon ribbon(sample.workspace);
        ribbon.applyTheme(theme);
        showAt(ribbon, 1428, 64);
        renderForEyes(ribbon, name + "-exact");
        showAt(ribbon, 1908, 64);
        renderForEyes(ribbon, name + "-wide");
        sample.document.setPlan({}, sample.document.withKept(0, 24));
        showAt(ribbon, 1268, 64);
        renderForEyes(ribbon, name + "-estimate-1280");
        PlanRecord record;
        record.state = PlanState::Measuring;
        record.quality = MeasuredQuality{9, 22, 4599, 3.25, 25.79, 0.4, 0.03, 0.004, 100, 0.9, 0.02};
        EngineJob job;
        job.state = EngineJob::State::Running;
        sample.engine.setJobs({job});
        sample.document.setRecord(sample.document.plan(), record);
        showAt(ribbon, 1428, 64);
        renderForEyes(ribbon, name + "-measuring");
    }
    Look look(Theme::light(), QStringLiteral("DejaVu Sans"), 1.5);
    SampleWorkspace sample(SampleModel{.answers = true});
    Ribbon ribbon(sample.workspace);
    sample.document.renamePoint(QStringLiteral("drrqr-0.5"),
                                QStringLiteral("A plan whose name is rather long for its place"));
    showAt(ribbon, 1902, 96);
    renderForEyes(ribbon, "ribbon-dejavu-150");
    EXPECT_LE(ribbon.minimumSizeHint().width(), ribbon.width());
}

}  // namespace
}  // namespace rankscope::gui
