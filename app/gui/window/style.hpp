// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QString>

namespace rankscope::gui {

/// The style sheet of the whole program in one theme, in design units of the application font. Arrows of
/// combo and spin boxes are written into `folder` as small SVG files: a style sheet takes pictures from files
/// alone.
[[nodiscard]] QString styleSheet(const Theme& theme, const QString& folder);

/// Fusion, palette and style sheet for all windows.
void applyStyle(const Theme& theme);

}  // namespace rankscope::gui
