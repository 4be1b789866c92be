// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/teaching/lesson_text.hpp"
#include "app/gui/teaching/tour_command.hpp"
#include "app/gui/teaching/tour_condition.hpp"

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>

namespace rankscope::gui {

/// One thing to see and to do.
struct TourStep {
    QString title;
    LessonText text;           ///< 40 to 60 words
    QStringList places;        ///< to point at: the first one that can be seen
    QList<TourCommand> enter;  ///< shows what the step is about; edits nothing
    QList<TourCommand> forMe;  ///< "Do it for me"
    TourCondition until;       ///< done
};

/// A walk through the window, read from a file that anybody may write.
struct Tour {
    QString title;
    QList<TourStep> steps;

    /// Error{Input}: not to be read, or not a tour; says where.
    [[nodiscard]] static Tour read(const QString& path);
    [[nodiscard]] static Tour parse(const QByteArray& text, const QString& name);

    /// Names of the tours that are shipped.
    [[nodiscard]] static QStringList shipped();
    /// Of a shipped tour; a path stays what it is.
    [[nodiscard]] static QString pathOf(const QString& name);
};

}  // namespace rankscope::gui
