// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringView>

#include <optional>

namespace rankscope::gui {

/// How a plan chose its channels; each has one colour and one marker everywhere in the window.
enum class Method {
    Random,
    L1,
    SWanda,
    Taylor,
    Energy,
    Drrqr,
    DrrqrNormalised,
    DrrqrSampled,
    Mixed,
    FullModel
};

/// Name for people, for example "DRRQR normalised".
[[nodiscard]] QString methodName(Method method);

/// Method of the name used in plan files ("drrqr-normalised", "s-wanda", ...); none if there is no such
/// method.
[[nodiscard]] std::optional<Method> methodOfKey(QStringView key);

/// Name used in plan files.
[[nodiscard]] QString methodKey(Method method);

}  // namespace rankscope::gui
