// SPDX-License-Identifier: GPL-3.0-or-later
// main of every test of the window: one application, no screen, and any warning of Qt is a failure.
#include <gtest/gtest.h>

#include <QApplication>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>

#include <cstdio>

namespace {

void failOnWarning(QtMsgType type, const QMessageLogContext& /*context*/, const QString& message) {
    // What the offscreen platform says of every window, and of every menu.
    if (message.startsWith(QLatin1String("This plugin does not support"))) return;
    if (type == QtDebugMsg || type == QtInfoMsg) {
        std::fprintf(stderr, "%s\n", qPrintable(message));
        return;
    }
    ADD_FAILURE() << "Qt says: " << message.toStdString();
}

}  // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", "1");
    qputenv("QT_FONT_DPI", "96");
    qunsetenv("QT_STYLE_OVERRIDE");
    QStandardPaths::setTestModeEnabled(true);
    // Tests run side by side: each program has settings of its own.
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QApplication application(argc, argv);
    QApplication::setStyle(QStringLiteral("Fusion"));
    qInstallMessageHandler(failOnWarning);
    const int result = RUN_ALL_TESTS();
    qInstallMessageHandler(nullptr);
    return result;
}
