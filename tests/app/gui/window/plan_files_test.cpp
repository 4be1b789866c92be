// SPDX-License-Identifier: GPL-3.0-or-later
// Plan files that the window saves, and names of files.
#include "app/gui/document/plan_record.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/export_dialog.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/save_file_name.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "core/pruning/plan.hpp"
#include "tests/app/gui/window/shown_window.hpp"

#include <gtest/gtest.h>

#include <QAction>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

namespace rankscope::gui {
namespace {

class PlanFiles : public ShownWindow {
protected:
    [[nodiscard]] QString file(const char* name) const { return folder.filePath(QLatin1String(name)); }

    // A plan in which only the engine knows what DRRQR keeps.
    void makeUnknown() {
        sample.document.setPlan(QStringLiteral("Layer 1"), sample.document.withKept(1, 23));
        ASSERT_FALSE(sample.document.exactPlan(sample.document.plan()));
    }

    QTemporaryDir folder;
};

TEST_F(PlanFiles, WhatIsSavedIsThePlanAndOpensAsIt) {
    const PlanChoice current = sample.document.plan();
    window->savePlan({}, file("current.json"));
    window->savePlan(QStringLiteral("taylor-0.5"), file("other.json"));
    EXPECT_FALSE(window->banner()->isVisible()) << window->banner()->text().sentence.toStdString();
    EXPECT_EQ(read_plan(file("current.json").toStdString()), sample.document.toPlan(current));
    EXPECT_EQ(read_plan(file("other.json").toStdString()),
              sample.document.toPlan(sample.document.point(QStringLiteral("taylor-0.5"))->choice));
    EXPECT_TRUE(window->keeper().recent().contains(file("other.json")));
    EXPECT_TRUE(std::ranges::none_of(sample.engine.calls,
                                     [](const std::string& call) { return call.starts_with("makePlan"); }));
    window->openPath(file("other.json"));
    window->openPath(file("current.json"));
    EXPECT_TRUE(samePlan(sample.document.plan(), current));
}

// Where a plan comes from is part of it: its ratio, seed and calibration come back as they were.
TEST_F(PlanFiles, AFileOfTheCommandLineIsTheSameAfterwards) {
    Plan plan = *sample.document.toPlan(sample.document.plan());
    for (PlanLayer& layer : plan.layers)
        layer.ratio = 0.51;
    std::swap(plan.layers[1].keep[0], plan.layers[1].keep[1]);
    plan.seed = 7;
    plan.calibration_hash = std::string(64, 'c');
    plan.calibration_tokens = 12345;
    plan.created_by = "rankscope 9.9";
    const std::string text = to_json(plan);
    QFile written(file("cli.json"));
    ASSERT_TRUE(written.open(QIODevice::WriteOnly));
    written.write(QByteArray::fromStdString(text));
    written.close();
    window->openPath(file("cli.json"));
    ASSERT_FALSE(window->banner()->isVisible()) << window->banner()->text().sentence.toStdString();
    window->savePlan({}, file("again.json"));
    EXPECT_EQ(read_plan(file("again.json").toStdString()), plan);
    // Edited it is another plan, of this window.
    sample.document.setPlan(QStringLiteral("Layer 0"), sample.document.withKept(0, 8, "l1"));
    const std::optional<Plan> edited = sample.document.toPlan(sample.document.plan());
    ASSERT_TRUE(edited);
    EXPECT_NE(edited->created_by, "rankscope 9.9");
}

TEST_F(PlanFiles, AsksTheEngineForWhatItAloneKnows) {
    makeUnknown();
    window->savePlan({}, file("asked.json"));
    EXPECT_FALSE(QFileInfo::exists(file("asked.json"))) << "a guess is no plan";
    ASSERT_EQ(sample.engine.calls.back(),
              "makePlan " + planName(sample.document, sample.document.plan()).toStdString());
    Plan answer = *sample.document.toPlan(sample.document.plan());
    std::swap(answer.layers[1].keep[0], answer.layers[1].keep[1]);
    sample.engine.lastMadePlan(answer);
    sample.engine.lastDone({}, {});
    EXPECT_EQ(read_plan(file("asked.json").toStdString()), answer);
    EXPECT_FALSE(window->banner()->isVisible());
}

TEST_F(PlanFiles, SaysWhyNothingWasSaved) {
    makeUnknown();
    window->savePlan({}, file("asked.json"));
    sample.engine.lastDone(QStringLiteral("The engine is not running"), QStringLiteral("Start the engine"));
    ASSERT_TRUE(window->banner()->isVisible());
    EXPECT_EQ(window->banner()->text().title, QStringLiteral("asked.json was not saved"));
    EXPECT_TRUE(window->banner()->text().sentence.contains(QStringLiteral("The engine is not running")));
    EXPECT_EQ(window->banner()->text().id, QStringLiteral("file.save_plan"));
    window->banner()->hide();
    window->savePlan(QStringLiteral("taylor-0.5"), QStringLiteral("/no/such/folder/x.json"));
    ASSERT_TRUE(window->banner()->isVisible());
    EXPECT_EQ(window->banner()->text().title, QStringLiteral("x.json was not saved"));
    EXPECT_FALSE(QFileInfo::exists(QStringLiteral("/no/such/folder/x.json")));
}

TEST_F(PlanFiles, WhatFailedIsTakenBackWhenItWorks) {
    window->savePlan(QStringLiteral("taylor-0.5"), QStringLiteral("/no/such/folder/x.json"));
    ASSERT_TRUE(window->banner()->isVisible());
    window->savePlan(QStringLiteral("taylor-0.5"), file("x.json"));
    EXPECT_FALSE(window->banner()->isVisible());
}

TEST_F(PlanFiles, AnExportThatWorksTakesBackTheOneThatDidNot) {
    const auto exportTo = [&](const char* name) {
        window->actions().action(QStringLiteral("export.model"))->trigger();
        auto* dialog = window->findChild<ExportDialog*>();
        ASSERT_NE(dialog, nullptr);
        dialog->place->setText(file(name));
        dialog->accept();
        QCoreApplication::sendPostedEvents(dialog, QEvent::DeferredDelete);
    };
    exportTo("full");
    sample.engine.lastDone(QStringLiteral("the disk is full"), QStringLiteral("make room"));
    ASSERT_TRUE(window->banner()->isVisible());
    EXPECT_EQ(window->banner()->text().id, QStringLiteral("export.model"));
    exportTo("roomy");
    sample.engine.lastDone({}, {});
    EXPECT_FALSE(window->banner()->isVisible());
}

// An edited plan still has the name of what it was edited from; the person sees another one.
TEST_F(PlanFiles, TheNameIsTheOneThatIsShown) {
    PlanChoice plan = keep_all(sample.document.config());
    plan.name = "Full model";
    for (LayerChoice& layer : plan.layers) {
        layer.method = "drrqr";
        layer.kept = 23;
    }
    sample.document.setPlan(QStringLiteral("Edit"), plan);
    window->savePlan({}, file("asked.json"));
    EXPECT_EQ(sample.engine.calls.back(), "makePlan " + defaultPlanName(plan).toStdString());
    const ExportDialog dialog(sample.workspace);
    const auto labels = dialog.findChildren<ElidedLabel*>();
    ASSERT_EQ(labels.size(), 1);
    EXPECT_EQ(labels.front()->fullText(), defaultPlanName(plan));
}

TEST_F(PlanFiles, TheCommandStandsWhereItIsLookedFor) {
    QAction* command = window->actions().action(QStringLiteral("file.save_plan"));
    ASSERT_NE(command, nullptr);
    for (const QString& title : {QStringLiteral("&File"), QStringLiteral("&Plan")}) {
        const auto menus = window->menuBar()->actions();
        const auto menu = std::ranges::find(menus, title, &QAction::text);
        ASSERT_NE(menu, menus.end());
        EXPECT_TRUE((*menu)->menu()->actions().contains(command)) << title.toStdString();
    }
}

// A suffix comes before the question whether a file may be replaced, and it is that of the filter.
TEST(SaveFileName, CompletesTheName) {
    QTemporaryDir folder;
    const QString typed = folder.filePath(QStringLiteral("half"));
    const auto answered = [&](const QString& filters, int filter) {
        QTimer::singleShot(0, [&, filter] {
            auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            ASSERT_NE(dialog, nullptr);
            dialog->selectNameFilter(dialog->nameFilters().at(filter));
            Q_EMIT dialog->filterSelected(dialog->selectedNameFilter());
            dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(typed);
            static_cast<QDialog*>(dialog)->accept();
        });
        return saveFileName(nullptr, QStringLiteral("Save"), folder.filePath(QStringLiteral("plan.json")),
                            filters);
    };
    EXPECT_EQ(answered(QStringLiteral("Plans (*.json)"), 0), typed + QStringLiteral(".json"));
    EXPECT_EQ(answered(QStringLiteral("CSV (*.csv);;LaTeX (*.tex)"), 1), typed + QStringLiteral(".tex"));
}

TEST(SaveFileName, APlansNameBecomesTheNameOfAFile) {
    EXPECT_EQ(fileNameFor(QStringLiteral("DRRQR 50 %")), QStringLiteral("DRRQR 50 %"));
    EXPECT_EQ(fileNameFor(QStringLiteral("../a/b\\c")), QStringLiteral("-a-b-c"));
    EXPECT_EQ(fileNameFor(QStringLiteral("a\nb\u202Ec")), QStringLiteral("a-b-c"));
    EXPECT_EQ(fileNameFor(QStringLiteral(" . ")), QStringLiteral("plan"));
    EXPECT_LE(fileNameFor(QString(500, QChar(0x6A21))).toUtf8().size(), 250);
}

}  // namespace
}  // namespace rankscope::gui
