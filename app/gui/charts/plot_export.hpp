// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QImage>
#include <QSize>
#include <QString>

namespace rankscope::gui {

class PlotView;

struct ExportOptions {
    QString title;     ///< over the chart; empty: the view's heading or accessible name
    QString caption;   ///< under it: model hash, text, tokens, seed, version
    QSize size;        ///< logical pixels; empty: the view's size
    double scale = 2;  ///< PNG: device pixels per logical pixel
    const Theme* theme = &Theme::light();
};

/// Writes the drawing with axis titles, legend and caption, or its numbers: the suffix of `path` says which
/// of png, svg, pdf, tex (PGFPlots), csv. Returns why it failed; empty when the whole file is written.
[[nodiscard]] QString exportPlot(const PlotView& view, const QString& path,
                                 const ExportOptions& options = {});

/// The drawing as a picture, for the clipboard.
[[nodiscard]] QImage plotImage(const PlotView& view, const ExportOptions& options = {});

}  // namespace rankscope::gui
