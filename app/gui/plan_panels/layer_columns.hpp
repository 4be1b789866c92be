// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>
#include <QRectF>

#include <array>
#include <cstdint>

namespace rankscope::gui {

enum class LayerColumn { Layer, Heads, Kept, Method, Energy, Delta, State, Lock };
inline constexpr int kLayerColumns = static_cast<int>(LayerColumn::Lock) + 1;

/// What the columns must hold, in logical pixels with the fonts that are used.
struct ColumnNeeds {
    double unit = 1;        ///< logical pixels of a design unit
    double layer = 0;       ///< title and numbers of the first column
    double keptNumber = 0;  ///< "128 / 128"
    double methodName = 0;  ///< the longest name that is shown
    double energy = 0;
    double delta = 0;  ///< the number alone
    double state = 0;
    int heads = 0;  ///< most value heads of a layer
};

/// Widths of the columns and what fits into them.
struct ColumnLayout {
    std::array<int, kLayerColumns> width{};  ///< 0: not shown
    bool methodNames = false;                ///< false: the marker alone
    bool headStrip = false;                  ///< a histogram in the place of cells
    double headPitch = 0;                    ///< from cell to cell
    double track = 0;                        ///< length of the slider

    [[nodiscard]] int operator[](LayerColumn column) const { return width[static_cast<std::size_t>(column)]; }
};

/// From 560 units on all eight columns; less: layer, heads, kept, method. Where the track would fall under 88
/// units, heads shrink a little, then the name of the method gives way to its marker, then heads shrink down
/// to 5 units, and at last a histogram stands for them.
[[nodiscard]] ColumnLayout columnLayout(double available, const ColumnNeeds& needs);

/// Height of the rows in units: 38 up to 8 layers, 30 up to 14, else 21; less where `room` (in units) holds
/// not all of them.
[[nodiscard]] int layerRowHeight(int layers, double room);

/// Cells of the heads inside of a table cell; painting and mouse ask the same object.
struct HeadCells {
    QRectF area;
    int count = 0;
    double pitch = 0;
    double gap = 1;
    bool strip = false;

    [[nodiscard]] QRectF cell(int head) const;
    /// Head under a position; −1: none.
    [[nodiscard]] int at(const QPointF& position) const;
};

[[nodiscard]] HeadCells headCells(const QRectF& cell, int heads, const ColumnLayout& layout, double unit);

/// Slider and number inside of a table cell.
struct KeptTrack {
    QRectF track;
    QRectF number;  ///< text is right-aligned in it
    std::int64_t keyDim = 1;

    /// x of the handle.
    [[nodiscard]] double x(double kept) const;
    /// K' for an x: a multiple of the snap step, or K; single channels without a step.
    [[nodiscard]] std::int64_t kept(double x, bool single) const;
};

[[nodiscard]] KeptTrack keptTrack(const QRectF& cell, std::int64_t keyDim, double numberWidth, double unit);

}  // namespace rankscope::gui
