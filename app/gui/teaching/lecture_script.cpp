// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture_script.hpp"

#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/lesson_node.hpp"
#include "core/base/data_folder.hpp"

#include <QDir>

namespace rankscope::gui {
namespace {

QString format() {
    return QStringLiteral("rankscope-lecture");
}

bool truth(const LessonNode& node, const QString& key) {
    return node.has(key)
           && node.at(key).word({QStringLiteral("yes"), QStringLiteral("no")}) == QLatin1String("yes");
}

LecturePicture pictureOf(const LessonNode& node) {
    const QStringList views{QStringLiteral("spectrum"), QStringLiteral("tokens"), QStringLiteral("heads"),
                            QStringLiteral("layers"), QStringLiteral("tradeoff")};
    (void)node.keys({QStringLiteral("view"), QStringLiteral("metric"), QStringLiteral("quality"),
                     QStringLiteral("covered")});
    LecturePicture picture;
    picture.view =
        static_cast<LecturePicture::View>(views.indexOf(node.at(QStringLiteral("view")).word(views)));
    if (picture.view == LecturePicture::View::Tokens || picture.view == LecturePicture::View::Heads)
        picture.metric = node.at(QStringLiteral("metric")).word(rankNames());
    if (node.has(QStringLiteral("quality")))
        picture.recall =
            node.at(QStringLiteral("quality")).word({QStringLiteral("perplexity"), QStringLiteral("recall")})
            == QLatin1String("recall");
    picture.covered = truth(node, QStringLiteral("covered"));
    return picture;
}

LectureStep stepOf(const LessonNode& node) {
    (void)node.keys({QStringLiteral("title"), QStringLiteral("if"), QStringLiteral("plan"),
                     QStringLiteral("layer"), QStringLiteral("left"), QStringLiteral("right"),
                     QStringLiteral("shown"), QStringLiteral("question"), QStringLiteral("ask"),
                     QStringLiteral("reveal")});
    LectureStep step;
    step.title = node.at(QStringLiteral("title")).text();
    if (node.has(QStringLiteral("if"))) step.condition = readCondition(node.at(QStringLiteral("if")));
    step.plan = node.at(QStringLiteral("plan")).word(LessonFacts::planRoles());
    if (node.has(QStringLiteral("layer")))
        step.layer = node.at(QStringLiteral("layer")).word(LessonFacts::layerRoles());
    step.left = pictureOf(node.at(QStringLiteral("left")));
    step.right = pictureOf(node.at(QStringLiteral("right")));
    if (node.has(QStringLiteral("shown"))) {
        for (const LessonNode& item : node.at(QStringLiteral("shown")).items()) {
            const QString key = item.text();
            if (key != QLatin1String("all") && !methodOfKey(key))
                item.fail(QStringLiteral("\"%1\"").arg(key), QStringLiteral("a method, or all"));
            step.shownMethods.append(key);
        }
    }
    step.question = LessonText::read(node.at(QStringLiteral("question")));
    step.ask = Ask::read(node.at(QStringLiteral("ask")));
    step.reveal = LessonText::read(node.at(QStringLiteral("reveal")));
    return step;
}

LectureScript scriptOf(const LessonNode& root) {
    (void)root.keys({QStringLiteral("format"), QStringLiteral("version"), QStringLiteral("title"),
                     QStringLiteral("steps")});
    LectureScript script;
    script.title = root.at(QStringLiteral("title")).text();
    for (const LessonNode& step : root.at(QStringLiteral("steps")).items())
        script.steps.append(stepOf(step));
    return script;
}

}  // namespace

LectureScript LectureScript::read(const QString& path) {
    return scriptOf(LessonNode::read(path, format()));
}

LectureScript LectureScript::parse(const QByteArray& text, const QString& name) {
    return scriptOf(LessonNode::parse(text, name, format()));
}

QString LectureScript::pathOf(const QString& name) {
    if (name.endsWith(QLatin1String(".json"))) return name;
    const QString folder = QString::fromStdString((data_folder() / "resources" / "lectures").string());
    const QString file =
        name.isEmpty() ? QDir(folder).entryList({QStringLiteral("*.json")}, QDir::Files, QDir::Name).value(0)
                       : name + QStringLiteral(".json");
    return folder + QLatin1Char('/') + (file.isEmpty() ? QStringLiteral("state-size.json") : file);
}

}  // namespace rankscope::gui
