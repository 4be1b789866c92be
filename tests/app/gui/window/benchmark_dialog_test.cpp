// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/benchmark_dialog.hpp"

#include "app/gui/document/plan_record.hpp"
#include "app/gui/theme/theme.hpp"
#include "app/gui/window/style.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QTest>

namespace rankscope::gui {
namespace {

class BenchmarkDialogTest : public testing::Test {
protected:
    void SetUp() override {
        EngineStatus ready;
        ready.state = EngineStatus::State::Ready;
        sample.engine.setStatus(ready);
        dialog = std::make_unique<BenchmarkDialog>(sample.workspace);
        dialog->show();
    }

    [[nodiscard]] QPushButton* start() const {
        return dialog->findChild<QPushButton*>(QStringLiteral("start"));
    }

    [[nodiscard]] QPushButton* button(const QString& text) const {
        for (auto* each : dialog->findChildren<QPushButton*>()) {
            if (each->text() == text) return each;
        }
        return nullptr;
    }

    void choose(int row, bool on) {
        dialog->plans->item(row)->setCheckState(on ? Qt::Checked : Qt::Unchecked);
    }

    void run(EngineJob::State state, double done = 0) {
        EngineJob job;
        job.id = sample.engine.benchmarkJob;
        job.title = QStringLiteral("Benchmark");
        job.state = state;
        job.done = done;
        job.total = 36;
        job.unit = QStringLiteral("runs");
        job.etaSeconds = 5;
        sample.engine.setJobs({job});
    }

    // Plan 0 reads 512 tokens twice as fast as the full model, and writes as fast within the spread.
    static protocol::BenchJobResult result() {
        protocol::BenchJobResult out;
        out.device = "cpu";
        out.implementation = "avx2";
        out.runs = {{"", "prefill", 512, 1, 1000, 512, 500, 5.12, 300},
                    {"0", "prefill", 512, 1, 2000, 256, 250, 2.56, 100},
                    {"", "decode", 64, 1, 100, 640, 600, 32, 400},
                    {"0", "decode", 64, 1, 104, 615, 600, 32, 380}};
        return out;
    }

    SampleWorkspace sample;
    std::unique_ptr<BenchmarkDialog> dialog;
};

TEST_F(BenchmarkDialogTest, AsksForWhatIsChosen) {
    ASSERT_TRUE(dialog->request()) << dialog->problem().toStdString();
    // The full model is no choice.
    EXPECT_FALSE(dialog->plans->item(0)->flags().testFlag(Qt::ItemIsUserCheckable));
    ASSERT_GE(dialog->plans->count(), 3);
    EXPECT_TRUE(samePlan(dialog->request()->plans.at(0), sample.document.plan()))
        << "the current plan comes first";
    for (int row = 1; row < dialog->plans->count(); ++row)
        choose(row, row == 2);
    dialog->lengths->setText(QStringLiteral("2048, 256,256"));
    dialog->batch->setValue(4);
    dialog->repeats->setValue(3);
    dialog->decodeTokens->setValue(16);
    ASSERT_EQ(dialog->request()->plans.size(), 1U);
    start()->click();
    EXPECT_EQ(sample.engine.calls.back(), "benchmark 1 2 4");
    const BenchmarkRequest& asked = sample.engine.lastBenchmark;
    EXPECT_EQ(asked.lengths, (std::vector<std::int64_t>{256, 2048}));
    EXPECT_EQ(asked.repeats, 3);
    EXPECT_EQ(asked.decodeTokens, 16);
    EXPECT_FALSE(samePlan(asked.plans[0], sample.document.plan()));
    EXPECT_TRUE(dialog->isMeasuring());
    EXPECT_FALSE(start()->isEnabled());
    EXPECT_FALSE(dialog->plans->isEnabled());
}

TEST_F(BenchmarkDialogTest, SaysBeforehandHowLongItTakes) {
    MeasuredSpeed speed;
    speed.prefill = 1000;
    speed.decode = 100;
    speed.device = "cpu";
    sample.document.setFullSpeed(speed);
    EXPECT_TRUE(dialog->cost().startsWith(QStringLiteral("About"))) << dialog->cost().toStdString();
    EXPECT_TRUE(dialog->cost().contains(QStringLiteral("cpu")));
    const QString before = dialog->cost();
    dialog->repeats->setValue(100);
    EXPECT_NE(dialog->cost(), before);
    EXPECT_TRUE(dialog->cost().contains(QStringLiteral("min"))) << dialog->cost().toStdString();
    // Nothing is timed beside an evaluation.
    EngineJob other;
    other.id = 1;
    other.title = QStringLiteral("Evaluate DRRQR 50 %");
    other.state = EngineJob::State::Running;
    sample.engine.setJobs({other});
    EXPECT_TRUE(dialog->cost().contains(other.title));
    start()->click();
    EngineJob mine;
    mine.id = sample.engine.benchmarkJob;
    mine.state = EngineJob::State::Queued;
    sample.engine.setJobs({other, mine});
    EXPECT_TRUE(dialog->state().contains(QStringLiteral("Waits until “Evaluate DRRQR 50 %” has ended")))
        << dialog->state().toStdString();
}

TEST_F(BenchmarkDialogTest, RefusesWrongLengthsAndSaysWhy) {
    for (const char* wrong : {"", "512;2048", "0", "-5", "1e9", "99999999", "1,2,3,4,5,6,7"}) {
        dialog->lengths->setText(QLatin1String(wrong));
        EXPECT_FALSE(dialog->request()) << wrong;
        EXPECT_TRUE(dialog->problem().contains(QStringLiteral("expected"))) << wrong;
        EXPECT_FALSE(start()->isEnabled());
    }
    dialog->lengths->setText(QStringLiteral("1"));
    EXPECT_TRUE(start()->isEnabled());
}

TEST_F(BenchmarkDialogTest, SaysWhatAnEngineLacks) {
    EngineStatus status;
    sample.engine.setStatus(status);
    EXPECT_FALSE(start()->isEnabled());
    EXPECT_TRUE(dialog->problem().contains(QStringLiteral("not started"))) << dialog->problem().toStdString();
    ASSERT_NE(button(QStringLiteral("Start the engine")), nullptr);
    button(QStringLiteral("Start the engine"))->click();
    EXPECT_EQ(sample.engine.calls.back(), "restart");
    status.state = EngineStatus::State::Starting;
    sample.engine.setStatus(status);
    EXPECT_FALSE(start()->isEnabled());
    status.state = EngineStatus::State::Ready;
    status.reason = QStringLiteral("No LibTorch");
    status.detail = QStringLiteral("doctor --fetch-libtorch fetches it");
    status.remedy = QStringLiteral("Try again");
    sample.engine.setStatus(status);
    EXPECT_FALSE(start()->isEnabled());
    EXPECT_TRUE(dialog->problem().contains(status.detail));
    EXPECT_TRUE(button(QStringLiteral("Try again"))->isVisible());
    status.state = EngineStatus::State::Stopped;
    status.reason = QStringLiteral("The engine ran out of memory");
    sample.engine.setStatus(status);
    EXPECT_EQ(dialog->problem(), status.reason);
    renderForEyes(*dialog, "dialog-benchmark-stopped");
}

TEST_F(BenchmarkDialogTest, ShowsProgressThenTheResult) {
    start()->click();
    run(EngineJob::State::Running, 18);
    EXPECT_TRUE(dialog->state().contains(QStringLiteral("18 of 36 runs · 5 s left")))
        << dialog->state().toStdString();
    button(QStringLiteral("Cancel the measurement"))->click();
    EXPECT_EQ(sample.engine.calls.back(), "cancel 7");
    renderForEyes(*dialog, "dialog-benchmark-running");
    const QString name = dialog->plans->item(1)->text();
    sample.engine.lastBenchmarkResult(result());
    run(EngineJob::State::Finished);
    sample.engine.lastDone({}, {});
    EXPECT_FALSE(dialog->isMeasuring());
    EXPECT_TRUE(start()->isEnabled());
    const QAbstractItemModel& table = *dialog->table->model();
    ASSERT_TRUE(dialog->table->isVisible());
    ASSERT_EQ(table.columnCount(), 5);
    const auto text = [&](int row, int column) { return table.index(row, column).data().toString(); };
    EXPECT_EQ(text(0, 0), QStringLiteral("Full model"));
    EXPECT_TRUE(name.startsWith(text(1, 0)));
    EXPECT_EQ(text(1, 1), QStringLiteral("2,000 ± 1.0 %"));
    EXPECT_EQ(text(1, 2), QStringLiteral("×2.00"));
    EXPECT_EQ(text(1, 4), QStringLiteral("×1.04"));
    // What is within the spread of the runs looks like it, and says so.
    EXPECT_TRUE(table.index(1, 2).data(Qt::FontRole).isValid());
    EXPECT_FALSE(table.index(1, 4).data(Qt::FontRole).isValid());
    EXPECT_TRUE(
        table.index(1, 4).data(Qt::ToolTipRole).toString().contains(QStringLiteral("within the spread")));
    button(QStringLiteral("Copy table"))->click();
    const QStringList lines = QApplication::clipboard()->text().trimmed().split(QLatin1Char('\n'));
    // Missing plans of the request have no line.
    ASSERT_EQ(lines.size(), 5);
    EXPECT_TRUE(lines[0].startsWith(QStringLiteral("plan\tkind\tlength")));
    EXPECT_EQ(lines[3].section(QLatin1Char('\t'), 1, 5), QStringLiteral("prefill\t512\t1\t2000\t2"));
    for (const bool dark : {false, true}) {
        applyStyle(dark ? Theme::dark() : Theme::light());
        renderForEyes(*dialog, dark ? "dialog-benchmark-dark" : "dialog-benchmark");
        EXPECT_FALSE(button(QStringLiteral("Cancel the measurement"))->isVisible());
    }
    applyStyle(Theme::light());
}

TEST_F(BenchmarkDialogTest, TellsACancelFromAFailure) {
    start()->click();
    run(EngineJob::State::Cancelled);
    sample.engine.lastDone(QStringLiteral("Cancelled"), {});
    EXPECT_TRUE(dialog->state().contains(QStringLiteral("no speed was changed")));
    start()->click();
    run(EngineJob::State::Failed);
    sample.engine.lastDone(QStringLiteral("out of memory"), QStringLiteral("use a smaller batch"));
    EXPECT_TRUE(dialog->state().contains(QStringLiteral("Not measured: out of memory\nuse a smaller batch")));
    EXPECT_TRUE(start()->isEnabled());
}

TEST_F(BenchmarkDialogTest, FollowsThePlansAndKeepsWhatWasChosen) {
    const int before = dialog->plans->count();
    choose(2, true);
    sample.document.setPlan(QStringLiteral("Edit"), sample.document.withKept(0, 16));
    EXPECT_EQ(dialog->plans->count(), before + 1) << "a plan of its own, not saved yet";
    EXPECT_TRUE(samePlan(dialog->request()->plans.at(0), sample.document.plan()));
    EXPECT_GE(dialog->request()->plans.size(), 2U);
    // Results of one model are none of another.
    start()->click();
    sample.engine.lastBenchmarkResult(result());
    sample.engine.lastDone({}, {});
    EXPECT_TRUE(dialog->table->isVisible());
    sample.document.openModel(sampleSession().model);
    EXPECT_FALSE(dialog->table->isVisible());
    EXPECT_EQ(dialog->request()->plans.size(), 0U) << "nothing is pruned: the full model alone";
}

TEST(BenchmarkDialogAlone, SaysWhatToOpen) {
    SampleWorkspace sample;
    Document empty;
    BenchmarkDialog dialog({empty, sample.selection, sample.states, sample.engine});
    EXPECT_FALSE(dialog.request());
    EXPECT_TRUE(dialog.problem().contains(QStringLiteral("No model is open")));
}

}  // namespace
}  // namespace rankscope::gui
