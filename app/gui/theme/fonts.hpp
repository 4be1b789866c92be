// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QString>

namespace rankscope::gui {

/// Sizes are relative to the application font, in points; weights are 400 and 600 alone.
enum class TextRole { PanelTitle, Body, Label, LabelStrong, Axis, RibbonValue };

/// True when all ten digits have one advance, so that columns of numbers align.
/// Qt 6.4 cannot ask a font for its tabular figures, so a font without them is refused.
[[nodiscard]] bool hasTabularDigits(const QFont& font);

/// The first of {system font, Noto Sans, Segoe UI, Roboto, Ubuntu, DejaVu Sans} that is installed and has
/// tabular digits; size as the system's. Needs a QGuiApplication.
[[nodiscard]] QFont applicationFont();

/// Fixed pitch, for ids and logs.
[[nodiscard]] QFont monospaceFont(const QFont& application);

[[nodiscard]] QFont scaledFont(const QFont& application, TextRole role);

/// Logical pixels of one design unit: 1 with a font 18 px high. All lengths of the design are multiplied by
/// it.
[[nodiscard]] double designUnit(const QFont& application);

}  // namespace rankscope::gui
