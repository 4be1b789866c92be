// SPDX-License-Identifier: GPL-3.0-or-later
// Opening, saving, closing, and the dialogs that start jobs.
#include "app/gui/charts/whole_file.hpp"
#include "app/gui/client/engine_control.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/layer_panels/layer_panel.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/benchmark_dialog.hpp"
#include "app/gui/window/capture_dialog.hpp"
#include "app/gui/window/connect_dialog.hpp"
#include "app/gui/window/device_menu.hpp"
#include "app/gui/window/engine_details.hpp"
#include "app/gui/window/export_dialog.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/plans_export.hpp"
#include "app/gui/window/preferences_dialog.hpp"
#include "app/gui/window/report_writer.hpp"
#include "app/gui/window/save_file_name.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "app/gui/window/sweep_dialog.hpp"
#include "core/base/error.hpp"

#include <QCloseEvent>
#include <QDateTime>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QPointer>
#include <QPushButton>
#include <QSettings>

namespace rankscope::gui {

void MainWindow::openDemo(const QString& name) {
    if (!mayLeave()) return;
    const QStringList demos = SessionKeeper::demos();
    if (demos.isEmpty()) {
        showBanner(tr("The demo sessions are missing"),
                   tr("Expected them in %1")
                       .arg(QFileInfo(SessionKeeper::demoPath(QStringLiteral("x"))).absolutePath()));
        return;
    }
    const QString failure = keeper_->openDemo(name.isEmpty() ? demos.first() : name);
    if (!failure.isEmpty()) showBanner(tr("The demo could not be opened"), failure);
}

void MainWindow::hideFileBanner() {
    const QString& said = banner_->text().id;
    if (said != QLatin1String("tools.restart_engine") && !said.startsWith(QLatin1String("recover:")))
        banner_->hide();
}

void MainWindow::hideBanner(const QString& id) {
    if (banner_->text().id == id) banner_->hide();
}

void MainWindow::openPath(const QString& path) {
    hideFileBanner();
    // "models/books/" and "models/books" are the same folder.
    const QFileInfo info(QDir::cleanPath(path));
    if (!info.exists()) {
        showBanner(tr("There is no %1").arg(info.fileName()),
                   tr("%1 does not exist. It may have been moved or renamed.").arg(info.absoluteFilePath()));
        return;
    }
    if (info.isDir()) {
        if (!mayLeave()) return;
        keeper_->remember(info.absoluteFilePath());
        opensFolder_ = true;
        workspace_.engine.openModel(info.absoluteFilePath());
        return;
    }
    const QString suffix = info.suffix().toLower();
    if (suffix == QLatin1String("h5") || suffix == QLatin1String("hdf5") || suffix == QLatin1String("part")) {
        keeper_->remember(info.absoluteFilePath());
        workspace_.states.open(info.absoluteFilePath());
        return;
    }
    if (suffix == QLatin1String("rankscope")) {
        if (!mayLeave()) return;
        const QString failure = keeper_->open(info.absoluteFilePath());
        if (!failure.isEmpty())
            showBanner(tr("%1 could not be opened").arg(info.fileName()),
                       explained(failure, {}) + QLatin1Char('\n') + unchanged(), tr("Open another session…"),
                       QStringLiteral("file.open_session"));
        askForNamed();
        return;
    }
    if (suffix == QLatin1String("json")) {
        openPlan(info.absoluteFilePath());
        return;
    }
    if (suffix == QLatin1String("txt") || suffix == QLatin1String("md")) {
        keeper_->rememberOpened({info.absoluteFilePath()});
        workspace_.engine.openText(info.absoluteFilePath(), 512);
        return;
    }
    showBanner(
        tr("%1 is nothing Rankscope can open").arg(info.fileName()),
        tr("Expected a model folder, a capture (.h5), a session (.rankscope), a plan (.json) or a text "
           "(.txt)."));
}

// A session may come from anybody: it does not choose what of this machine is read.
void MainWindow::askForNamed() {
    if (!workspace_.document.isWithheld()) return;
    constexpr qsizetype kMostShown = 6;
    const SessionPlaces& named = keeper_->named();
    const QString title = tr("This session names files that you have not opened before");
    QStringList lines{tr("Its numbers and plans are shown. Nothing of this has been read yet:")};
    bool there = false;
    for (const QString& place : named.unknown) {
        there = there || QFileInfo::exists(place);
        lines << (QFileInfo::exists(place) ? place : tr("%1 (not there)").arg(place));
    }
    if (named.shown && there && named.unknown.size() <= kMostShown) {
        showNote(title, lines.join(QLatin1Char('\n')), tr("Read them"), QStringLiteral("session.release"));
        return;
    }
    // What cannot be shown as it is cannot be agreed to.
    const QString first = QString::fromStdString(printable(named.unknown.value(0).toStdString()));
    QString sentence =
        there ? tr("It names %1 and more. Its numbers and plans are shown, nothing of this is read.")
              : tr("It names %1, which is not there. Its numbers and plans are shown.");
    showNote(title, sentence.arg(first), tr("Open a model folder…"), QStringLiteral("file.open_model"));
}

void MainWindow::offerRecovery() {
    const QString file = keeper_->recoverable();
    if (file.isEmpty()) return;
    showNote(tr("There is unsaved work of %1")
                 .arg(QFileInfo(file).lastModified().toString(QStringLiteral("yyyy-MM-dd hh:mm"))),
             tr("Rankscope did not close properly then. Nothing is lost."), tr("Bring it back"),
             QStringLiteral("recover:") + file);
}

void MainWindow::openModelFolder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Model folder"));
    if (!path.isEmpty()) openPath(path);
}

void MainWindow::openCapture() {
    const QString path =
        QFileDialog::getOpenFileName(this, tr("Capture"), {}, tr("Captures (*.h5 *.hdf5 *.part)"));
    if (!path.isEmpty()) openPath(path);
}

void MainWindow::openSession() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Session"), {}, tr("Sessions (*.rankscope)"));
    if (!path.isEmpty()) openPath(path);
}

void MainWindow::openText() {
    const QString path = QFileDialog::getOpenFileName(this, tr("Evaluation text"), {},
                                                      tr("Texts (*.txt *.md);;All files (*)"));
    if (path.isEmpty()) return;
    hideFileBanner();
    keeper_->rememberOpened({path});
    workspace_.engine.openText(
        path, workspace_.document.text() ? static_cast<int>(workspace_.document.text()->window) : 512);
}

void MainWindow::openCalibration() {
    Document& document = workspace_.document;
    if (!document.hasModel()) {
        say(tr("Open a model first"));
        return;
    }
    const QString path = QFileDialog::getOpenFileName(this, tr("Calibration text"), {},
                                                      tr("Texts (*.txt *.md);;All files (*)"));
    if (path.isEmpty()) return;
    hideFileBanner();
    keeper_->rememberOpened({path});
    document.setCalibration(QFileInfo(path).absoluteFilePath().toStdString());
    say(tr("Methods choose channels by %1 from now on").arg(QFileInfo(path).fileName()));
}

bool MainWindow::save(bool asNew) {
    Document& document = workspace_.document;
    if (!document.hasModel()) return true;
    QString path = document.path();
    if (asNew || path.isEmpty()) {
        const QString proposed = path.isEmpty() ? document.modelName() + QStringLiteral(".rankscope") : path;
        path = saveFileName(this, tr("Save session"), proposed, tr("Sessions (*.rankscope)"));
        if (path.isEmpty()) return false;
    }
    const QString failure = keeper_->save(path);
    if (!failure.isEmpty()) {
        showBanner(
            tr("%1 was not saved").arg(QFileInfo(path).fileName()),
            explained(failure, {}) + QLatin1Char('\n') + tr("Your work is still here; try another place."),
            tr("Save as…"), QStringLiteral("file.save_as"));
        return false;
    }
    hideBanner(QStringLiteral("file.save_as"));
    showTitle();
    say(tr("Saved %1").arg(path));
    return true;
}

// Asks only when there is something to lose; a demo that nobody edited is nothing.
bool MainWindow::mayLeave() {
    if (!workspace_.document.hasModel() || !workspace_.document.isModified()) return true;
    QMessageBox box(QMessageBox::NoIcon, tr("Unsaved work"),
                    tr("Save the changes to %1?").arg(workspace_.document.modelName()), QMessageBox::NoButton,
                    this);
    box.setInformativeText(tr("Plans, results and notes since the last save."));
    QAbstractButton* keep = box.addButton(tr("Save"), QMessageBox::AcceptRole);
    QAbstractButton* drop = box.addButton(tr("Do not save"), QMessageBox::DestructiveRole);
    box.addButton(tr("Cancel"), QMessageBox::RejectRole);
    box.exec();
    if (box.clickedButton() == keep) return save(false);
    if (box.clickedButton() != drop) return false;
    keeper_->forget();
    return true;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    setLecture(false);
    if (!mayLeave()) {
        event->ignore();
        return;
    }
    rememberShares();
    QSettings().setValue(QStringLiteral("geometry"), saveGeometry());
    keeper_->forget();
    event->accept();
}

void MainWindow::askCapture(int layer) {
    auto* dialog = new CaptureDialog(workspace_, layer, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &CaptureDialog::textRequested, this, &MainWindow::openText);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        const auto request = dialog->request();
        if (!request) return;
        const QString path = QString::fromStdString(request->output);
        workspace_.engine.capture(*request, [window = QPointer<MainWindow>(this), path](
                                                const QString& message, const QString& hint) {
            if (window == nullptr) return;
            if (message.isEmpty()) {
                window->workspace_.document.setCaptures({path.toStdString()});
                window->openPath(path);
                return;
            }
            // What a person has cancelled is no failure.
            const bool cancelled = message == EngineControl::cancelledText();
            if (const QFileInfo part(path + QStringLiteral(".part")); part.exists()) {
                // A process that ends at once cannot tidy up; up to the last window the file is whole.
                const QString left = tr("What it had written is in %1.").arg(part.fileName());
                const QString remedy = tr("Open what there is");
                const QString id = QStringLiteral("open:") + part.filePath();
                if (cancelled) {
                    window->showNote(tr("The capture was cancelled"), left, remedy, id);
                } else {
                    window->showBanner(tr("The capture failed"),
                                       explained(message, hint) + QLatin1Char('\n') + left, remedy, id);
                }
            } else if (cancelled) {
                window->say(tr("The capture was cancelled"));
            } else {
                window->showBanner(tr("The capture failed"), explained(message, hint));
            }
        });
    });
    dialog->open();
}

void MainWindow::askExport() {
    if (!workspace_.document.hasModel()) {
        say(tr("Open a model first"));
        return;
    }
    auto* dialog = new ExportDialog(workspace_, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        const QString folder = dialog->folder();
        workspace_.engine.exportModel(
            folder, dialog->layout(), false,
            [window = QPointer<MainWindow>(this), folder](const QString& message, const QString& hint) {
                if (window == nullptr) return;
                if (message.isEmpty()) {
                    window->hideBanner(QStringLiteral("export.model"));
                    window->keeper_->rememberOpened({folder});
                    window->say(tr("Exported to %1").arg(folder));
                } else if (message == EngineControl::cancelledText()) {
                    window->say(tr("The export was cancelled"));
                } else {
                    window->showBanner(tr("The model was not exported"), explained(message, hint),
                                       tr("Export…"), QStringLiteral("export.model"));
                }
            });
    });
    dialog->open();
}

void MainWindow::askSweep() {
    auto* dialog = new SweepDialog(workspace_.document.fullQuality(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { workspace_.engine.sweep(dialog->methods(), dialog->ratios()); });
    dialog->open();
}

// One, kept with its results until the window goes.
void MainWindow::askBenchmark() {
    if (benchmark_ == nullptr) benchmark_ = new BenchmarkDialog(workspace_, this);
    benchmark_->show();
    benchmark_->raise();
    benchmark_->activateWindow();
}

void MainWindow::askConnection() {
    auto* dialog = new ConnectDialog(address_, workspace_.engine.status().devices, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        dialog->keep();
        address_ = dialog->address();
        DeviceMenu::keep(address_.host, address_.device);
        workspace_.engine.start(address_);
    });
    dialog->open();
}

void MainWindow::startEngine() {
    address_ = {{}, {}, DeviceMenu::kept({})};
    workspace_.engine.start(address_);
}

void MainWindow::chooseDevice(const QString& device) {
    address_.device = device;
    DeviceMenu::keep(address_.host, device);
    workspace_.engine.start(address_);
}

void MainWindow::showEngineDetails() {
    auto* details = new EngineDetails(address_, this);
    details->setAttribute(Qt::WA_DeleteOnClose);
    details->show();
}

void MainWindow::exportPlansTable() {
    const QString path = saveFileName(this, tr("Table of plans"), QStringLiteral("plans.csv"),
                                      tr("CSV (*.csv);;LaTeX (*.tex)"));
    if (path.isEmpty()) return;
    const QString failure = writePlansTable(workspace_.document, path);
    if (failure.isEmpty()) {
        hideBanner(QStringLiteral("export.plans"));
        say(tr("Wrote %1").arg(path));
    } else {
        showBanner(tr("The table was not written"), explained(failure, {}), tr("Table of plans…"),
                   QStringLiteral("export.plans"));
    }
}

void MainWindow::exportReport() {
    if (!workspace_.document.hasModel()) {
        say(tr("Open a model first"));
        return;
    }
    // The page shows captures.
    if (workspace_.document.isWithheld()) {
        askForNamed();
        return;
    }
    if (report_->isWriting()) {
        say(tr("A report is being written"));
        return;
    }
    const QString path = saveFileName(
        this, tr("Report"), workspace_.document.modelName() + QStringLiteral(".html"), tr("HTML (*.html)"));
    if (path.isEmpty()) return;
    say(tr("Writing %1").arg(path));
    report_->write([this](const QString& session) { return keeper_->saveCopy(session); }, path);
}

void MainWindow::exportNotes() {
    const QString path =
        saveFileName(this, tr("Notes"), QStringLiteral("notes.md"), tr("Markdown (*.md);;Text (*.txt)"));
    if (path.isEmpty()) return;
    const QString failure = writeWholeFile(path, workspace_.document.state().notes.toUtf8());
    if (failure.isEmpty()) {
        hideBanner(QStringLiteral("export.notes"));
        say(tr("Wrote %1").arg(path));
    } else {
        showBanner(tr("The notes were not written"), explained(failure, {}), tr("Notes as Markdown…"),
                   QStringLiteral("export.notes"));
    }
}

void MainWindow::askPreferences() {
    auto* dialog = new PreferencesDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &PreferencesDialog::chosen, this, &MainWindow::usePreferences);
    dialog->show();
}

void MainWindow::usePreferences() {
    const Preferences preferences = Preferences::kept();
    chooseMap(preferences.colors);
    layer_->setFloor(preferences.floor);
    plan_->showColors();
    setTheme(preferences.theme == QLatin1String("dark")    ? Theme::dark()
             : preferences.theme == QLatin1String("light") ? Theme::light()
                                                           : *systemTheme_);
}

}  // namespace rankscope::gui
