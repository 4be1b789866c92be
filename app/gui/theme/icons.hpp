// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QIcon>
#include <QPixmap>
#include <QString>
#include <QStringList>

namespace rankscope::gui {

/// Names of the icons that exist: "folder", "floppy", "undo", ...
[[nodiscard]] QStringList iconNames();

/// One icon in one colour, `size` logical pixels square, sharp at `deviceRatio`. Null pixmap and a warning if
/// there is no icon of that name: a mistake of the caller.
[[nodiscard]] QPixmap iconPixmap(const QString& name, const QColor& color, double size = 16,
                                 double deviceRatio = 1);

/// Normal in `role`, disabled in Strong at half opacity; rendered when first shown, sharp at every
/// device ratio.
[[nodiscard]] QIcon themedIcon(const QString& name, const Theme& theme, Role role = Role::Ink2,
                               double size = 16);

}  // namespace rankscope::gui
