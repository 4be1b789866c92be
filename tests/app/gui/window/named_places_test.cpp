// SPDX-License-Identifier: GPL-3.0-or-later
// What captures and sessions name, in a window without anything else.
#include "app/gui/window/banner.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "core/session/session_file.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSettings>
#include <QTemporaryDir>

#include <algorithm>

namespace rankscope::gui {
namespace {

// Double-clicked in a file manager, or the only thing on the command line.
TEST(NamedPlaces, ACaptureBringsItsModel) {
    QSettings().clear();
    QTemporaryDir folder;
    ASSERT_TRUE(QDir(folder.path()).mkpath(QStringLiteral("model")));
    QFile config(folder.filePath(QStringLiteral("model/config.json")));
    ASSERT_TRUE(config.open(QIODevice::WriteOnly));
    config.close();
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    MainWindow window({document, selection, states, engine});
    window.show();
    auto capture = std::make_shared<CaptureData>(*sampleCapture());
    capture->path = folder.filePath(QStringLiteral("x.h5")).toStdString();
    capture->provenance = R"({"model": "model"})";
    states.setCapture(capture);
    ASSERT_FALSE(engine.calls.empty());
    EXPECT_EQ(engine.calls.back(),
              "openModel " + QFileInfo(folder.filePath(QStringLiteral("model"))).canonicalFilePath().toStdString());
    // Nothing is asked twice while the model is on its way.
    const std::size_t calls = engine.calls.size();
    states.setCapture(capture);
    EXPECT_EQ(engine.calls.size(), calls);
    SavedSession session = sampleSession();
    session.captures.clear();
    document.openSession(session, QString());
    EXPECT_EQ(std::ranges::count(states.calls, "open " + capture->path), 1);
    EXPECT_EQ(document.captures(), std::vector<std::filesystem::path>{capture->path});
}

// A capture may come from anybody: it does not choose which folder of this machine is read.
TEST(NamedPlaces, ACaptureFromElsewhereAsksBeforeItsModelIsRead) {
    QSettings().clear();
    QTemporaryDir folder;
    const QString model = QFileInfo(folder.path()).canonicalFilePath() + QStringLiteral("/models/private");
    ASSERT_TRUE(QDir().mkpath(model));
    QFile config(model + QStringLiteral("/config.json"));
    ASSERT_TRUE(config.open(QIODevice::WriteOnly));
    config.close();
    auto capture = std::make_shared<CaptureData>(*sampleCapture());
    capture->path = folder.filePath(QStringLiteral("x.h5")).toStdString();
    capture->provenance = R"({"model": ")" + model.toStdString() + R"("})";
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    {
        MainWindow window({document, selection, states, engine});
        window.show();
        states.setCapture(capture);
        EXPECT_TRUE(engine.calls.empty()) << engine.calls.back();
        ASSERT_TRUE(window.banner()->isVisible());
        EXPECT_TRUE(window.banner()->text().sentence.contains(model));
        EXPECT_TRUE(window.banner()->text().note);
        renderForEyes(window, "window-capture-asks");
        Q_EMIT window.banner()->remedyChosen(window.banner()->text().id);
        ASSERT_FALSE(engine.calls.empty());
        EXPECT_EQ(engine.calls.back(), "openModel " + model.toStdString());
        SavedSession session = sampleSession();
        session.captures.clear();
        document.openSession(session, QString());
        EXPECT_EQ(std::ranges::count(states.calls, "open " + capture->path), 1);
    }
    // The model comes from elsewhere: nothing is left to ask.
    QSettings().clear();
    {
        Document other;
        MainWindow window({other, selection, states, engine});
        window.show();
        states.setCapture(capture);
        ASSERT_TRUE(window.banner()->isVisible());
        other.openSession(sampleSession(), QString());
        EXPECT_FALSE(window.banner()->isVisible());
        window.keeper().remember(model);
    }
    // Opened once by this person: not asked again.
    Document later;
    engine.calls.clear();
    MainWindow window({later, selection, states, engine});
    window.show();
    states.setCapture(capture);
    ASSERT_FALSE(engine.calls.empty());
    EXPECT_EQ(engine.calls.back(), "openModel " + model.toStdString());
}

TEST(NamedPlaces, ASessionFromElsewhereAsksBeforeWhatItNamesIsRead) {
    QSettings().clear();
    QTemporaryDir folder;
    const QString root = QFileInfo(folder.path()).canonicalFilePath();
    for (const char* each : {"/private/model", "/mail"})
        ASSERT_TRUE(QDir().mkpath(root + QLatin1String(each)));
    SavedSession session = sampleSession();
    session.model.path = (root + QStringLiteral("/private/model")).toStdString();
    session.text.reset();
    session.calibration.clear();
    session.captures = {(root + QStringLiteral("/private/model/states.h5")).toStdString()};
    const QString path = root + QStringLiteral("/mail/x.rankscope");
    write_session(session, path.toStdString());
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    MainWindow window({document, selection, states, engine});
    window.show();
    window.openPath(path);
    EXPECT_TRUE(document.isWithheld());
    EXPECT_TRUE(states.calls.empty()) << states.calls.back();
    ASSERT_TRUE(window.banner()->isVisible());
    EXPECT_TRUE(window.banner()->text().note);
    EXPECT_TRUE(window.banner()->text().sentence.contains(root + QStringLiteral("/private/model")));
    EXPECT_TRUE(window.banner()->text().sentence.contains(QStringLiteral("states.h5 (not there)")));
    renderForEyes(window, "window-session-asks");
    // Whatever needs the model asks again.
    window.banner()->hide();
    Q_EMIT engine.refused(QStringLiteral("Plan not evaluated"), QString(), QString());
    ASSERT_TRUE(window.banner()->isVisible());
    ASSERT_EQ(window.banner()->text().id, QStringLiteral("session.release"));
    Q_EMIT window.banner()->remedyChosen(window.banner()->text().id);
    EXPECT_FALSE(document.isWithheld());
    EXPECT_FALSE(window.banner()->isVisible());
    EXPECT_EQ(states.calls, std::vector<std::string>{"open " + session.captures.front().string()});
    window.openPath(path);
    EXPECT_FALSE(window.banner()->isVisible()) << "agreed to once";
}

TEST(NamedPlaces, ACaptureWhoseModelIsGoneAsksForIt) {
    QSettings().clear();
    Document document;
    Selection selection;
    FakeStates states;
    FakeEngine engine;
    MainWindow window({document, selection, states, engine});
    window.show();
    auto capture = std::make_shared<CaptureData>(*sampleCapture());
    capture->path = "/captures/other.h5";
    capture->provenance = R"({"model": "/no/such/model"})";
    states.setCapture(capture);
    EXPECT_TRUE(window.banner()->isVisible());
    EXPECT_EQ(window.banner()->text().id, QStringLiteral("file.open_model"));
    EXPECT_TRUE(window.banner()->text().sentence.contains(QStringLiteral("/no/such/model")));
    document.openSession(sampleSession(), QString());
    EXPECT_FALSE(window.banner()->isVisible());
    EXPECT_EQ(std::ranges::count(states.calls, "open " + capture->path), 1);
}

}  // namespace
}  // namespace rankscope::gui
