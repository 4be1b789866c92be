// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/teaching/lesson_text.hpp"
#include "app/gui/teaching/question.hpp"

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

namespace rankscope::gui {

/// One of the two pictures of a step.
struct LecturePicture {
    enum class View { Spectrum, Tokens, Heads, Layers, Tradeoff };

    View view = View::Spectrum;
    QString metric;        ///< of Tokens and Heads: a rank
    bool recall = false;   ///< of Tradeoff: the vertical axis
    bool covered = false;  ///< not to be seen before the answer
};

/// One question of a lecture.
struct LectureStep {
    QString title;
    QString condition;  ///< of the session; the step is left out where it does not hold
    QString plan;       ///< role: the current plan of the step
    QString layer;      ///< role: the layer that is selected; empty: stays
    LecturePicture left, right;
    /// Methods whose sweeps stay in the trade-off while the question is open. "all": nothing is taken out but
    /// the plan itself.
    QStringList shownMethods;
    LessonText question, reveal;
    Ask ask;
};

/// A lecture as its file says it: steps in which a question comes before its picture.
struct LectureScript {
    QString title;
    QList<LectureStep> steps;

    /// Error{Input}: not to be read, or not a lecture; says where.
    [[nodiscard]] static LectureScript read(const QString& path);
    [[nodiscard]] static LectureScript parse(const QByteArray& text, const QString& name);

    /// Path of a shipped lecture by name (empty: the first one); a path of one's own stays what it is.
    [[nodiscard]] static QString pathOf(const QString& name);
};

}  // namespace rankscope::gui
