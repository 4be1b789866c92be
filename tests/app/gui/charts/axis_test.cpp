// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/axis.hpp"

#include <gtest/gtest.h>

#include <QStringList>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

QStringList labels(const QList<AxisTick>& ticks) {
    QStringList result;
    for (const AxisTick& tick : ticks) {
        if (!tick.label.isEmpty()) result.append(tick.label);
    }
    return result;
}

TEST(Axis, LinearTicksAreRoundNumbers) {
    EXPECT_EQ(labels(axisTicks({AxisScale::Linear, 0, 41}, 200, 36)),
              QStringList({"0", "10", "20", "30", "40"}));
    EXPECT_EQ(labels(axisTicks({AxisScale::Linear, 0, 0.5}, 200, 36)),
              QStringList({"0", "0.1", "0.2", "0.3", "0.4", "0.5"}));
}

TEST(Axis, StepsOfTheQuantityArePreferred) {
    AxisSpec axis{AxisScale::Linear, 0, 400};
    axis.step = 96;
    EXPECT_EQ(labels(axisTicks(axis, 400, 64)), QStringList({"0", "96", "192", "288", "384"}));
    EXPECT_EQ(labels(axisTicks(axis, 200, 64)), QStringList({"0", "192", "384"}));
}

TEST(Axis, CountsHaveNoTicksBetweenWholeNumbers) {
    AxisSpec axis{AxisScale::Linear, -0.6, 3.6};
    axis.step = 1;
    axis.whole = true;
    EXPECT_EQ(labels(axisTicks(axis, 600, 26)), QStringList({"0", "1", "2", "3"}));
    axis.high = 23.6;
    EXPECT_EQ(labels(axisTicks(axis, 200, 26)), QStringList({"0", "4", "8", "12", "16", "20"}));
}

TEST(Axis, LabelsKeepTheirDistance) {
    for (const double high : {0.003, 1.7, 41.0, 12345.0}) {
        for (const double pixels : {40.0, 123.0, 700.0}) {
            const QList<AxisTick> ticks = axisTicks({AxisScale::Linear, 0, high}, pixels, 64);
            for (qsizetype i = 1; i < ticks.size(); ++i)
                EXPECT_GE((ticks[i].at - ticks[i - 1].at) / high * pixels, 63.9);
        }
    }
}

TEST(Axis, LogAxesLabelDecadesAndTickBetween) {
    const QList<AxisTick> ticks = axisTicks({AxisScale::Log10, -6, 0}, 250, 36);
    EXPECT_EQ(labels(ticks), QStringList({"10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "1"}));
    EXPECT_EQ(std::count_if(ticks.begin(), ticks.end(), [](const AxisTick& tick) { return tick.minor; }),
              6 * 8);
    // Less than 22 pixels a decade: every second one.
    EXPECT_EQ(labels(axisTicks({AxisScale::Log10, -6, 0}, 90, 36)),
              QStringList({"10⁻⁶", "10⁻⁴", "10⁻²", "1"}));
}

TEST(Axis, ARangeInsideOneDecadeStillHasLabels) {
    EXPECT_EQ(labels(axisTicks({AxisScale::Log10, std::log10(2e-3), std::log10(8e-3)}, 200, 36)),
              QStringList({"0.002", "0.005"}));
}

TEST(Axis, IndexAxesBeginAtOne) {
    AxisSpec axis{AxisScale::Index, 1, 64};
    axis.count = 64;
    EXPECT_EQ(labels(axisTicks(axis, 600, 64)),
              QStringList({"1", "8", "16", "24", "32", "40", "48", "56", "64"}));
    EXPECT_EQ(labels(axisTicks(axis, 280, 64)), QStringList({"1", "16", "32", "48", "64"}));
}

TEST(Axis, ImpossibleRangesHaveNoTicks) {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(axisTicks({AxisScale::Linear, 1, 1}, 100, 36).isEmpty());
    EXPECT_TRUE(axisTicks({AxisScale::Linear, kNaN, 1}, 100, 36).isEmpty());
    EXPECT_TRUE(axisTicks({AxisScale::Log10, 0, std::numeric_limits<double>::infinity()}, 100, 36).isEmpty());
    EXPECT_TRUE(axisTicks({AxisScale::Log10, -300, 0}, 0, 36).isEmpty());
    EXPECT_LE(axisTicks({AxisScale::Log10, -300, 0}, 200, 36).size(), 400);
}

TEST(Axis, AShortLogRangeNamesEveryDigitThatHasRoom) {
    const AxisSpec axis{AxisScale::Log10, std::log10(2.3), std::log10(7.2), {}, 0, 0, false};
    const auto labels = [&](double pixels) {
        QStringList texts;
        for (const AxisTick& tick : axisTicks(axis, pixels, 36)) {
            if (!tick.label.isEmpty()) texts.append(tick.label);
        }
        return texts;
    };
    EXPECT_EQ(labels(300), (QStringList{QStringLiteral("3"), QStringLiteral("4"), QStringLiteral("5"),
                                        QStringLiteral("6"), QStringLiteral("7")}));
    EXPECT_EQ(labels(100), QStringList{QStringLiteral("5")});
}

}  // namespace
}  // namespace rankscope::gui
