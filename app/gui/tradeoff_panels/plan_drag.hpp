// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

QT_BEGIN_NAMESPACE
class QMimeData;
QT_END_NAMESPACE

namespace rankscope::gui {

/// A saved plan on its way to a slot: its id under the window's own type, its name as text.
[[nodiscard]] QString pointMimeType();
[[nodiscard]] QMimeData* pointMimeData(const QString& id, const QString& name);
/// Empty when something else is carried.
[[nodiscard]] QString pointOfMimeData(const QMimeData& data);

}  // namespace rankscope::gui
