// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

/// Numbers as people read them in the window: true minus, thousands with commas, `–` for what is unknown
/// (NaN) and `0` for exact zero. Files use csv() alone, which depends on no locale.
namespace rankscope::gui::number_text {

inline constexpr QChar kMinus(0x2212);
inline constexpr QChar kUnknown(0x2013);

/// With this many decimals; thousands with commas; `3.4 × 10⁻⁵` below 10⁻³ or above 10⁶.
[[nodiscard]] QString fixed(double value, int decimals);

/// The same with `+` or the true minus in front.
[[nodiscard]] QString signedFixed(double value, int decimals);

/// With this many significant digits: 192, 1.65, 0.0984.
[[nodiscard]] QString significant(double value, int digits);

/// `3.4 × 10⁻⁵`, with this many decimals in front.
[[nodiscard]] QString scientific(double value, int decimals = 1);

/// `10⁻⁵`; exponent 0 is `1`.
[[nodiscard]] QString power(int exponent);

[[nodiscard]] QString superscript(int number);
[[nodiscard]] QString subscript(int number);

[[nodiscard]] QString integer(qint64 value);

[[nodiscard]] QString perplexity(double value);
[[nodiscard]] QString perplexityDelta(double value);

/// `± 0.06` with `decimals`, or more until one digit is not zero.
[[nodiscard]] QString plusMinus(double error, int decimals = 2);

[[nodiscard]] QString rank(double value);
[[nodiscard]] QString utilisation(double value);

/// Share in [0, 1] as `99.1 %`; two decimals from 99.5 % on.
[[nodiscard]] QString percent(double share);

/// `40 / 64`.
[[nodiscard]] QString keptOf(int kept, int channels);

/// `184 KiB`, `1.65 MiB`: three significant digits.
[[nodiscard]] QString bytes(double count);

/// `×1.22`.
[[nodiscard]] QString ratio(double value);

/// `2,610 tok/s`: three significant digits, whole from 100 on.
[[nodiscard]] QString speed(double tokensPerSecond);

/// Shortest text that reads back as the same float: for files and the clipboard. Empty for NaN.
[[nodiscard]] QString exact(float value);
[[nodiscard]] QString exact(double value);

}  // namespace rankscope::gui::number_text
