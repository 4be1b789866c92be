// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/curve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const QRectF kRange(1, -6, 9, 6);  // x in [1, 10], y in [-6, 0]

bool inside(const QPolygonF& line) {
    return std::all_of(line.begin(), line.end(), [](const QPointF& p) {
        return p.x() >= kRange.left() && p.x() <= kRange.right() && p.y() >= kRange.top()
               && p.y() <= kRange.bottom();
    });
}

TEST(Curve, OnlyPositiveFiniteValuesHaveALogarithm) {
    const std::vector<float> values{
        10, 0, -1, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e-30F};
    const std::vector<double> logs = logValues(values);
    EXPECT_DOUBLE_EQ(logs[0], 1);
    for (int i = 1; i < 5; ++i)
        EXPECT_TRUE(std::isnan(logs[static_cast<std::size_t>(i)])) << i;
    EXPECT_NEAR(logs[5], -30, 1e-6);
}

TEST(Curve, IsCutWhereItCrossesTheFloor) {
    const std::vector<double> x{1, 2, 3, 4};
    const std::vector<double> y{0, -4, -8, -9};
    const QList<QPolygonF> pieces = cutCurve(x, y, kRange);
    ASSERT_EQ(pieces.size(), 1);
    ASSERT_EQ(pieces[0].size(), 3);
    EXPECT_EQ(pieces[0].last(), QPointF(2.5, -6));
}

TEST(Curve, ComesBackAsASecondPieceAndIsPartedByNaN) {
    const std::vector<double> x{1, 2, 3, 4, 5, 6};
    const std::vector<double> y{-5, -7, -5, kNaN, -1, -1};
    const QList<QPolygonF> pieces = cutCurve(x, y, kRange);
    ASSERT_EQ(pieces.size(), 3);
    EXPECT_EQ(pieces[1].first(), QPointF(2.5, -6));
    for (const QPolygonF& piece : pieces)
        EXPECT_TRUE(inside(piece));
}

TEST(Curve, CrossesTheWholeRangeBetweenTwoPointsOutside) {
    const std::vector<double> x{2, 4};
    const std::vector<double> y{3, -9};
    const QList<QPolygonF> pieces = cutCurve(x, y, kRange);
    ASSERT_EQ(pieces.size(), 1);
    EXPECT_EQ(pieces[0].size(), 2);
    EXPECT_TRUE(inside(pieces[0]));
}

TEST(Curve, OnePointAloneIsAPiece) {
    const std::vector<double> x{1};
    const std::vector<double> y{-1};
    ASSERT_EQ(cutCurve(x, y, kRange).size(), 1);
    EXPECT_TRUE(cutCurve({}, {}, kRange).isEmpty());
}

TEST(Band, RestsOnTheFloorAndEndsWithItsUpperLine) {
    const std::vector<double> x{1, 2, 3, 4};
    const std::vector<double> low{-2, -8, kNaN, -20};
    const std::vector<double> high{0, -1, -5, -7};
    const QList<BandPiece> pieces = cutBand(x, low, high, kRange);
    ASSERT_EQ(pieces.size(), 1);
    ASSERT_EQ(pieces[0].lower.size(), pieces[0].upper.size());
    for (qsizetype i = 0; i < pieces[0].lower.size(); ++i) {
        EXPECT_EQ(pieces[0].lower[i].x(), pieces[0].upper[i].x());
        EXPECT_LE(pieces[0].lower[i].y(), pieces[0].upper[i].y());
    }
    EXPECT_TRUE(inside(pieces[0].lower));
    EXPECT_TRUE(inside(pieces[0].upper));
    EXPECT_EQ(pieces[0].upper.last(), QPointF(3.5, -6));
}

TEST(HiddenValues, CountsEachKindApart) {
    const std::vector<float> values{2, 1e-7F, 1e-30F, 0, 0, std::numeric_limits<float>::quiet_NaN(), -1};
    const HiddenValues counts = hiddenValues(values, 2, 1e-6);
    EXPECT_EQ(counts.belowFloor, 2);
    EXPECT_EQ(counts.exactZeros, 2);
    EXPECT_EQ(counts.notNumbers, 2);
}

TEST(Quantile, InterpolatesAndSkipsNaN) {
    EXPECT_DOUBLE_EQ(quantile({4, kNaN, 1, 3, 2}, 0.5), 2.5);
    EXPECT_DOUBLE_EQ(quantile({7}, 0.9), 7);
    EXPECT_TRUE(std::isnan(quantile({kNaN}, 0.5)));
    const double lowest = -std::numeric_limits<double>::infinity();
    EXPECT_EQ(quantile({lowest, lowest, 1}, 0.25), lowest);
}

TEST(Simplified, KeepsCornersAndStaysWithinTheTolerance) {
    QPolygonF line;
    for (int i = 0; i <= 100; ++i)
        line.append({static_cast<double>(i), i < 50 ? 0.01 * (i % 2) : i - 50.0});
    const QPolygonF few = simplified(line, 0.1);
    EXPECT_LE(few.size(), 5);
    EXPECT_EQ(few.first(), line.first());
    EXPECT_EQ(few.last(), line.last());
    EXPECT_EQ(simplified(line, 0).size() > 50, true);
}

}  // namespace
}  // namespace rankscope::gui
