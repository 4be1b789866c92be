// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialogButtonBox>
#include <QPushButton>
#include <QVariant>

namespace rankscope::gui {

/// The button of a dialog that starts what the dialog is for, filled with the accent. Its object name is
/// `start`.
inline QPushButton* addStartButton(QDialogButtonBox& buttons, const QString& text) {
    auto* start = new QPushButton(text);
    start->setObjectName(QStringLiteral("start"));
    // Before it has a parent: the style sheet looks at the property once.
    start->setProperty("primary", true);
    start->setDefault(true);
    buttons.addButton(start, QDialogButtonBox::AcceptRole);
    return start;
}

}  // namespace rankscope::gui
