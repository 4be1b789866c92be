// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/explain_topic.hpp"

#include <QVariant>
#include <QWidget>

namespace rankscope::gui {
namespace {

constexpr const char* kProperty = "explainTopic";

}  // namespace

void setExplainTopic(QWidget* widget, const QString& topic) {
    if (widget->property(kProperty).toString() != topic) widget->setProperty(kProperty, topic);
}

QString explainTopicOf(const QWidget* widget) {
    for (; widget != nullptr; widget = widget->parentWidget()) {
        const QString topic = widget->property(kProperty).toString();
        if (!topic.isEmpty()) return topic;
        if (widget->isWindow()) break;
    }
    return {};
}

}  // namespace rankscope::gui
