// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QList>
#include <QString>

namespace rankscope::gui {

class LessonFacts;
class LessonHost;
class LessonNode;

/// One thing a tour does for a person, by the same ways a person has: a command of the window, the selection,
/// or one undo step of the document.
class TourCommand {
public:
    /// An object with one key (`keep` has `of` beside it). Error{Input} for everything else.
    [[nodiscard]] static TourCommand read(const LessonNode& node);
    /// A list of them.
    [[nodiscard]] static QList<TourCommand> readAll(const LessonNode& node);

    /// Does nothing where the session has no such layer or plan.
    void run(const Workspace& workspace, const LessonFacts& facts, const LessonHost& host) const;

    /// Edits the plan or the pins: not for the way into a step.
    [[nodiscard]] bool isEdit() const {
        return kind_ == Kind::Keep || kind_ == Kind::Plan || kind_ == Kind::Pin;
    }

private:
    enum class Kind { Action, Layer, Metric, Keep, Plan, Pin };

    Kind kind_ = Kind::Action;
    QString word_;
    double share_ = 0;
    bool a_ = false;
};

}  // namespace rankscope::gui
