// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/number_under_hand.hpp"

#include "app/gui/widgets/explain_topic.hpp"

#include <QApplication>
#include <QFocusEvent>
#include <QKeyEvent>
#include <QWidget>

namespace rankscope::gui {
namespace {

bool isModifier(int key) {
    return key == Qt::Key_Shift || key == Qt::Key_Control || key == Qt::Key_Alt || key == Qt::Key_Meta
           || key == Qt::Key_AltGr;
}

}  // namespace

NumberUnderHand::NumberUnderHand(QWidget* window) : QObject(window), window_(window) {
    qApp->installEventFilter(this);
}

NumberUnderHand::~NumberUnderHand() = default;

bool NumberUnderHand::eventFilter(QObject* watched, QEvent* event) {
    switch (event->type()) {
        case QEvent::MouseMove:
        case QEvent::Enter:
        case QEvent::MouseButtonPress: {
            if (!watched->isWidgetType()) break;
            auto* widget = static_cast<QWidget*>(watched);
            if (widget->window() != window_ && !window_->isAncestorOf(widget)) break;
            pointed_ = widget;
            byPointer_ = true;
            if (event->type() == QEvent::MouseButtonPress) clicked_ = widget;
            break;
        }
        case QEvent::Leave:
            if (watched == pointed_) pointed_ = nullptr;
            break;
        case QEvent::KeyPress:
            if (const int key = static_cast<QKeyEvent*>(event)->key(); key != Qt::Key_F1 && !isModifier(key))
                byPointer_ = false;
            break;
        case QEvent::FocusIn: {
            const Qt::FocusReason reason = static_cast<QFocusEvent*>(event)->reason();
            if (reason == Qt::TabFocusReason || reason == Qt::BacktabFocusReason
                || reason == Qt::ShortcutFocusReason)
                byPointer_ = false;
            break;
        }
        default:
            break;
    }
    return false;
}

NumberUnderHand::Number NumberUnderHand::number() const {
    QWidget* focus = QApplication::focusWidget();
    for (QWidget* widget :
         {byPointer_ ? pointed_.data() : focus, byPointer_ ? focus : pointed_.data(), clicked_.data()}) {
        const QString topic = explainTopicOf(widget);
        if (!topic.isEmpty()) return {topic, widget};
    }
    return {};
}

}  // namespace rankscope::gui
