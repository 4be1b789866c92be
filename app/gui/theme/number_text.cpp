// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace rankscope::gui::number_text {
namespace {

QString withTrueMinus(QString text) {
    return text.replace(QLatin1Char('-'), kMinus);
}

// Digits of a number before and after the point, thousands with commas, without sign.
QString grouped(double magnitude, int decimals) {
    QString text = QString::number(magnitude, 'f', decimals);
    qsizetype point = text.indexOf(QLatin1Char('.'));
    if (point < 0) point = text.size();
    for (qsizetype at = point - 3; at > 0; at -= 3)
        text.insert(at, QLatin1Char(','));
    return text;
}

bool allZero(const QString& text) {
    for (const QChar c : text) {
        if (c >= QLatin1Char('1') && c <= QLatin1Char('9')) return false;
    }
    return true;
}

QString infinite(double value) {
    return value > 0 ? QString(QChar(0x221E)) : QString(kMinus) + QChar(0x221E);
}

template <typename Float>
QString shortest(Float value) {
    if (std::isnan(value)) return {};
    std::array<char, 64> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    return error == std::errc{} ? QString::fromLatin1(buffer.data(), end - buffer.data()) : QString();
}

}  // namespace

QString superscript(int number) {
    static constexpr std::array<char16_t, 10> kDigits = {u'⁰', u'¹', u'²', u'³', u'⁴',
                                                         u'⁵', u'⁶', u'⁷', u'⁸', u'⁹'};
    QString result;
    for (const QChar c : QString::number(number)) {
        result +=
            c == QLatin1Char('-') ? QChar(u'⁻') : QChar(kDigits[static_cast<std::size_t>(c.digitValue())]);
    }
    return result;
}

QString subscript(int number) {
    QString result;
    for (const QChar c : QString::number(number)) {
        result += c == QLatin1Char('-') ? QChar(u'₋') : QChar(u'₀' + c.digitValue());
    }
    return result;
}

QString power(int exponent) {
    return exponent == 0 ? QStringLiteral("1") : QStringLiteral("10") + superscript(exponent);
}

QString scientific(double value, int decimals) {
    if (std::isnan(value)) return kUnknown;
    if (std::isinf(value)) return infinite(value);
    if (value == 0) return QStringLiteral("0");
    const QString text = QString::number(value, 'e', decimals);
    const qsizetype e = text.indexOf(QLatin1Char('e'));
    return withTrueMinus(text.left(e)) + QStringLiteral(" × 10") + superscript(text.mid(e + 1).toInt());
}

QString fixed(double value, int decimals) {
    if (std::isnan(value)) return kUnknown;
    if (std::isinf(value)) return infinite(value);
    if (value == 0) return QStringLiteral("0");
    const double magnitude = std::abs(value);
    if (magnitude < 1e-3 || magnitude > 1e6) return scientific(value);
    const QString text = grouped(magnitude, decimals);
    // What rounds to zero is not zero: show one digit of it.
    if (allZero(text)) return significant(value, 1);
    return (value < 0 ? QString(kMinus) : QString()) + text;
}

QString signedFixed(double value, int decimals) {
    const QString text = fixed(value, decimals);
    return value > 0 ? QLatin1Char('+') + text : text;
}

QString significant(double value, int digits) {
    if (std::isnan(value)) return kUnknown;
    if (std::isinf(value)) return infinite(value);
    if (value == 0) return QStringLiteral("0");
    const double magnitude = std::abs(value);
    if (magnitude < 1e-3 || magnitude > 1e6) return scientific(value, digits - 1);
    // The exponent after rounding: 9.996 with three digits is 10.0.
    const QString rounded = QString::number(magnitude, 'e', digits - 1);
    const int exponent = rounded.mid(rounded.indexOf(QLatin1Char('e')) + 1).toInt();
    const QString text = grouped(rounded.toDouble(), std::max(0, digits - 1 - exponent));
    return (value < 0 ? QString(kMinus) : QString()) + text;
}

QString integer(qint64 value) {
    return (value < 0 ? QString(kMinus) : QString()) + grouped(std::abs(static_cast<double>(value)), 0);
}

QString perplexity(double value) {
    return fixed(value, 2);
}

QString perplexityDelta(double value) {
    return signedFixed(value, 2);
}

QString plusMinus(double error, int decimals) {
    if (std::isnan(error)) return {};
    return QStringLiteral("± ") + fixed(std::abs(error), decimals);
}

QString rank(double value) {
    return fixed(value, 1);
}

QString utilisation(double value) {
    return fixed(value, 3);
}

QString percent(double share) {
    if (std::isnan(share)) return kUnknown;
    const double value = share * 100;
    if (value == 0) return QStringLiteral("0 %");
    // What rounds to a hundred is as wide as what does not: 99.99, 100.0.
    const double size = std::abs(value);
    return fixed(value, size >= 99.5 && size < 99.995 ? 2 : 1) + QStringLiteral(" %");
}

QString keptOf(int kept, int channels) {
    return QStringLiteral("%1 / %2").arg(kept).arg(channels);
}

QString bytes(double count) {
    if (std::isnan(count)) return kUnknown;
    if (count < 1024) return integer(static_cast<qint64>(count)) + QStringLiteral(" B");
    static constexpr std::array kUnits = {" KiB", " MiB", " GiB", " TiB"};
    double value = count / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return significant(value, value >= 1000 ? 4 : 3) + QLatin1String(kUnits[unit]);
}

QString ratio(double value) {
    if (std::isnan(value)) return kUnknown;
    return QChar(0x00D7) + fixed(value, 2);
}

QString speed(double tokensPerSecond) {
    if (std::isnan(tokensPerSecond)) return kUnknown;
    const QString number =
        tokensPerSecond >= 100 ? fixed(tokensPerSecond, 0) : significant(tokensPerSecond, 3);
    return number + QStringLiteral(" tok/s");
}

QString exact(float value) {
    return shortest(value);
}

QString exact(double value) {
    return shortest(value);
}

}  // namespace rankscope::gui::number_text
