// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture_script.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/tour.hpp"
#include "core/base/error.hpp"
#include "tests/app/gui/teaching/demo_window.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace rankscope::gui {
namespace {

using testing::HasSubstr;

std::string errorOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Input);
        return error.what();
    }
    return "no error";
}

QByteArray contents(const QString& path) {
    QFile file(path);
    EXPECT_TRUE(file.open(QIODevice::ReadOnly)) << path.toStdString();
    return file.readAll();
}

// The shipped file with one thing changed, by the way to it.
QByteArray changed(const QString& path, const QStringList& way, const QJsonValue& value) {
    const std::function<QJsonValue(const QJsonValue&, int)> put = [&](const QJsonValue& at, int depth) -> QJsonValue {
        if (depth == way.size()) return value;
        if (at.isArray()) {
            QJsonArray array = at.toArray();
            const int index = way[depth].toInt();
            array[index] = put(array[index], depth + 1);
            return array;
        }
        QJsonObject object = at.toObject();
        const QJsonValue next = put(object[way[depth]], depth + 1);
        if (next.isUndefined()) {
            object.remove(way[depth]);
        } else {
            object[way[depth]] = next;
        }
        return object;
    };
    return QJsonDocument(put(QJsonDocument::fromJson(contents(path)).object(), 0).toObject()).toJson();
}

struct BadFile {
    const char* way;  ///< separated by /
    QJsonValue value;
    std::vector<std::string> says;
};

TEST(TourFile, EveryMistakeIsNamedWithItsPlace) {
    const QString shipped = Tour::pathOf(Tour::shipped().value(0));
    const QJsonObject keep{{"keep", 0.25}};
    const BadFile files[] = {
        {"format", "rankscope-lecture", {".format", "rankscope-tour"}},
        {"version", 2, {".version", "the number 2"}},
        {"title", QJsonValue::Undefined, {"no \"title\""}},
        {"steps", QJsonArray{}, {".steps", "an empty list"}},
        {"extra", 1, {"\"extra\"", "one of"}},
        {"steps/1/title", " ", {".steps[1].title", "a text"}},
        {"steps/0/at", "kitchen", {".steps[0].at", "\"kitchen\"", "tradeoff"}},
        {"steps/0/text", "Half costs {half.delta} and {hald.delta}.", {".steps[0].text", "{hald.delta}"}},
        {"steps/0/until", QJsonObject{}, {".steps[0].until", "no condition"}},
        {"steps/0/until", QJsonObject{{"kept", 1}}, {"\"kept\"", "kept_at_most"}},
        {"steps/0/until", QJsonObject{{"kept_at_most", 0.5}}, {"no \"of\""}},
        {"steps/0/until", QJsonObject{{"of", "dearest"}}, {"\"of\" alone"}},
        {"steps/0/until", QJsonObject{{"kept_at_most", 7}, {"of", "dearest"}}, {"the number 7", "from 0 to 1"}},
        {"steps/0/until", QJsonObject{{"layer", "nearest"}}, {"\"nearest\"", "dearest"}},
        {"steps/0/until", QJsonObject{{"any", QJsonArray{QJsonObject{{"level", 3}}}}}, {".any[0].level", "the number 3"}},
        {"steps/0/do", QJsonArray{keep}, {".do[0]", "one command"}},
        {"steps/0/do", QJsonArray{QJsonObject{{"plan", "half"}, {"action", "x"}}}, {".do[0]", "2 keys"}},
        {"steps/0/do", QJsonArray{QJsonObject{}}, {".do[0]"}},
        {"steps/0/enter", QJsonArray{QJsonObject{{"plan", "half"}}}, {".enter", "an edit"}},
        {"steps/2/text", QJsonArray{QJsonObject{{"if", "sunny"}, {"text", "x"}}}, {".text[0].if", "\"sunny\""}},
        {"steps/2/text", QJsonArray{QJsonObject{{"if", "engine"}}}, {"no \"text\""}},
    };
    for (const BadFile& bad : files) {
        const QByteArray text = changed(shipped, QString::fromLatin1(bad.way).split('/'), bad.value);
        const std::string error = errorOf([&] { (void)Tour::parse(text, QStringLiteral("mine.json")); });
        EXPECT_THAT(error, HasSubstr("mine.json")) << bad.way;
        for (const std::string& part : bad.says) EXPECT_THAT(error, HasSubstr(part)) << bad.way;
        EXPECT_EQ(error.find('\n'), std::string::npos);
    }
}

TEST(LectureFile, EveryMistakeIsNamedWithItsPlace) {
    const QString shipped = LectureScript::pathOf({});
    const BadFile files[] = {
        {"format", "rankscope-tour", {".format"}},
        {"steps/0/plan", "quarter", {".steps[0].plan", "\"quarter\""}},
        {"steps/0/left", QJsonObject{{"view", "pie"}}, {".left.view", "\"pie\"", "spectrum"}},
        {"steps/0/left", QJsonObject{{"view", "heads"}}, {"no \"metric\""}},
        {"steps/0/left", QJsonObject{{"view", "heads"}, {"metric", "rank_nice"}}, {"\"rank_nice\""}},
        {"steps/0/right", QJsonObject{{"view", "tradeoff"}, {"quality", "taste"}}, {"\"taste\"", "recall"}},
        {"steps/0/right", QJsonObject{{"view", "tradeoff"}, {"covered", true}}, {"a truth value", "yes"}},
        {"steps/0/ask", QJsonObject{{"what", "why"}}, {".ask.what", "\"why\""}},
        {"steps/0/ask", QJsonObject{{"what", "rise"}}, {"no \"plan\""}},
        {"steps/0/ask", QJsonObject{{"what", "method"}, {"methods", QJsonArray{"drrqr"}}}, {"1 methods", "two to four"}},
        {"steps/0/ask", QJsonObject{{"what", "method"}, {"methods", QJsonArray{"drrqr", "magic"}}}, {".methods[1]", "\"magic\""}},
        {"steps/0/shown", QJsonArray{"magic"}, {".shown[0]", "\"magic\""}},
        {"steps/0/reveal", "{answers.all}", {"{answers.all}"}},
        {"steps/0/if", "!sunny", {".if", "\"!sunny\""}},
    };
    for (const BadFile& bad : files) {
        const QByteArray text = changed(shipped, QString::fromLatin1(bad.way).split('/'), bad.value);
        const std::string error = errorOf([&] { (void)LectureScript::parse(text, QStringLiteral("mine.json")); });
        EXPECT_THAT(error, HasSubstr("mine.json")) << bad.way;
        for (const std::string& part : bad.says) EXPECT_THAT(error, HasSubstr(part)) << bad.way;
    }
}

TEST(LessonFiles, WhatIsNoJsonOrNotThereIsRefused) {
    for (const char* text : {"", "{", "[]", "7", "null", "{\"format\": \"rankscope-tour\"}", "\xff\xfe\x00garbage"}) {
        EXPECT_NE(errorOf([&] { (void)Tour::parse(text, QStringLiteral("x.json")); }), "no error") << text;
        EXPECT_NE(errorOf([&] { (void)LectureScript::parse(text, QStringLiteral("x.json")); }), "no error") << text;
    }
    EXPECT_THAT(errorOf([] { (void)Tour::read(QStringLiteral("/no/such/tour.json")); }), HasSubstr("/no/such/tour.json"));
    // Deeper than anybody writes by hand.
    const QByteArray deep = QByteArray(5000, '[') + QByteArray(5000, ']');
    EXPECT_NE(errorOf([&] { (void)Tour::parse(deep, QStringLiteral("x.json")); }), "no error");
}

int words(const QString& text) {
    return static_cast<int>(text.split(QRegularExpression(QStringLiteral("\\s+")), Qt::SkipEmptyParts).size());
}

TEST(TourFile, TextsHaveFortyToSixtyWordsOnEveryDemo) {
    const Tour tour = Tour::read(Tour::pathOf(Tour::shipped().value(0)));
    EXPECT_EQ(tour.steps.size(), 5);
    for (const QString& demo : SessionKeeper::demos()) {
        DemoWindow demoWindow(demo);
        for (const bool engine : {false, true}) {
            EngineStatus status;
            status.state = engine ? EngineStatus::State::Ready : EngineStatus::State::Off;
            demoWindow.engine.setStatus(status);
            const LessonFacts facts(demoWindow.workspace);
            for (const TourStep& step : tour.steps) {
                const auto text = step.text.fill(facts);
                ASSERT_TRUE(text) << demo.toStdString() << ": " << step.title.toStdString();
                EXPECT_GE(words(*text), 40) << text->toStdString();
                EXPECT_LE(words(*text), 60) << text->toStdString();
                EXPECT_FALSE(text->contains(QLatin1Char('{'))) << text->toStdString();
                EXPECT_FALSE(text->contains(QLatin1Char('!'))) << text->toStdString();
            }
        }
    }
}

// Numbers come from the session; what is left are keys and the share that a question is about.
TEST(LessonFiles, ShippedTextsHaveNoNumbersOfTheirOwn) {
    const QRegularExpression names(QStringLiteral("\\{[^{}]*\\}"));
    const QRegularExpression digits(QStringLiteral("\\d+"));
    const std::function<void(const QJsonValue&)> check = [&](const QJsonValue& value) {
        if (value.isArray()) {
            for (const QJsonValue& item : value.toArray()) check(item);
        } else if (value.isObject()) {
            for (const char* key : {"text", "question", "reveal", "title"}) check(value.toObject()[QLatin1String(key)]);
        } else if (value.isString()) {
            QString text = value.toString().remove(names);
            text.remove(QStringLiteral("Ctrl+3")).remove(QStringLiteral("99 %"));
            EXPECT_FALSE(text.contains(digits)) << value.toString().toStdString();
        }
    };
    for (const QString& path : {Tour::pathOf(Tour::shipped().value(0)), LectureScript::pathOf({})}) {
        const QJsonArray steps = QJsonDocument::fromJson(contents(path)).object()[QStringLiteral("steps")].toArray();
        EXPECT_GE(steps.size(), 5);
        for (const QJsonValue& step : steps) check(step);
    }
}

}  // namespace
}  // namespace rankscope::gui
