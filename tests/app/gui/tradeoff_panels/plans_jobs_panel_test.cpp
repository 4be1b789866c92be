// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plans_jobs_panel.hpp"

#include "app/gui/tradeoff_panels/jobs_list.hpp"
#include "app/gui/tradeoff_panels/plan_drag.hpp"
#include "app/gui/tradeoff_panels/plans_model.hpp"
#include "app/gui/tradeoff_panels/plans_table.hpp"
#include "app/gui/widgets/segmented_switch.hpp"
#include "tests/app/gui/tradeoff_panels/panel_look.hpp"

#include <gtest/gtest.h>

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include <memory>

namespace rankscope::gui {
namespace {

struct PlansTest : testing::Test {
    explicit PlansTest(const SampleModel& model = {}) : sample(model), panel(sample.workspace) {
        showAt(panel, 600, 360);
    }

    PlansTable& table() { return *panel.table(); }

    PlansModel& plans() { return panel.table()->plans(); }

    /// Row of the table that shows a plan.
    int row(const QString& id) {
        for (int i = 0; i < table().model()->rowCount(); ++i) {
            if (plans().facts(table().sourceRow(i)).id == id) return i;
        }
        return -1;
    }

    QString text(const QString& id, int column) {
        return plans().index(plans().rowOf(id), column).data().toString();
    }

    void select(const QString& id) {
        table().setCurrentIndex(table().model()->index(row(id), 0));
        table().setFocus();
    }

    Look look;
    SampleWorkspace sample;
    PlansJobsPanel panel;
};

TEST_F(PlansTest, ListsTheModelAndItsPlans) {
    EXPECT_EQ(table().model()->rowCount(), 36);
    EXPECT_EQ(row(fullModelId()), 0);
    EXPECT_EQ(text(fullModelId(), PlansModel::Delta), QStringLiteral("–"));
    const PlanFacts facts = *factsOfId(sample.document, QStringLiteral("l1-0.5"));
    EXPECT_EQ(text(QStringLiteral("l1-0.5"), PlansModel::Perplexity),
              QString::number(facts.perplexity, 'f', 2));
    EXPECT_TRUE(plans().isCurrent(plans().rowOf(QStringLiteral("drrqr-0.5"))));
}

TEST_F(PlansTest, APlanThatIsNotSavedIsTheSecondRow) {
    sample.document.setPlan({}, sample.document.withKept(0, 24));
    EXPECT_EQ(plans().rowOf(currentPlanId()), 1);
    EXPECT_TRUE(plans().isCurrent(1));
    EXPECT_TRUE(text(currentPlanId(), PlansModel::Delta).startsWith(QStringLiteral("≈")));
    EXPECT_TRUE(plans().index(1, PlansModel::Delta).data(PlansModel::SoftRole).toBool());
}

TEST_F(PlansTest, SortsByEveryColumn) {
    table().sortByColumn(PlansModel::Delta, Qt::AscendingOrder);
    double before = -1;
    for (int i = 0; i < table().model()->rowCount(); ++i) {
        const PlanFacts& facts = plans().facts(table().sourceRow(i));
        EXPECT_GE(facts.delta, before);
        before = facts.delta;
    }
    table().sortByColumn(PlansModel::State, Qt::DescendingOrder);
    EXPECT_EQ(row(fullModelId()), 0);
}

TEST_F(PlansTest, ColumnsGoAsItGetsNarrow) {
    EXPECT_FALSE(table().isColumnHidden(PlansModel::Decode));
    showAt(panel, 400, 360);
    EXPECT_TRUE(table().isColumnHidden(PlansModel::Decode));
    EXPECT_FALSE(table().isColumnHidden(PlansModel::Delta));
    showAt(panel, 320, 360);
    EXPECT_TRUE(table().isColumnHidden(PlansModel::Perplexity));
    EXPECT_FALSE(table().isColumnHidden(PlansModel::Delta));
    int width = 0;
    for (int column = 0; column < PlansModel::kColumns; ++column)
        width += table().isColumnHidden(column) ? 0 : table().columnWidth(column);
    EXPECT_LE(width, table().viewport()->width());
}

TEST_F(PlansTest, SelectionAndHoverAreLinked) {
    select(QStringLiteral("taylor-0.5"));
    EXPECT_EQ(sample.selection.point(), QStringLiteral("taylor-0.5"));
    sample.selection.setPoint(QStringLiteral("l1-0.25"));
    EXPECT_EQ(table().currentId(), QStringLiteral("l1-0.25"));
    const QPoint place(20, 30);
    QTest::mouseMove(table().viewport(), place);
    const int under = table().sourceRow(table().indexAt(place).row());
    EXPECT_EQ(sample.selection.hover().point, plans().facts(under).id);
}

TEST_F(PlansTest, EnterMakesItTheCurrentPlan) {
    select(QStringLiteral("taylor-0.5"));
    QTest::keyClick(&table(), Qt::Key_Return);
    EXPECT_EQ(sample.document.currentPoint()->id, QStringLiteral("taylor-0.5"));
    sample.document.undoStack()->undo();
    EXPECT_EQ(sample.document.currentPoint()->id, QStringLiteral("drrqr-0.5"));
}

TEST_F(PlansTest, DoubleClickMakesItTheCurrentPlan) {
    const QRect place = table().visualRect(table().model()->index(3, 0));
    const QString id = plans().facts(table().sourceRow(3)).id;
    QTest::mouseClick(table().viewport(), Qt::LeftButton, {}, place.center());
    QTest::mouseDClick(table().viewport(), Qt::LeftButton, {}, place.center());
    EXPECT_EQ(sample.document.currentPoint()->id, id);
}

TEST_F(PlansTest, F2RenamesInPlace) {
    select(QStringLiteral("taylor-0.5"));
    QTest::keyClick(&table(), Qt::Key_F2);
    auto* editor = table().viewport()->findChild<QLineEdit*>();
    ASSERT_NE(editor, nullptr);
    editor->selectAll();
    QTest::keyClicks(editor, QStringLiteral("Third"));
    QTest::keyClick(editor, Qt::Key_Return);
    // The editor closes first, then the plan is renamed.
    QApplication::processEvents();
    QApplication::processEvents();
    EXPECT_EQ(sample.document.point(QStringLiteral("taylor-0.5"))->choice.name, "Third");
    EXPECT_EQ(table().currentId(), QStringLiteral("taylor-0.5"));
    sample.document.undoStack()->undo();
    EXPECT_EQ(text(QStringLiteral("taylor-0.5"), PlansModel::Name), QStringLiteral("Taylor 50 %"));
}

TEST_F(PlansTest, DeleteRemovesAndUndoBringsBack) {
    select(QStringLiteral("taylor-0.5"));
    QTest::keyClick(&table(), Qt::Key_Delete);
    EXPECT_EQ(plans().rowOf(QStringLiteral("taylor-0.5")), -1);
    sample.document.undoStack()->undo();
    EXPECT_GE(plans().rowOf(QStringLiteral("taylor-0.5")), 0);
    select(fullModelId());
    QTest::keyClick(&table(), Qt::Key_Delete);
    EXPECT_EQ(row(fullModelId()), 0);
}

TEST_F(PlansTest, KeysAAndBPin) {
    select(QStringLiteral("taylor-0.5"));
    QTest::keyClick(&table(), Qt::Key_A);
    EXPECT_EQ(sample.document.state().pinA, QStringLiteral("taylor-0.5"));
    QTest::keyClick(&table(), Qt::Key_B);
    EXPECT_EQ(plans().badges(plans().rowOf(QStringLiteral("taylor-0.5"))), QStringLiteral("AB"));
    // The full model is what everything is compared with anyway.
    select(fullModelId());
    QTest::keyClick(&table(), Qt::Key_A);
    EXPECT_EQ(sample.document.state().pinA, QStringLiteral("taylor-0.5"));
}

// "DRRQR normalised 12.5 %" and "… 25 %" differ at their ends.
TEST_F(PlansTest, LongNamesOfOneSweepCanBeToldApart) {
    sample.document.renamePoint(QStringLiteral("taylor-0.5"), QStringLiteral("A long name of a method that has many words 12.5 %"));
    sample.document.renamePoint(QStringLiteral("taylor-0.25"), QStringLiteral("A long name of a method that has many words 25 %"));
    panel.resize(330, 700);
    QApplication::processEvents();
    table().clearSelection();
    table().setCurrentIndex({});
    const auto name = [&](const char* id) {
        const QModelIndex index = table().model()->index(row(QString::fromLatin1(id)), PlansModel::Name);
        table().scrollTo(index);
        QApplication::processEvents();
        QRect place = table().visualRect(index);
        place.adjust(30, 2, 0, -2);  // without marker and lines
        return table().viewport()->grab(place).toImage();
    };
    const QImage one = name("taylor-0.5");
    ASSERT_FALSE(one.isNull());
    EXPECT_NE(one, name("taylor-0.25"));
}

TEST_F(PlansTest, TheMenuOfARowSavesItAsAFile) {
    QSignalSpy asked(&panel, &PlansJobsPanel::savePlanRequested);
    const auto offered = [&](const QString& id) {
        Q_EMIT table().menuRequested(id, {});
        for (const QMenu* menu : panel.findChildren<QMenu*>()) {
            for (QAction* action : menu->actions()) {
                if (action->text() == QStringLiteral("Save as a plan file…")) return action;
            }
        }
        return static_cast<QAction*>(nullptr);
    };
    EXPECT_EQ(offered(fullModelId()), nullptr) << "it is no plan";
    QAction* save = offered(QStringLiteral("taylor-0.5"));
    ASSERT_NE(save, nullptr);
    save->trigger();
    ASSERT_EQ(asked.count(), 1);
    EXPECT_EQ(asked.takeFirst().at(0).toString(), QStringLiteral("taylor-0.5"));
    for (QMenu* menu : panel.findChildren<QMenu*>())
        menu->hide();
}

TEST_F(PlansTest, ARowCanBeCarriedToASlot) {
    const QModelIndex index = plans().index(plans().rowOf(QStringLiteral("taylor-0.5")), 0);
    EXPECT_TRUE(index.flags() & Qt::ItemIsDragEnabled);
    const std::unique_ptr<QMimeData> data(plans().mimeData({index}));
    EXPECT_EQ(pointOfMimeData(*data), QStringLiteral("taylor-0.5"));
    EXPECT_FALSE(plans().index(0, 0).flags() & Qt::ItemIsDragEnabled);
}

TEST_F(PlansTest, ManyRowsCanBeFiltered) {
    auto* filter = panel.findChild<QLineEdit*>();
    ASSERT_TRUE(filter->isVisible());
    QTest::keyClicks(filter, QStringLiteral("taylor"));
    EXPECT_EQ(table().model()->rowCount(), 5);
    DocumentState few = sample.document.state();
    few.points.resize(5);
    sample.document.setState(QStringLiteral("few"), few);
    EXPECT_FALSE(filter->isVisible());
    EXPECT_EQ(table().model()->rowCount(), plans().rowCount());
}

TEST_F(PlansTest, PartialResultsComeIntoTheRow) {
    const SavedPlan point = *sample.document.point(QStringLiteral("taylor-0.5"));
    PlanRecord record;
    record.state = PlanState::Measuring;
    record.quality = MeasuredQuality{11, 22, 5600, 3.4, 29.96, 0.5, 0.01, 0.001, 0, 0, {}};
    sample.document.setRecord(point.choice, record);
    EXPECT_EQ(text(point.id, PlansModel::Perplexity), QStringLiteral("29.96"));
    EXPECT_EQ(plans().facts(plans().rowOf(point.id)).state, PlanState::Measuring);
}

TEST_F(PlansTest, AnOpenQuestionHidesTheAnswer) {
    panel.setAnswerHidden(true);
    const QString id = QStringLiteral("drrqr-0.5");
    const int at = plans().rowOf(id);
    for (const int column : {PlansModel::Perplexity, PlansModel::Delta}) {
        EXPECT_EQ(text(id, column), QStringLiteral("?"));
        EXPECT_TRUE(plans().index(at, column).data(PlansModel::ErrorRole).toString().isEmpty());
        EXPECT_TRUE(plans().index(at, column).data(Qt::ToolTipRole).toString().isEmpty());
    }
    const ColumnTable twin = plans().table();
    EXPECT_FALSE(twin.rows[at][4].isValid());
    EXPECT_FALSE(twin.rows[at][6].isValid());
    EXPECT_NE(text(QStringLiteral("l1-0.5"), PlansModel::Delta), QStringLiteral("?"));
}

TEST_F(PlansTest, TheTwinHasFullPrecision) {
    panel.showTable(true);
    EXPECT_TRUE(panel.showsTable());
    const PlanFacts facts = *factsOfId(sample.document, QStringLiteral("taylor-0.5"));
    EXPECT_DOUBLE_EQ(plans().table().rows[plans().rowOf(facts.id)][6].toDouble(), facts.delta);
}

// Ten digits of ten digits fit nowhere.
TEST_F(PlansTest, JobsThatCountBytesShowThemInUnitsForPeople) {
    EngineJob loading;
    loading.id = 3;
    loading.state = EngineJob::State::Running;
    loading.done = 1.75 * 1024 * 1024 * 1024;
    loading.total = 2.5 * 1024 * 1024 * 1024;
    loading.unit = QStringLiteral("bytes");
    loading.etaSeconds = 2;
    panel.showTab(PlansJobsPanel::Tab::Jobs);
    sample.engine.setJobs({loading});
    QApplication::processEvents();
    QStringList said;
    for (const QLabel* label : panel.jobs()->findChildren<QLabel*>())
        said.append(label->text());
    EXPECT_TRUE(said.contains(QStringLiteral("1.75 GiB of 2.50 GiB · 2 s left"))) << said.join('|').toStdString();
}

TEST_F(PlansTest, JobsShowProgressAndCanBeCancelled) {
    EngineJob running;
    running.id = 7;
    running.title = QStringLiteral("Evaluate DRRQR 50 %");
    running.state = EngineJob::State::Running;
    running.done = 23;
    running.total = 40;
    running.unit = QStringLiteral("windows");
    running.etaSeconds = 12;
    EngineJob failed = running;
    failed.id = 5;
    failed.state = EngineJob::State::Failed;
    failed.message = QStringLiteral("Not enough memory: 9.3 GiB needed, 6.1 GiB free");
    failed.hint = QStringLiteral("Evaluate 2 windows at once");
    panel.showTab(PlansJobsPanel::Tab::Jobs);
    sample.engine.setJobs({running, failed});
    QApplication::processEvents();
    EXPECT_EQ(panel.jobs()->rowCount(), 2);
    EXPECT_EQ(panel.jobs()->openCount(), 1);
    QStringList said;
    for (const QLabel* label : panel.jobs()->findChildren<QLabel*>())
        said.append(label->text());
    EXPECT_TRUE(said.contains(QStringLiteral("23 of 40 windows · 12 s left")));
    EXPECT_TRUE(said.contains(failed.message + QLatin1Char('\n') + failed.hint));
    for (QPushButton* cancel : panel.jobs()->findChildren<QPushButton*>()) {
        if (cancel->isVisible()) cancel->click();
    }
    EXPECT_EQ(sample.engine.calls, std::vector<std::string>{"cancel 7"});
    sample.engine.setJobs({});
    EXPECT_EQ(panel.jobs()->rowCount(), 0);
}

TEST(Durations, AreSaidAsPeopleSayThem) {
    EXPECT_EQ(durationText(0.42), QStringLiteral("0.42 s"));
    EXPECT_EQ(durationText(12.4), QStringLiteral("12 s"));
    EXPECT_EQ(durationText(200), QStringLiteral("3 min 20 s"));
    EXPECT_EQ(durationText(3900), QStringLiteral("1 h 5 min"));
    EXPECT_EQ(timeLeftText(-1), QString());
    EXPECT_EQ(timeLeftText(0), QStringLiteral("1 s left"));
    EXPECT_EQ(timeLeftText(300), QStringLiteral("5 min left"));
}

TEST(PlansLook, Renders) {
    const auto failedPlan = [](SampleWorkspace& sample) {
        PlanRecord record;
        record.state = PlanState::Failed;
        record.failure = QStringLiteral("out of memory");
        sample.document.setRecord(sample.document.point(QStringLiteral("random-0.25"))->choice, record);
        record = {};
        record.state = PlanState::Measuring;
        record.quality = MeasuredQuality{9, 22, 4599, 3.25, 25.79, 0.4, 0.03, 0.004, 100, 0.9, 0.02};
        sample.document.setRecord(sample.document.point(QStringLiteral("random-0.5"))->choice, record);
        sample.document.setPlan({}, sample.document.withKept(0, 24));
        sample.document.renamePoint(QStringLiteral("random-0.625"),
                                    QStringLiteral("A plan whose name is rather long"));
        sample.document.pin(true, QStringLiteral("random-0.625"));
        sample.document.pin(false, QStringLiteral("random-0.75"));
        sample.selection.setPoint(QStringLiteral("random-0.5"));
    };
    for (const bool dark : {false, true}) {
        const Theme& theme = dark ? Theme::dark() : Theme::light();
        const std::string name = dark ? "plans-dark" : "plans-light";
        Look look(theme);
        SampleWorkspace sample(SampleModel{.answers = dark});
        failedPlan(sample);
        PlansJobsPanel panel(sample.workspace);
        panel.applyTheme(theme);
        showAt(panel, 600, 320);
        renderForEyes(panel, name + "-600");
        showAt(panel, 320, 320);
        renderForEyes(panel, name + "-320");
        EngineJob job;
        job.title = QStringLiteral("Evaluate a plan whose name is rather long");
        job.state = EngineJob::State::Running;
        job.done = 23;
        job.total = 40;
        job.unit = QStringLiteral("windows");
        job.etaSeconds = 12;
        EngineJob queued = job;
        queued.state = EngineJob::State::Queued;
        EngineJob failed = job;
        failed.state = EngineJob::State::Failed;
        failed.message = QStringLiteral("Not enough memory: 9.3 GiB needed, 6.1 GiB free");
        failed.hint = QStringLiteral("Restart with 2 windows at once");
        EngineJob done = job;
        done.state = EngineJob::State::Finished;
        done.seconds = 83;
        sample.engine.setJobs({job, queued, failed, done});
        panel.showTab(PlansJobsPanel::Tab::Jobs);
        showAt(panel, 420, 320);
        renderForEyes(panel, name + "-jobs");
    }
    Look look(Theme::light(), QStringLiteral("DejaVu Sans"), 1.5);
    SampleWorkspace sample;
    failedPlan(sample);
    PlansJobsPanel panel(sample.workspace);
    showAt(panel, 480, 480);
    renderForEyes(panel, "plans-dejavu-150");
    EXPECT_LE(panel.minimumSizeHint().width(), panel.width());
    panel.showTab(PlansJobsPanel::Tab::Jobs);
    renderForEyes(panel, "plans-jobs-empty-dejavu-150");
}

}  // namespace
}  // namespace rankscope::gui
