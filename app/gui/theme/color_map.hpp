// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QRgb>

namespace rankscope::gui {

class Theme;

/// Sequential maps: 256 steps, low to high. The same table serves cells and colour bar.
enum class SequentialMap { Viridis, Cividis, Grey };

[[nodiscard]] const QList<QRgb>& sequentialColors(SequentialMap map);

/// The one that is used for data, of the whole program: the person's choice.
[[nodiscard]] SequentialMap chosenMap();
void chooseMap(SequentialMap map);

/// Diverging map, symmetric about 0: 255 steps, index 127 is zero; its middle is near the panel's colour.
[[nodiscard]] const QList<QRgb>& divergingColors(const Theme& theme);

/// Index into a table of `steps` colours for a value in [low, high]: clamped; -1 for NaN.
[[nodiscard]] int colorIndex(double value, double low, double high, int steps);

}  // namespace rankscope::gui
