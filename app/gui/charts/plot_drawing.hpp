// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/axis.hpp"
#include "app/gui/charts/curve.hpp"
#include "app/gui/charts/legend.hpp"
#include "app/gui/theme/method.hpp"

#include <QColor>
#include <QLineF>
#include <QList>
#include <QPen>
#include <QPointF>
#include <QPolygonF>
#include <QRgb>

#include <vector>

namespace rankscope::gui {

struct PlotCurve {
    QList<QPolygonF> pieces;  ///< in axis coordinates, inside the range
    QPen pen;
};

struct PlotBand {
    QList<BandPiece> pieces;
    QColor fill;
};

/// Single marks that look alike.
struct PlotMarks {
    enum class Shape { OfMethod, TriangleUp, TriangleDown };

    Shape shape = Shape::OfMethod;
    Method method = Method::Drrqr;
    bool hollow = false;
    QColor color;
    double size = 4;  ///< radius in pt
    QList<QPointF> points;
};

/// A name beside a line or mark.
struct PlotLabel {
    QPointF at;
    QString text;
    QColor color;
    bool before = false;  ///< left of the point, not right of it
};

/// Cells of a matrix, row after row from the top.
struct PlotCells {
    int rows = 0, columns = 0;
    std::vector<double> values;
    double limit = 1;  ///< colours end at ± this
    QList<QRgb> colors;
};

/// What a chart shows, in axis coordinates: for files that are no pictures.
struct PlotDrawing {
    AxisSpec x, y;
    bool downwards = false;  ///< y grows downwards
    QList<PlotBand> bands;
    QList<PlotCurve> faint, curves;  ///< faint ones are many and lie under the others
    QList<PlotMarks> marks;
    QList<QLineF> guides;  ///< cursors, cut lines, references
    QList<PlotLabel> labels;
    QList<LegendEntry> legend;
    PlotCells cells;
};

}  // namespace rankscope::gui
