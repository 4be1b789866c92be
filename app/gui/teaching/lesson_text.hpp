// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QList>
#include <QString>

#include <optional>

namespace rankscope::gui {

class LessonFacts;
class LessonNode;

/// A text with `{names}` in it, in one or several versions: the first one counts whose condition holds and
/// whose numbers the session knows.
class LessonText {
public:
    LessonText() = default;

    /// A text, or a list of texts and of {"if": condition, "text": text}. Error{Input} for names and
    /// conditions that do not exist.
    [[nodiscard]] static LessonText read(const LessonNode& node);

    /// Nothing when the session knows too little. `more`: names beside the facts.
    [[nodiscard]] std::optional<QString> fill(const LessonFacts& facts,
                                              const QHash<QString, QString>& more = {}) const;

    [[nodiscard]] bool isEmpty() const { return versions_.isEmpty(); }

private:
    struct Version {
        QString condition, text;
    };

    QList<Version> versions_;
};

/// A condition of LessonFacts, checked.
[[nodiscard]] QString readCondition(const LessonNode& node);

}  // namespace rankscope::gui
