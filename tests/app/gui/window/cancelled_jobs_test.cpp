// SPDX-License-Identifier: GPL-3.0-or-later
// Jobs that a person cancels: nothing has failed.
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/capture_dialog.hpp"
#include "app/gui/window/export_dialog.hpp"
#include "app/gui/window/main_window.hpp"
#include "tests/app/gui/window/shown_window.hpp"

#include <gtest/gtest.h>

#include <QAction>
#include <QFile>
#include <QLineEdit>
#include <QSettings>
#include <QTemporaryDir>

namespace rankscope::gui {
namespace {

class CancelledJobs : public ShownWindow {
protected:
    // As far as the engine: then it is cancelled.
    template <typename Dialog>
    void start(const char* action, QLineEdit* Dialog::*field, const QString& path) {
        QSettings().clear();
        window->actions().action(QLatin1String(action))->trigger();
        auto* dialog = window->template findChild<Dialog*>();
        ASSERT_NE(dialog, nullptr);
        (dialog->*field)->setText(path);
        dialog->accept();
        ASSERT_TRUE(sample.engine.lastDone);
    }

    void cancel() { sample.engine.lastDone(EngineControl::cancelledText(), {}); }

    QTemporaryDir folder;
};

TEST_F(CancelledJobs, ACaptureOffersWhatItHadWritten) {
    const QString path = folder.filePath(QStringLiteral("x.h5"));
    start("run.capture", &CaptureDialog::file, path);
    cancel();
    EXPECT_FALSE(window->banner()->isVisible()) << "nothing was written";
    QFile part(path + QStringLiteral(".part"));
    ASSERT_TRUE(part.open(QIODevice::WriteOnly));
    cancel();
    ASSERT_TRUE(window->banner()->isVisible());
    EXPECT_TRUE(window->banner()->text().note) << "no error";
    EXPECT_EQ(window->banner()->text().title, QStringLiteral("The capture was cancelled"));
    EXPECT_EQ(window->banner()->text().id, QStringLiteral("open:") + part.fileName());
    sample.engine.lastDone(QStringLiteral("the disk is full"), {});
    EXPECT_FALSE(window->banner()->text().note);
    EXPECT_EQ(window->banner()->text().title, QStringLiteral("The capture failed"));
}

TEST_F(CancelledJobs, AnExportSaysItAndNoMore) {
    start("export.model", &ExportDialog::place, folder.filePath(QStringLiteral("out")));
    cancel();
    EXPECT_FALSE(window->banner()->isVisible());
}

}  // namespace
}  // namespace rankscope::gui
