// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture.hpp"

#include "app/gui/teaching/lecture_stage.hpp"
#include "app/gui/teaching/lecture_view.hpp"

#include <QAbstractButton>
#include <QApplication>
#include <QKeyEvent>
#include <QScreen>
#include <QWidget>

namespace rankscope::gui {

Lecture::Lecture(Workspace workspace, const LectureScript& script, const Theme& theme, QWidget* parent)
    : QObject(parent), run_(workspace, script), theme_(&theme), parent_(parent) {}

Lecture::~Lecture() {
    qApp->removeEventFilter(this);
    // Before the run they look at.
    delete audience_;
    delete stage_;
}

void Lecture::begin() {
    stage_ = new LectureStage(run_, false, parent_);
    stage_->applyTheme(*theme_);
    LectureView* view = stage_->view();
    connect(view, &LectureView::freezeRequested, this, &Lecture::toggleFrozen);
    connect(view, &LectureView::blackRequested, this, &Lecture::toggleBlack);
    connect(view, &LectureView::leaveRequested, this, &Lecture::leaveRequested);
    connect(view, &LectureView::explainRequested, this, &Lecture::explainRequested);
    qApp->installEventFilter(this);
    if (QGuiApplication::screens().size() > 1) setAudience(true);
}

void Lecture::end() {
    qApp->removeEventFilter(this);
    for (LectureStage* stage : {audience_.data(), stage_.data()}) {
        if (stage == nullptr) continue;
        stage->hide();
        stage->deleteLater();
    }
    run_.end();
}

void Lecture::setAudience(bool shown) {
    if (shown == (audience_ != nullptr)) return;
    if (!shown) {
        delete audience_;
        showState();
        return;
    }
    const bool frozen = stage_->isFrozen();
    const bool black = stage_->isBlack();
    stage_->setFrozen(false);
    stage_->setBlack(false);
    audience_ = new LectureStage(run_, true, parent_);
    audience_->applyTheme(*theme_);
    connect(audience_, &LectureStage::closed, this, [this] {
        // In its own close event it cannot be deleted at once.
        audience_->deleteLater();
        audience_ = nullptr;
        showState();
    });
    QScreen* second = nullptr;
    for (QScreen* screen : QGuiApplication::screens()) {
        if (screen != parent_->screen()) second = screen;
    }
    if (second != nullptr) {
        audience_->setGeometry(second->geometry());
        audience_->showFullScreen();
    } else {
        audience_->resize(parent_->window()->size());
        audience_->show();
    }
    audience_->setFrozen(frozen);
    audience_->setBlack(black);
    showState();
}

LectureStage* Lecture::seen() const {
    return audience_ != nullptr ? audience_ : stage_;
}

void Lecture::toggleFrozen() {
    seen()->setFrozen(!seen()->isFrozen());
    showState();
}

void Lecture::toggleBlack() {
    seen()->setBlack(!seen()->isBlack());
    showState();
}

void Lecture::showState() {
    stage_->view()->setFrozen(seen()->isFrozen());
    stage_->view()->setBlack(seen()->isBlack());
}

void Lecture::applyTheme(const Theme& theme) {
    theme_ = &theme;
    for (LectureStage* stage : {stage_.data(), audience_.data()}) {
        if (stage != nullptr) stage->applyTheme(theme);
    }
}

bool Lecture::isOurs(const QObject* watched) const {
    const auto* widget = qobject_cast<const QWidget*>(watched);
    if (widget == nullptr || stage_ == nullptr) return false;
    // The window itself gets the keys when nothing has the focus.
    if (widget == stage_->window() || widget == stage_ || stage_->isAncestorOf(widget)) return true;
    return audience_ != nullptr && (widget == audience_ || audience_->isAncestorOf(widget));
}

bool Lecture::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride) return false;
    if (QApplication::activePopupWidget() != nullptr || QApplication::activeModalWidget() != nullptr
        || !isOurs(watched))
        return false;
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept();
        return true;
    }
    return handle(static_cast<QKeyEvent&>(*event));
}

bool Lecture::handle(const QKeyEvent& event) {
    const Qt::KeyboardModifiers modifiers = event.modifiers() & ~Qt::KeypadModifier;
    if (event.key() == Qt::Key_L && modifiers == (Qt::ControlModifier | Qt::ShiftModifier)) {
        Q_EMIT leaveRequested();
        return true;
    }
    if ((modifiers & ~Qt::ShiftModifier) != 0) return false;
    switch (event.key()) {
        case Qt::Key_PageDown:
        case Qt::Key_Right:
        case Qt::Key_Down:
            run_.next();
            return true;
        case Qt::Key_PageUp:
        case Qt::Key_Left:
        case Qt::Key_Up:
            run_.previous();
            return true;
        case Qt::Key_1:
        case Qt::Key_2:
        case Qt::Key_3:
        case Qt::Key_4:
            run_.answer(event.key() - Qt::Key_1);
            return true;
        case Qt::Key_F:
            if (!event.isAutoRepeat()) toggleFrozen();
            return true;
        case Qt::Key_B:
        case Qt::Key_Period:
            if (!event.isAutoRepeat()) toggleBlack();
            return true;
        case Qt::Key_W:
            if (!event.isAutoRepeat()) setAudience(audience_ == nullptr);
            return true;
        case Qt::Key_F11:
            Q_EMIT fullScreenRequested();
            return true;
        case Qt::Key_Escape:
            Q_EMIT leaveRequested();
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            if (auto* button = qobject_cast<QAbstractButton*>(QApplication::focusWidget())) button->click();
            return true;
        default:
            return false;
    }
}

}  // namespace rankscope::gui
