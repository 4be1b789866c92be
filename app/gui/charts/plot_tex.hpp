// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/plot_drawing.hpp"

#include <QByteArray>
#include <QString>

namespace rankscope::gui {

/// The drawing as a tikzpicture for PGFPlots, to be \input: its numbers, lines, bands and marks as the
/// document's own, in the document's fonts. Needs nothing but \usepackage{pgfplots}.
[[nodiscard]] QByteArray plotTex(const PlotDrawing& drawing, const QString& title, const QString& caption);

/// Text for TeX: its special characters escaped, Greek letters and indices as mathematics.
[[nodiscard]] QString texText(const QString& text);

}  // namespace rankscope::gui
