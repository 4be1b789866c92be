// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/start_options.hpp"

#include "app/gui/teaching/tour.hpp"
#include "app/gui/window/session_keeper.hpp"
#include "core/base/error.hpp"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QStyle>

namespace rankscope::gui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("StartOptions", text);
}

QString quoted(const QString& name) {
    return QLatin1Char('\'') + QString::fromStdString(printable(name.toStdString())) + QLatin1Char('\'');
}

}  // namespace

QString unknownStartName(const QCommandLineParser& parser) {
    const QStringList asked = parser.optionNames();
    const auto unknown = [&](const QString& option, const QStringList& known) {
        return asked.contains(option) && !known.contains(parser.value(option));
    };
    // Where none is installed, the window says what is missing.
    const QString demo = QStringLiteral("demo");
    if (const QStringList demos = SessionKeeper::demos(); !demos.isEmpty() && unknown(demo, demos)) {
        return tr("unknown demo: found %1, expected one of %2")
            .arg(quoted(parser.value(demo)), demos.join(QStringLiteral(", ")));
    }
    const QString theme = QStringLiteral("theme");
    if (unknown(theme, {QStringLiteral("light"), QStringLiteral("dark")}))
        return tr("unknown theme: found %1, expected light or dark").arg(quoted(parser.value(theme)));
    const QString tour = QStringLiteral("tour");
    if (const QStringList tours = Tour::shipped();
        !tours.isEmpty() && unknown(tour, tours) && !parser.value(tour).endsWith(QLatin1String(".json"))) {
        return tr("unknown tour: found %1, expected %2 or a file (.json)")
            .arg(quoted(parser.value(tour)), tours.join(QStringLiteral(", ")));
    }
    return {};
}

QSize firstSize(const QSize& wanted, const QSize& available, const QStyle& style) {
    const int border = style.pixelMetric(QStyle::PM_MdiSubWindowFrameWidth);
    const int title = style.pixelMetric(QStyle::PM_TitleBarHeight);
    return wanted.boundedTo(available - QSize(2 * border, title + 2 * border));
}

}  // namespace rankscope::gui
