// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPolygonF>
#include <QRectF>

#include <span>
#include <vector>

namespace rankscope::gui {

/// The one place where numbers become points: Qt Charts sees finite values inside the range alone.

/// log10 of positive finite values, NaN for all others.
[[nodiscard]] std::vector<double> logValues(std::span<const float> values);

/// Pieces of the line through (x[i], y[i]) inside `range`. A NaN parts the line; where it leaves the range it
/// is cut at an interpolated end point. A point with gaps on both sides is a piece of one point.
[[nodiscard]] QList<QPolygonF> cutCurve(std::span<const double> x, std::span<const double> y,
                                        const QRectF& range);

/// The line without points that lie within `tolerance` of the line through their neighbours (Ramer, Douglas,
/// Peucker).
[[nodiscard]] QPolygonF simplified(const QPolygonF& line, double tolerance);

/// One piece of a band: both lines have the same x.
struct BandPiece {
    QPolygonF lower;
    QPolygonF upper;
};

/// Pieces of the band between two lines inside `range`. The lower line is held at the floor where it is under
/// it or NaN (a zero on a log axis); where the upper line is under the floor or NaN there is no band.
[[nodiscard]] QList<BandPiece> cutBand(std::span<const double> x, std::span<const double> lower,
                                       std::span<const double> upper, const QRectF& range);

/// What of a spectrum a log axis with a floor cannot show.
struct HiddenValues {
    int belowFloor = 0;
    int exactZeros = 0;
    int notNumbers = 0;  ///< NaN, infinite or negative
};

/// Counts against floor * scale.
[[nodiscard]] HiddenValues hiddenValues(std::span<const float> values, double scale, double floor);

/// Quantile (linear between order statistics) of the values that are not NaN; NaN if there are none.
[[nodiscard]] double quantile(std::vector<double> values, double share);

}  // namespace rankscope::gui
