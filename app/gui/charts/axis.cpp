// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/axis.hpp"

#include "app/gui/theme/number_text.hpp"

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr int kMostTicks = 200;  // a range gone wrong must not fill the memory

double niceStep(double least) {
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= least * (1 - 1e-9)) return factor * power;
    }
    return 10 * power;
}

double stepFrom(double base, double least) {
    double step = base;
    while (step < least)
        step *= 2;
    while (step / 2 >= least)
        step /= 2;
    return step;
}

QString linearLabel(double value, double step) {
    if (std::abs(value) < step * 1e-6) return QStringLiteral("0");
    const double magnitude = std::max(std::abs(value), step);
    if (magnitude >= 1e6 || magnitude < 1e-3) return number_text::scientific(value);
    int decimals = 0;
    for (double scaled = step; decimals < 6 && std::abs(scaled - std::round(scaled)) > 1e-6; ++decimals)
        scaled *= 10;
    const double power = std::pow(10.0, decimals);
    const double rounded = std::round(value * power) / power;
    return decimals == 0 ? number_text::integer(static_cast<qint64>(rounded))
                         : number_text::fixed(rounded, decimals);
}

QList<AxisTick> linearTicks(const AxisSpec& axis, double pixels, double spacing) {
    const double least = (axis.high - axis.low) * spacing / std::max(pixels, 1.0);
    const double finest =
        axis.step > 0 && std::isfinite(axis.step) ? stepFrom(axis.step, least) : niceStep(least);
    const double step = axis.whole ? std::max(1.0, std::ceil(finest)) : finest;
    QList<AxisTick> ticks;
    const double slack = step * 1e-6;
    for (double n = std::ceil((axis.low - slack) / step);
         n * step <= axis.high + slack && ticks.size() < kMostTicks; ++n) {
        ticks.append({n * step, linearLabel(n * step, step), false});
    }
    return ticks;
}

QList<AxisTick> indexTicks(const AxisSpec& axis, double pixels, double spacing) {
    QList<AxisTick> ticks;
    const int count = std::max(axis.count, 1);
    const double perIndex = pixels / std::max(axis.high - axis.low, 1e-9);
    int step = std::max(1, count / 8);
    for (int parts : {8, 4, 2, 1}) {
        step = std::max(1, (count + parts - 1) / parts);
        if (step * perIndex >= spacing) break;
    }
    ticks.append({1, QStringLiteral("1"), false});
    for (int i = step; i <= count && ticks.size() < kMostTicks; i += step) {
        if (i == 1) continue;
        const bool touches = (i - 1) * perIndex < spacing * 0.5;
        ticks.append({static_cast<double>(i), touches ? QString() : number_text::integer(i), false});
    }
    return ticks;
}

QString logLabel(int exponent, int factor) {
    if (factor == 1) return number_text::power(exponent);
    const double value = factor * std::pow(10.0, exponent);
    return exponent >= -3 && exponent < 6
               ? number_text::significant(value, 1)
               : QString::number(factor) + QStringLiteral(" × ") + number_text::power(exponent);
}

QList<AxisTick> logTicks(const AxisSpec& axis, double pixels, double spacing) {
    const double decades = axis.high - axis.low;
    const double perDecade = pixels / decades;
    const bool narrow = decades < 1.3;
    // Decades may stand closer than other labels: they are short, and skipping breaks the rhythm.
    const int every = std::max(1, static_cast<int>(std::ceil(std::min(spacing, 22.0) / perDecade)));
    const bool minor = perDecade >= 16;
    constexpr double kSlack = 1e-9;
    QList<AxisTick> ticks;
    const int first = static_cast<int>(std::floor(axis.low + kSlack));
    const int last = static_cast<int>(std::floor(axis.high + kSlack));
    if (last - first > kMostTicks) return ticks;
    int usual = 0;
    for (int exponent = first; narrow && exponent <= last; ++exponent) {
        for (const int factor : {1, 2, 5}) {
            const double at = exponent + std::log10(factor);
            if (at >= axis.low - kSlack && at <= axis.high + kSlack) ++usual;
        }
    }
    const bool few = narrow && usual < 2;
    for (int exponent = first; exponent <= last; ++exponent) {
        for (int factor = 1; factor <= 9; ++factor) {
            const double at = exponent + std::log10(factor);
            if (at < axis.low - kSlack || at > axis.high + kSlack) continue;
            // 1, 2 and 5; a range that holds but one of them names every digit that has room.
            const bool roomy =
                few && factor > 1 && std::log10(factor / (factor - 1.0)) * perDecade >= spacing;
            const bool labelled =
                factor == 1 ? exponent % every == 0 : narrow && (factor == 2 || factor == 5 || roomy);
            if (factor > 1 && !labelled && !minor) continue;
            ticks.append({at, labelled ? logLabel(exponent, factor) : QString(), factor > 1 && !labelled});
        }
    }
    return ticks;
}

}  // namespace

QList<AxisTick> axisTicks(const AxisSpec& axis, double pixels, double spacing) {
    if (!std::isfinite(axis.low) || !std::isfinite(axis.high) || !(axis.low < axis.high) || !(pixels > 0))
        return {};
    switch (axis.scale) {
        case AxisScale::Linear:
            return linearTicks(axis, pixels, spacing);
        case AxisScale::Log10:
            return logTicks(axis, pixels, spacing);
        case AxisScale::Index:
            return indexTicks(axis, pixels, spacing);
    }
    return {};
}

}  // namespace rankscope::gui
