// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/local_state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/theme.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "tests/app/gui/support/fake_engine.hpp"
#include "tests/app/gui/support/sample_workspace.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QFont>
#include <QSettings>
#include <QTest>

namespace rankscope::gui {

/// The window on a shipped demo, with its capture read and no engine running.
struct DemoWindow {
    explicit DemoWindow(const QString& demo, const QSize& size = {1440, 900}, const Theme& theme = Theme::light())
        : font(QApplication::font()) {
        QSettings().clear();
        QObject::connect(&states, &StateSource::failed, &window, [this](const QString& title, const QString& detail) { failures << title << detail; });
        window.setTheme(theme);
        window.resize(size);
        window.openDemo(demo);
        window.show();
        EXPECT_TRUE(QTest::qWaitForWindowExposed(&window));
        EXPECT_TRUE(QTest::qWaitFor([this] { return states.capture() != nullptr || !failures.isEmpty(); }, 60000)) << "no capture was opened and none refused";
        EXPECT_TRUE(failures.isEmpty()) << failures.join(QLatin1Char('\n')).toStdString();
        settle();
    }

    ~DemoWindow() {
        window.setLecture(false);
        QApplication::setFont(font);
    }

    static void settle() {
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        QCoreApplication::processEvents();
    }

    [[nodiscard]] QAction* action(const char* id) { return window.actions().action(QLatin1String(id)); }

    QFont font;
    QStringList failures;
    Document document;
    Selection selection;
    LocalStateSource states;
    FakeEngine engine;
    Workspace workspace{document, selection, states, engine};
    MainWindow window{workspace};
};

}  // namespace rankscope::gui
