// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

QT_BEGIN_NAMESPACE
class QAction;
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What a tour needs of the window it walks through.
class LessonHost {
public:
    virtual ~LessonHost() = default;

    /// Names a tour may point at; the same in every window.
    [[nodiscard]] static const QStringList& placeNames();

    /// The widget of one of the names; null while the window has none.
    [[nodiscard]] virtual QWidget* place(const QString& name) const = 0;
    /// Null for an unknown id.
    [[nodiscard]] virtual QAction* action(const QString& id) const = 0;
};

}  // namespace rankscope::gui
