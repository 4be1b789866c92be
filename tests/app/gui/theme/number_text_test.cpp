// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/number_text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace rankscope::gui::number_text {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(NumberText, PerplexityHasTwoDecimalsAndThousands) {
    EXPECT_EQ(perplexity(24.31), QStringLiteral("24.31"));
    EXPECT_EQ(perplexity(25), QStringLiteral("25.00"));
    EXPECT_EQ(perplexity(12345.678), QStringLiteral("12,345.68"));
}

TEST(NumberText, UnknownIsADashAndExactZeroIsZero) {
    EXPECT_EQ(perplexity(kNaN), QStringLiteral("–"));
    EXPECT_EQ(percent(kNaN), QStringLiteral("–"));
    EXPECT_EQ(perplexity(0), QStringLiteral("0"));
    EXPECT_EQ(significant(0, 3), QStringLiteral("0"));
    EXPECT_EQ(fixed(std::numeric_limits<double>::infinity(), 2), QStringLiteral("∞"));
}

TEST(NumberText, DeltasHaveATrueSign) {
    EXPECT_EQ(perplexityDelta(0.73), QStringLiteral("+0.73"));
    EXPECT_EQ(perplexityDelta(-0.5), QStringLiteral("−0.50"));
    EXPECT_EQ(perplexityDelta(0), QStringLiteral("0"));
}

TEST(NumberText, ErrorsShowAtLeastOneDigit) {
    EXPECT_EQ(plusMinus(0.06), QStringLiteral("± 0.06"));
    EXPECT_EQ(plusMinus(0.004), QStringLiteral("± 0.004"));
    EXPECT_EQ(plusMinus(kNaN), QString());
}

TEST(NumberText, VerySmallAndVeryLargeNumbersArePowers) {
    EXPECT_EQ(fixed(3.4e-5, 2), QStringLiteral("3.4 × 10⁻⁵"));
    EXPECT_EQ(fixed(-3.4e-5, 2), QStringLiteral("−3.4 × 10⁻⁵"));
    EXPECT_EQ(significant(2.5e7, 2), QStringLiteral("2.5 × 10⁷"));
    EXPECT_EQ(power(-12), QStringLiteral("10⁻¹²"));
    EXPECT_EQ(power(0), QStringLiteral("1"));
}

TEST(NumberText, SignificantDigitsSurviveRounding) {
    EXPECT_EQ(significant(0.0984, 3), QStringLiteral("0.0984"));
    EXPECT_EQ(significant(9.996, 3), QStringLiteral("10.0"));
    EXPECT_EQ(significant(0.1691, 4), QStringLiteral("0.1691"));
}

TEST(NumberText, PercentGainsADecimalNearTheWhole) {
    EXPECT_EQ(percent(0.991), QStringLiteral("99.1 %"));
    EXPECT_EQ(percent(0.9977), QStringLiteral("99.77 %"));
    // Columns are as wide as "99.99 %".
    EXPECT_EQ(percent(0.99994), QStringLiteral("99.99 %"));
    EXPECT_EQ(percent(0.99997), QStringLiteral("100.0 %"));
    EXPECT_EQ(percent(0.9999999), QStringLiteral("100.0 %"));
    EXPECT_EQ(percent(1), QStringLiteral("100.0 %"));
    EXPECT_EQ(percent(0), QStringLiteral("0 %"));
}

TEST(NumberText, BytesHaveThreeSignificantDigits) {
    EXPECT_EQ(bytes(512), QStringLiteral("512 B"));
    EXPECT_EQ(bytes(184 * 1024), QStringLiteral("184 KiB"));
    EXPECT_EQ(bytes(1.65 * 1024 * 1024), QStringLiteral("1.65 MiB"));
    EXPECT_EQ(bytes(1020.0 * 1024), QStringLiteral("1,020 KiB"));
}

TEST(NumberText, TheRestOfTheQuantities) {
    EXPECT_EQ(ratio(1.22), QStringLiteral("×1.22"));
    EXPECT_EQ(speed(2610.4), QStringLiteral("2,610 tok/s"));
    EXPECT_EQ(keptOf(40, 64), QStringLiteral("40 / 64"));
    EXPECT_EQ(rank(31.24), QStringLiteral("31.2"));
    EXPECT_EQ(utilisation(0.08), QStringLiteral("0.080"));
    EXPECT_EQ(subscript(17), QStringLiteral("₁₇"));
    EXPECT_EQ(integer(-1234567), QStringLiteral("−1,234,567"));
}

TEST(NumberText, ExactTextReadsBackAsTheSameNumber) {
    for (const float value : {0.1F, 1e-30F, 3.4028235e38F, -2.5e-5F})
        EXPECT_EQ(std::stof(exact(value).toStdString()), value);
    EXPECT_EQ(exact(0.1F), QStringLiteral("0.1"));
    EXPECT_TRUE(exact(kNaN).isEmpty());
}

}  // namespace
}  // namespace rankscope::gui::number_text
