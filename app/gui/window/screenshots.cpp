// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/screenshots.hpp"

#include "app/gui/teaching/lecture.hpp"
#include "app/gui/teaching/tour_run.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/main_window.hpp"

#include <QApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QPixmap>

#include <cstdio>

namespace rankscope::gui {
namespace {

// Captures are read and states analysed in threads: give them time, and paint.
void settle(int ms) {
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < ms)
        QApplication::processEvents(QEventLoop::AllEvents, 20);
}

}  // namespace

int writeScreenshots(MainWindow& window, const QString& folder, const QString& demo) {
    if (!QDir().mkpath(folder)) {
        std::fprintf(stderr, "rankscope: cannot make the folder %s\n", qPrintable(folder));
        return 5;
    }
    bool good = true;
    const auto shoot = [&](const char* name) {
        settle(700);
        const QString path = QStringLiteral("%1/%2.png").arg(folder, QLatin1String(name));
        good = window.grab().save(path) && good;
    };
    window.setTheme(Theme::light());
    window.resize(1440, 900);
    window.openDemo(demo);
    window.show();
    window.takeKeyboard();
    shoot("first-start");
    window.setLayout(Layout::Inspect);
    shoot("inspect");
    window.actions().action(QStringLiteral("view.level_down"))->trigger();
    shoot("state");
    window.actions().action(QStringLiteral("view.level_up"))->trigger();
    window.actions().action(QStringLiteral("view.noise"))->trigger();
    shoot("noise");
    window.actions().action(QStringLiteral("view.noise"))->trigger();
    window.setLayout(Layout::Compare);
    shoot("compare");
    window.setLayout(Layout::Tune);
    window.setTheme(Theme::dark());
    shoot("tune-dark");
    window.setTheme(Theme::light());
    window.resize(1280, 720);
    shoot("minimum");
    // Teaching: a step of the tour, a question of a lecture and its answer.
    window.resize(1440, 900);
    window.startTour();
    for (int step = 0; step < 2; ++step)
        window.tour()->next();
    shoot("tour");
    window.tour()->leave();
    window.resize(1920, 1080);
    window.setLecture(true);
    if (window.isLecture()) {
        LectureRun& lecture = window.lecture()->run();
        lecture.goTo(2);
        shoot("lecture");
        lecture.answer(1);
        shoot("lecture-answered");
        window.setLecture(false);
    }
    return good ? 0 : 5;
}

}  // namespace rankscope::gui
