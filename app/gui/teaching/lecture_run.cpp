// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture_run.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"

namespace rankscope::gui {

LectureRun::LectureRun(Workspace workspace, const LectureScript& script, QObject* parent)
    : QObject(parent), workspace_(workspace), facts_(std::make_unique<LessonFacts>(workspace)) {
    for (const LectureStep& step : script.steps) {
        if (!facts_->holds(step.condition) || facts_->plan(step.plan).isEmpty()
            || (!step.layer.isEmpty() && !facts_->layer(step.layer)))
            continue;
        const auto question = makeQuestion(step.ask, workspace_, *facts_);
        if (!question) continue;
        const auto text = step.question.fill(*facts_);
        const auto reveal = step.reveal.fill(*facts_, {{QStringLiteral("answer"), question->answer}});
        if (text && reveal) steps_.push_back({step, *question, *text, *reveal, false, -1});
    }
    if (steps_.empty()) return;
    const Selection& selection = workspace_.selection;
    before_ = {selection.layer(), selection.head(), selection.token(), selection.window(), selection.point()};
    workspace_.selection.setHover({});
    enter();
}

LectureRun::~LectureRun() {
    end();
}

void LectureRun::end() {
    if (steps_.empty() || ended_) return;
    ended_ = true;
    workspace_.document.cancelDrag();
    Selection& selection = workspace_.selection;
    selection.setLayerAndHead(before_.layer, before_.head);
    selection.setToken(before_.token);
    selection.setWindow(before_.window);
    selection.setPoint(before_.point);
    selection.setHover({});
}

void LectureRun::enter() {
    // The plan is held like a slider: every view shows it, no undo step comes of it.
    Document& document = workspace_.document;
    const QString id = facts_->plan(step().plan);
    if (id == fullModelId()) {
        document.dragTo(fullModelChoice(document));
    } else if (const SavedPlan* point = document.point(id)) {
        document.dragTo(point->choice);
    }
    Selection& selection = workspace_.selection;
    selection.setPoint({});
    if (const auto layer = facts_->layer(step().layer))
        selection.setLayerAndHead(*layer, facts_->headOf(*layer));
}

void LectureRun::next() {
    if (isOpen()) {
        reveal();
    } else {
        goTo(index_ + 1);
    }
}

void LectureRun::previous() {
    goTo(index_ - 1);
}

void LectureRun::goTo(int index) {
    if (index < 0 || index >= count() || index == index_) return;
    index_ = index;
    enter();
    Q_EMIT changed();
}

void LectureRun::answer(int option) {
    if (!isOpen() || option < 0 || option >= question().options.size()) return;
    steps_[at()].chosen = option;
    reveal();
}

void LectureRun::reveal() {
    if (!isOpen()) return;
    steps_[at()].shown = true;
    Q_EMIT changed();
}

}  // namespace rankscope::gui
