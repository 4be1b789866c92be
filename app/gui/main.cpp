// SPDX-License-Identifier: GPL-3.0-or-later
// rankscope [OPTION...] [PATH]: the window.
#include "app/gui/client/engine_session.hpp"
#include "app/gui/data/local_state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/window/main_window.hpp"
#include "app/gui/window/screenshots.hpp"
#include "app/gui/window/start_clock.hpp"
#include "app/gui/window/start_options.hpp"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QIcon>
#include <QScreen>
#include <QSettings>
#include <QTimer>

#include <cstdio>

namespace {

// Where no desktop file is installed, or the desktop asks the window itself.
QIcon windowIcon() {
    QIcon icon;
    for (const int size : {16, 24, 32, 48, 64, 128, 256})
        icon.addFile(QStringLiteral(":/rankscope/window_icon/%1.png").arg(size));
    return icon;
}

// Wrong usage, as rankscope-cli answers it.
int refuse(QString problem) {
    problem.front() = problem.front().toLower();
    if (problem.endsWith(QLatin1Char('.'))) problem.chop(1);
    std::fprintf(stderr, "rankscope: %s\nhint: rankscope --help\n", problem.toUtf8().constData());
    return 2;
}

}  // namespace

#ifdef __SANITIZE_ADDRESS__
// Fontconfig keeps what it read until the process ends.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libfontconfig\n";
}
#endif

int main(int argc, char** argv) {
    using namespace rankscope::gui;
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("rankscope"));
    QApplication::setApplicationDisplayName(QStringLiteral("Rankscope"));
    QApplication::setOrganizationName(QStringLiteral("rankscope"));
    QApplication::setApplicationVersion(QStringLiteral(RANKSCOPE_VERSION));
    // The name of packaging/desktop's file, by which a desktop knows whose window this is.
    QApplication::setDesktopFileName(QStringLiteral("org.rankscope.Rankscope"));
    QApplication::setWindowIcon(windowIcon());
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication::setFont(applicationFont());

    QCommandLineParser parser;
    parser.setApplicationDescription(QApplication::translate(
        "main", "See the recurrent state of a linear-attention model, tune it, watch what it costs."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("PATH"),
                                 QApplication::translate("main",
                                                         "a model folder, a capture (.h5), a plan (.json) or "
                                                         "a session (.rankscope); without it: the demo"));
    const QCommandLineOption demo(QStringLiteral("demo"),
                                  QApplication::translate("main", "open this demo session"),
                                  QStringLiteral("NAME"));
    const QCommandLineOption theme(QStringLiteral("theme"), QApplication::translate("main", "light or dark"),
                                   QStringLiteral("NAME"));
    const QCommandLineOption noEngine(QStringLiteral("no-engine"),
                                      QApplication::translate("main", "do not start the engine"));
    const QCommandLineOption lecture(QStringLiteral("lecture"),
                                     QApplication::translate("main", "lecture mode"));
    const QCommandLineOption pictures(
        QStringLiteral("screenshots"),
        QApplication::translate("main", "write the pictures of the documentation into FOLDER and quit"),
        QStringLiteral("FOLDER"));
    const QCommandLineOption startTime(
        QStringLiteral("start-time"),
        QApplication::translate("main", "print the milliseconds until the window is painted and quit"));
    const QCommandLineOption tour(
        QStringLiteral("tour"),
        QApplication::translate("main",
                                "start this tour: one that is shipped, or a file of your own (.json)"),
        QStringLiteral("NAME"));
    const QCommandLineOption questions(
        QStringLiteral("questions"),
        QApplication::translate("main", "lecture mode with questions of your own (.json)"),
        QStringLiteral("FILE"));
    parser.addOptions({demo, theme, noEngine, lecture, questions, tour, pictures, startTime});
    QString wrong = parser.parse(application.arguments()) ? unknownStartName(parser) : parser.errorText();
    if (!wrong.isEmpty()) return refuse(wrong);
    // Help and version.
    parser.process(application);
    if (parser.isSet(pictures)) {
        // The pictures are the same for everyone: no settings of the person who makes them.
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope,
                           parser.value(pictures) + QStringLiteral("/.settings"));
        // Nor those of the last time: where a tour was left would be in the picture.
        QSettings().clear();
    }

    Document document;
    Selection selection;
    LocalStateSource states;
    EngineSession engine(document);
    // What a plan costs is seen while it is made, unless a person has switched that off.
    engine.setLive(QSettings().value(QStringLiteral("live"), true).toBool());
    MainWindow window({document, selection, states, engine});
    if (parser.isSet(theme))
        window.setTheme(parser.value(theme) == QLatin1String("dark") ? Theme::dark() : Theme::light());
    if (parser.isSet(pictures)) {
        const int code = writeScreenshots(window, parser.value(pictures), parser.value(demo));
        QDir(parser.value(pictures) + QStringLiteral("/.settings")).removeRecursively();
        return code;
    }

    const QByteArray geometry = QSettings().value(QStringLiteral("geometry")).toByteArray();
    if (!geometry.isEmpty()) window.restoreGeometry(geometry);
    // A first start on a small screen: nothing may lie outside it.
    if (geometry.isEmpty())
        window.resize(firstSize(window.size(), window.screen()->availableSize(), *QApplication::style()));
    const QStringList paths = parser.positionalArguments();
    if (paths.isEmpty() || parser.isSet(demo)) window.openDemo(parser.value(demo));
    if (parser.isSet(startTime)) {
        QObject::connect(new StartClock(window), &StartClock::painted, [](double milliseconds) {
            std::printf("%.0f\n", milliseconds);
            QApplication::quit();
        });
    }
    window.show();
    window.takeKeyboard();
    const auto teach = [&] {
        if (parser.isSet(lecture) || parser.isSet(questions)) {
            window.setLecture(true, parser.value(questions));
        } else if (parser.isSet(tour)) {
            window.startTour(parser.value(tour));
        }
    };
    // After the first paint: nothing in the window waits for the engine.
    QTimer::singleShot(0, &window, [&] {
        window.offerRecovery();
        if (!parser.isSet(noEngine) && !parser.isSet(startTime)) window.startEngine();
        for (const QString& path : paths)
            window.openPath(path);
        // Their numbers come from the capture too, which is read in a thread.
        if (states.capture() != nullptr || document.captures().empty()) {
            teach();
        } else {
            QObject::connect(&states, &StateSource::opened, &window, teach, Qt::SingleShotConnection);
        }
    });
    return QApplication::exec();
}
