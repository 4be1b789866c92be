// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

QT_BEGIN_NAMESPACE
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What the explanation card says of the number that a widget shows, or that cursor or pointer are on in it:
/// a topic, or `topic/ID` for the number of a saved plan. Empty: of none.
void setExplainTopic(QWidget* widget, const QString& topic);

/// Topic of the widget, or of the nearest one around it that has one.
[[nodiscard]] QString explainTopicOf(const QWidget* widget);

}  // namespace rankscope::gui
