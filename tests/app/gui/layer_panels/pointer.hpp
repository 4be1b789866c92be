// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_view.hpp"

#include <QApplication>
#include <QMouseEvent>
#include <QWidget>

namespace rankscope::gui {

/// The pointer over a widget, or over the viewport of a chart.
class Pointer {
public:
    explicit Pointer(QWidget& widget) : target_(&widget), whole_(&widget) {}

    explicit Pointer(PlotView& view) : target_(view.viewport()), whole_(&view) {}

    void move(const QPointF& at, Qt::MouseButtons buttons = Qt::NoButton,
              Qt::KeyboardModifiers modifiers = {}) {
        send(QEvent::MouseMove, at, Qt::NoButton, buttons, modifiers);
    }

    void press(const QPointF& at) { send(QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton, {}); }

    void drag(const QPointF& at, Qt::KeyboardModifiers modifiers = {}) {
        move(at, Qt::LeftButton, modifiers);
    }

    void release(const QPointF& at) {
        send(QEvent::MouseButtonRelease, at, Qt::LeftButton, Qt::NoButton, {});
    }

    void click(const QPointF& at) {
        press(at);
        release(at);
    }

    void doubleClick(const QPointF& at) {
        send(QEvent::MouseButtonDblClick, at, Qt::LeftButton, Qt::LeftButton, {});
    }

    void leave() {
        QEvent event(QEvent::Leave);
        QApplication::sendEvent(whole_, &event);
    }

private:
    void send(QEvent::Type type, const QPointF& at, Qt::MouseButton button, Qt::MouseButtons buttons,
              Qt::KeyboardModifiers modifiers) {
        QMouseEvent event(type, at, target_->mapToGlobal(at), button, buttons, modifiers);
        QApplication::sendEvent(target_, &event);
    }

    QWidget* target_;
    QWidget* whole_;
};

}  // namespace rankscope::gui
