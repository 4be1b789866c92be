// SPDX-License-Identifier: GPL-3.0-or-later
// What a person lacks is offered where it is missed.
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/capture_dialog.hpp"
#include "app/gui/window/command_palette.hpp"
#include "tests/app/gui/window/shown_window.hpp"

#include <QAction>
#include <QFile>
#include <QLineEdit>
#include <QTemporaryDir>

namespace rankscope::gui {
namespace {

class MissingParts : public ShownWindow {};

TEST_F(MissingParts, AMissingCalibrationTextIsOneClickAway) {
    Q_EMIT sample.engine.calibrationNeeded(QStringLiteral("Evaluate DRRQR 50 %"),
                                           QStringLiteral("method drrqr needs calibration data"));
    const Banner::Text said = window->banner()->text();
    EXPECT_TRUE(window->banner()->isVisible());
    EXPECT_EQ(said.title, QStringLiteral("Evaluate DRRQR 50 %: a text to calibrate on is missing"));
    EXPECT_TRUE(said.sentence.startsWith(QStringLiteral("Method drrqr needs calibration data")));
    ASSERT_NE(window->actions().action(said.id), nullptr);
    EXPECT_EQ(window->actions().action(said.id)->text(), said.remedy);
    sample.document.setCalibration("/texts/new.txt");
    EXPECT_FALSE(window->banner()->isVisible()) << "what it asked for is there";
}

TEST_F(MissingParts, ACaptureThatWasCutOffCanBeOpenedUpToThere) {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("new.h5"));
    const auto capture = [&] {
        window->actions().action(QStringLiteral("run.capture"))->trigger();
        auto* dialog = window->findChild<CaptureDialog*>();
        ASSERT_NE(dialog, nullptr);
        dialog->file->setText(path);
        dialog->accept();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        sample.engine.lastDone(QStringLiteral("The engine was killed"), {});
    };
    capture();
    EXPECT_EQ(window->banner()->text().sentence, QStringLiteral("The engine was killed"));
    EXPECT_TRUE(window->banner()->text().remedy.isEmpty());
    QFile part(path + QStringLiteral(".part"));
    ASSERT_TRUE(part.open(QIODevice::WriteOnly));
    part.close();
    capture();
    EXPECT_TRUE(window->banner()->text().sentence.contains(QStringLiteral("new.h5.part")));
    EXPECT_EQ(window->banner()->text().id, QStringLiteral("open:") + part.fileName());
}

TEST_F(MissingParts, ThePaletteTakesWordsOfTitleAndSynonymsTogether) {
    PaletteEntry capture;
    capture.title = QStringLiteral("Capture…");
    capture.id = QStringLiteral("run.capture");
    capture.synonyms = {QStringLiteral("record states")};
    EXPECT_GE(paletteScore(QStringLiteral("capture states"), capture), 0);
    EXPECT_LT(paletteScore(QStringLiteral("capture plans"), capture), 0);
    EXPECT_GT(paletteScore(QStringLiteral("capture"), capture),
              paletteScore(QStringLiteral("capture states"), capture));
}

}  // namespace
}  // namespace rankscope::gui
