// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace rankscope::gui {

class LessonFacts;
class LessonNode;

/// A question with its answers, made of the session's numbers: two to four options, of which those are right
/// that the data cannot rule out (within two standard errors).
struct Question {
    QStringList options;
    QList<bool> right;  ///< as options; at least one
    QString answer;     ///< what the data say, `{answer}` of the text that follows

    [[nodiscard]] QStringList rightOptions() const;
};

/// What a lecture asks, as its file says it.
struct Ask {
    enum class Kind { Directions, Layer, Rise, Method, Recall, Compare };

    Kind kind = Kind::Rise;
    QString plan;         ///< role; of Rise and Recall
    QStringList methods;  ///< of Method: two to four

    [[nodiscard]] static Ask read(const LessonNode& node);
};

/// Nothing when the session knows too little to judge an answer.
[[nodiscard]] std::optional<Question> makeQuestion(const Ask& ask, const Workspace& workspace,
                                                   const LessonFacts& facts);

}  // namespace rankscope::gui
