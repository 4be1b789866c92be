// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour.hpp"

#include "app/gui/teaching/lesson_host.hpp"
#include "app/gui/teaching/lesson_node.hpp"
#include "core/base/data_folder.hpp"

#include <QDir>
#include <QFileInfo>

namespace rankscope::gui {
namespace {

QString format() {
    return QStringLiteral("rankscope-tour");
}

QString folder() {
    return QString::fromStdString((data_folder() / "resources" / "tours").string());
}

TourStep stepOf(const LessonNode& node) {
    (void)node.keys({QStringLiteral("title"), QStringLiteral("text"), QStringLiteral("at"),
                     QStringLiteral("enter"), QStringLiteral("do"), QStringLiteral("until")});
    TourStep step;
    step.title = node.at(QStringLiteral("title")).text();
    step.text = LessonText::read(node.at(QStringLiteral("text")));
    const LessonNode at = node.at(QStringLiteral("at"));
    if (at.isArray()) {
        for (const LessonNode& item : at.items())
            step.places.append(item.word(LessonHost::placeNames()));
    } else {
        step.places.append(at.word(LessonHost::placeNames()));
    }
    if (node.has(QStringLiteral("enter"))) {
        step.enter = TourCommand::readAll(node.at(QStringLiteral("enter")));
        for (const TourCommand& command : step.enter) {
            if (command.isEdit())
                node.at(QStringLiteral("enter"))
                    .fail(QStringLiteral("an edit of the plan or the pins"),
                          QStringLiteral("commands that only show something"));
        }
    }
    step.forMe = TourCommand::readAll(node.at(QStringLiteral("do")));
    step.until = TourCondition::read(node.at(QStringLiteral("until")));
    return step;
}

Tour tourOf(const LessonNode& root) {
    (void)root.keys({QStringLiteral("format"), QStringLiteral("version"), QStringLiteral("title"),
                     QStringLiteral("steps")});
    Tour tour;
    tour.title = root.at(QStringLiteral("title")).text();
    for (const LessonNode& step : root.at(QStringLiteral("steps")).items())
        tour.steps.append(stepOf(step));
    return tour;
}

}  // namespace

const QStringList& LessonHost::placeNames() {
    static const QStringList names{
        QStringLiteral("model"),    QStringLiteral("channels"), QStringLiteral("history"),
        QStringLiteral("layer"),    QStringLiteral("state"),    QStringLiteral("compare"),
        QStringLiteral("scrubber"), QStringLiteral("tradeoff"), QStringLiteral("plans"),
        QStringLiteral("ribbon"),   QStringLiteral("engine")};
    return names;
}

Tour Tour::read(const QString& path) {
    return tourOf(LessonNode::read(path, format()));
}

Tour Tour::parse(const QByteArray& text, const QString& name) {
    return tourOf(LessonNode::parse(text, name, format()));
}

QStringList Tour::shipped() {
    QStringList names;
    for (const QString& file : QDir(folder()).entryList({QStringLiteral("*.json")}, QDir::Files, QDir::Name))
        names << QFileInfo(file).completeBaseName();
    return names;
}

QString Tour::pathOf(const QString& name) {
    return name.endsWith(QLatin1String(".json")) ? name : QStringLiteral("%1/%2.json").arg(folder(), name);
}

}  // namespace rankscope::gui
