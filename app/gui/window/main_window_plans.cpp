// SPDX-License-Identifier: GPL-3.0-or-later
// Plan files: those of the command line, opened and saved.
#include "app/gui/charts/whole_file.hpp"
#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/save_file_name.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "core/base/error.hpp"
#include "core/pruning/plan.hpp"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QPointer>

namespace rankscope::gui {

void MainWindow::askPlan() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Plan"), {}, tr("Plans (*.json)"));
    if (!path.isEmpty()) openPlan(path);
}

// A plan file becomes the current plan: one step that can be undone.
void MainWindow::openPlan(const QString& path) {
    Document& document = workspace_.document;
    const QFileInfo info(path);
    const QString other = tr("Open another plan…");
    const auto refuse = [&](const Error& error) {
        showBanner(tr("%1 could not be opened").arg(info.fileName()),
                   explained(QString::fromStdString(error.what()), QString::fromStdString(error.hint()))
                       + QLatin1Char('\n') + unchanged(),
                   other, QStringLiteral("file.open_plan"));
    };
    try {
        const Plan plan = read_plan(path.toStdString());
        if (!document.hasModel()) {
            // On the command line its model may stand before it.
            waitingPlan_ = path;
            showNote(tr("%1 is a plan: it needs its model").arg(info.fileName()),
                     tr("It is taken as soon as the model is open."), tr("Open a model folder…"),
                     QStringLiteral("file.open_model"));
            return;
        }
        const std::string& open = document.model().hash;
        if (!plan.model_hash.empty() && !open.empty() && plan.model_hash != open && anyway_ != path) {
            const auto start = [](const std::string& hash) {
                return QString::fromStdString(printable(hash.substr(0, 8)));
            };
            QString sentence = tr("Its model has the hash %1…, the open one, %2, has %3…")
                                   .arg(start(plan.model_hash), document.modelName(), start(open))
                               + QLatin1Char('\n') + unchanged();
            QString remedy = tr("Use anyway");
            QString id = QStringLiteral("anyway:") + path;
            try {
                (void)document.choiceOf(plan, true, info.fileName().toStdString());
            } catch (const Error& error) {
                sentence += QLatin1Char('\n') + explained(QString::fromStdString(error.what()), {});
                remedy = other;
                id = QStringLiteral("file.open_plan");
            }
            showBanner(tr("%1 belongs to another model").arg(info.fileName()), sentence, remedy, id);
            return;
        }
        PlanChoice choice = document.choiceOf(plan, true, printable(path.toStdString(), 400));
        choice.name = info.completeBaseName().toStdString();
        keeper_->remember(path);
        document.updateRecord(choice, [&](PlanRecord& record) { record.plan = plan; });
        document.setPlan(tr("Open plan %1").arg(info.completeBaseName()), std::move(choice));
        say(tr("Opened %1").arg(path));
    } catch (const Error& error) {
        refuse(error);
    }
}

// `point`: a saved plan; anything else is the current one.
void MainWindow::askSavePlan(const QString& point) {
    const Document& document = workspace_.document;
    if (!document.hasModel()) {
        say(tr("Open a model first"));
        return;
    }
    const SavedPlan* saved = document.point(point);
    const QString name = planName(document, saved != nullptr ? saved->choice : document.plan());
    const QString path = saveFileName(this, tr("Save plan"), fileNameFor(name) + QStringLiteral(".json"),
                                      tr("Plans (*.json)"));
    if (!path.isEmpty()) savePlan(point, path);
}

void MainWindow::savePlan(const QString& point, const QString& path) {
    const Document& document = workspace_.document;
    const SavedPlan* saved = document.point(point);
    PlanChoice choice = saved != nullptr ? saved->choice : document.plan();
    // Only what is known for certain may be called the plan: a guess would be another one on the command
    // line.
    if (const std::optional<Plan> plan = document.exactPlan(choice)) {
        writePlan(*plan, path);
        return;
    }
    choice.name = planName(document, choice).toStdString();
    say(tr("Asking the engine which channels the plan keeps"));
    const QPointer<MainWindow> window(this);
    workspace_.engine.makePlan(
        choice,
        [window, path](const Plan& plan) {
            if (window != nullptr) window->writePlan(plan, path);
        },
        [window, path](const QString& message, const QString& hint) {
            if (window == nullptr || message.isEmpty()) return;
            if (message == EngineControl::cancelledText()) {
                window->say(tr("Cancelled: %1 was not saved").arg(QFileInfo(path).fileName()));
            } else {
                window->planNotSaved(path, explained(message, hint));
            }
        });
}

void MainWindow::writePlan(const Plan& plan, const QString& path) {
    const QString failure = writeWholeFile(path, QByteArray::fromStdString(to_json(plan)));
    if (!failure.isEmpty()) {
        planNotSaved(path, explained(failure, {}));
        return;
    }
    hideBanner(QStringLiteral("file.save_plan"));
    keeper_->remember(QFileInfo(path).absoluteFilePath());
    say(tr("Saved %1: rankscope-cli evaluate and export take it as --plan").arg(path));
}

void MainWindow::planNotSaved(const QString& path, const QString& why) {
    showBanner(tr("%1 was not saved").arg(QFileInfo(path).fileName()), why, tr("Save plan…"),
               QStringLiteral("file.save_plan"));
}

}  // namespace rankscope::gui
