// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace rankscope::gui {

enum class AxisScale {
    Linear,
    Log10,  ///< low and high are log10 of the values
    Index   ///< 1 to a count: labels 1, then multiples of an eighth of the count
};

struct AxisSpec {
    AxisScale scale = AxisScale::Linear;
    double low = 0;
    double high = 1;
    QString title;    ///< lower case, with unit
    double step = 0;  ///< Linear: ticks fall on multiples of this times a power of two; 0: 1, 2 or 5 times a
                      ///< power of ten
    int count = 0;    ///< Index: number of values
    bool grid = false;   ///< faint line at each label
    double spacing = 0;  ///< least distance of labels in design units; 0: 64 across, 36 up
    bool whole = false;  ///< Linear: what is counted; no ticks between whole numbers
};

struct AxisTick {
    double at = 0;  ///< in the axis' own coordinate (log10 for Log10)
    QString label;  ///< empty for minor ticks and for decades that would touch
    bool minor = false;
};

/// Ticks of an axis that is `pixels` long, labels at least `spacing` pixels apart. Ascending. Empty when low
/// >= high or a limit is not finite.
[[nodiscard]] QList<AxisTick> axisTicks(const AxisSpec& axis, double pixels, double spacing);

}  // namespace rankscope::gui
