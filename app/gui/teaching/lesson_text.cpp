// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lesson_text.hpp"

#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/lesson_node.hpp"

#include <QRegularExpression>

namespace rankscope::gui {
namespace {

const QRegularExpression& placeholder() {
    static const QRegularExpression expression(QStringLiteral("\\{([^{}]*)\\}"));
    return expression;
}

QString checked(const LessonNode& node) {
    const QString text = node.text();
    for (auto match = placeholder().globalMatch(text); match.hasNext();) {
        const QString name = match.next().captured(1);
        if (!LessonFacts::names().contains(name))
            node.fail(QStringLiteral("{%1}").arg(name),
                      QStringLiteral("one of ") + LessonFacts::names().join(QStringLiteral(", ")));
    }
    return text;
}

}  // namespace

QString readCondition(const LessonNode& node) {
    QStringList words = LessonFacts::conditions();
    for (const QString& word : LessonFacts::conditions())
        words.append(QLatin1Char('!') + word);
    return node.word(words);
}

LessonText LessonText::read(const LessonNode& node) {
    LessonText result;
    if (!node.isArray()) {
        result.versions_.append({{}, checked(node)});
        return result;
    }
    for (const LessonNode& item : node.items()) {
        if (!item.isObject()) {
            result.versions_.append({{}, checked(item)});
            continue;
        }
        (void)item.keys({QStringLiteral("if"), QStringLiteral("text")});
        result.versions_.append(
            {readCondition(item.at(QStringLiteral("if"))), checked(item.at(QStringLiteral("text")))});
    }
    return result;
}

std::optional<QString> LessonText::fill(const LessonFacts& facts, const QHash<QString, QString>& more) const {
    for (const Version& version : versions_) {
        if (!facts.holds(version.condition)) continue;
        QString filled;
        qsizetype end = 0;
        bool known = true;
        for (auto match = placeholder().globalMatch(version.text); match.hasNext() && known;) {
            const QRegularExpressionMatch found = match.next();
            const QString name = found.captured(1);
            const auto extra = more.constFind(name);
            const std::optional<QString> value =
                extra != more.cend() ? std::optional(*extra) : facts.text(name);
            known = value.has_value();
            if (!known) break;
            filled += version.text.mid(end, found.capturedStart() - end) + *value;
            end = found.capturedEnd();
        }
        if (known) return filled + version.text.mid(end);
    }
    return std::nullopt;
}

}  // namespace rankscope::gui
