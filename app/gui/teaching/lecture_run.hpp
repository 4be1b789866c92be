// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/teaching/lecture_script.hpp"
#include "app/gui/teaching/lesson_facts.hpp"

#include <QObject>

#include <memory>
#include <vector>

namespace rankscope::gui {

/// A lecture while it is given: which step, whether its question is still open, what was answered. The plan
/// of a step is shown everywhere without an undo step and gone when the lecture ends; so is what was
/// selected.
class LectureRun : public QObject {
    Q_OBJECT

public:
    /// Takes the steps for which the session has the numbers; none: count() is 0 and nothing else happens.
    LectureRun(Workspace workspace, const LectureScript& script, QObject* parent = nullptr);
    ~LectureRun() override;

    /// Puts plan and selection back.
    void end();

    [[nodiscard]] const Workspace& workspace() const { return workspace_; }

    [[nodiscard]] int count() const { return static_cast<int>(steps_.size()); }

    [[nodiscard]] int index() const { return index_; }

    [[nodiscard]] const LectureStep& step() const { return steps_[at()].step; }

    [[nodiscard]] const Question& question() const { return steps_[at()].question; }

    [[nodiscard]] QString questionText() const { return steps_[at()].questionText; }

    /// What the data say, after the answer.
    [[nodiscard]] QString revealText() const { return steps_[at()].revealText; }

    /// The question has no answer yet: nothing may show it.
    [[nodiscard]] bool isOpen() const { return !steps_[at()].shown; }

    /// The option that was chosen; −1: none, the answer was simply shown.
    [[nodiscard]] int chosen() const { return steps_[at()].chosen; }

    [[nodiscard]] const LessonFacts& facts() const { return *facts_; }

public Q_SLOTS:
    /// On: first the answer of an open question, then the next step.
    void next();
    void previous();
    void goTo(int index);
    void answer(int option);
    void reveal();

Q_SIGNALS:
    /// Another step, or its answer.
    void changed();

private:
    struct Entry {
        LectureStep step;
        Question question;
        QString questionText, revealText;
        bool shown = false;
        int chosen = -1;
    };

    [[nodiscard]] std::size_t at() const { return static_cast<std::size_t>(index_); }

    void enter();

    Workspace workspace_;
    std::unique_ptr<LessonFacts> facts_;
    std::vector<Entry> steps_;
    int index_ = 0;
    bool ended_ = false;

    struct {
        int layer = 0, head = 0, token = 0, window = 0;
        QString point;
    } before_;
};

}  // namespace rankscope::gui
