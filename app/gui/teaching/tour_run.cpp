// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour_run.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/teaching/lesson_host.hpp"
#include "app/gui/teaching/tour_card.hpp"
#include "app/gui/teaching/tour_frame.hpp"

#include <QAction>
#include <QApplication>
#include <QEvent>

#include <algorithm>

namespace rankscope::gui {
namespace {

QList<int> usableSteps(const Tour& tour, const LessonFacts& facts) {
    QList<int> steps;
    for (int i = 0; i < tour.steps.size(); ++i) {
        if (tour.steps[i].text.fill(facts) && tour.steps[i].until.isPossible(facts)) steps.append(i);
    }
    return steps;
}

}  // namespace

TourRun::TourRun(Workspace workspace, LessonHost& host, QWidget* window)
    : QObject(window), workspace_(workspace), host_(host), window_(window) {
    frame_ = new TourFrame(window);
    card_ = new TourCard(window);
    frame_->hide();
    card_->hide();
    connect(card_, &TourCard::backRequested, this, &TourRun::back);
    connect(card_, &TourCard::nextRequested, this, &TourRun::next);
    connect(card_, &TourCard::doItRequested, this, &TourRun::doIt);
    connect(card_, &TourCard::leaveRequested, this, &TourRun::leave);
    soon_.setSingleShot(true);
    soon_.setInterval(0);
    connect(&soon_, &QTimer::timeout, this, &TourRun::refresh);
    const Document& document = workspace_.document;
    connect(&document, &Document::planChanged, this, &TourRun::later);
    connect(&document, &Document::dragChanged, this, &TourRun::later);
    connect(&document, &Document::pointsChanged, this, &TourRun::later);
    connect(&document, &Document::resultChanged, this, &TourRun::later);
    connect(&document, &Document::modelChanged, this, [this] {
        if (running_) leave();
    });
    const Selection& selection = workspace_.selection;
    connect(&selection, &Selection::layerChanged, this, &TourRun::later);
    connect(&selection, &Selection::metricChanged, this, &TourRun::later);
    connect(&selection, &Selection::levelChanged, this, &TourRun::later);
    connect(&workspace_.states, &StateSource::opened, this, &TourRun::later);
    connect(&workspace_.engine, &EngineControl::statusChanged, this, &TourRun::later);
    window->installEventFilter(this);
}

TourRun::~TourRun() = default;

int TourRun::countOf(const Tour& tour, const Workspace& workspace) {
    return static_cast<int>(usableSteps(tour, LessonFacts(workspace)).size());
}

bool TourRun::start(const Tour& tour, int step) {
    auto facts = std::make_unique<LessonFacts>(workspace_);
    const QList<int> steps = usableSteps(tour, *facts);
    if (steps.isEmpty()) return false;
    tour_ = tour;
    facts_ = std::move(facts);
    steps_ = steps;
    if (!running_) before_ = QApplication::focusWidget();
    running_ = true;
    enter(std::clamp(step, 0, count() - 1));
    card_->focusNext();
    return true;
}

void TourRun::enter(int step) {
    step_ = step;
    done_ = false;
    for (const TourCommand& command : tour_.steps[steps_[step_]].enter)
        command.run(workspace_, *facts_, host_);
    refresh();
    Q_EMIT stepChanged();
}

void TourRun::next() {
    if (!running_) return;
    if (step_ + 1 < count()) {
        enter(step_ + 1);
        return;
    }
    end(true);
}

void TourRun::back() {
    if (running_ && step_ > 0) enter(step_ - 1);
}

void TourRun::doIt() {
    if (!running_) return;
    for (const TourCommand& command : tour_.steps[steps_[step_]].forMe)
        command.run(workspace_, *facts_, host_);
    refresh();
    card_->focusNext();
}

void TourRun::leave() {
    end(false);
}

void TourRun::end(bool finished) {
    if (!running_) return;
    running_ = false;
    if (finished) step_ = 0;
    soon_.stop();
    card_->hide();
    frame_->hide();
    if (target_ != nullptr) target_->removeEventFilter(this);
    target_ = nullptr;
    if (before_ != nullptr && before_->isVisible()) before_->setFocus();
    Q_EMIT left(finished);
}

void TourRun::later() {
    if (running_ && !soon_.isActive()) soon_.start();
}

QWidget* TourRun::target() const {
    QWidget* first = nullptr;
    for (const QString& name : tour_.steps[steps_[step_]].places) {
        QWidget* widget = host_.place(name);
        if (widget == nullptr) continue;
        // A panel in a window of its own has its place there.
        if (widget->isVisible() && widget->window() == window_) return widget;
        if (first == nullptr) first = widget;
    }
    return first;
}

void TourRun::refresh() {
    if (!running_) return;
    facts_ = std::make_unique<LessonFacts>(workspace_);
    const TourStep& step = tour_.steps[steps_[step_]];
    const auto text = step.text.fill(*facts_);
    if (!text) {
        // What the step speaks of is gone: another text was opened, the sweep forgotten.
        leave();
        return;
    }
    const bool done = step.until.holds(workspace_, *facts_, host_);
    done_ = done;
    TourCard::Content content;
    content.tour = tour_.title;
    content.title = step.title;
    content.text = *text;
    content.step = step_;
    content.count = count();
    content.done = done;
    card_->setContent(content);
    place();
}

void TourRun::place() {
    if (!running_) return;
    QWidget* now = target();
    if (now != target_) {
        if (target_ != nullptr) target_->removeEventFilter(this);
        target_ = now;
        if (target_ != nullptr) target_->installEventFilter(this);
    }
    QRect around;
    if (target_ != nullptr && target_->isVisible() && target_->window() == window_)
        around = QRect(target_->mapTo(window_, QPoint()), target_->size());
    frame_->surround(around);
    card_->placeBeside(around);
    frame_->raise();
    card_->raise();
}

void TourRun::applyTheme(const Theme& theme) {
    card_->applyTheme(theme);
    frame_->applyTheme(theme);
    place();
}

bool TourRun::eventFilter(QObject* watched, QEvent* event) {
    if (running_
        && (event->type() == QEvent::Resize || event->type() == QEvent::Move || event->type() == QEvent::Show
            || event->type() == QEvent::Hide))
        later();
    return QObject::eventFilter(watched, event);
}

}  // namespace rankscope::gui
