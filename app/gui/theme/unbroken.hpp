// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope::gui {

/// The text with every number and its error on one line: "42.9 ± 0.1" is not broken at its spaces.
inline QString unbroken(QString text) {
    return text.replace(QStringLiteral(" ± "), QStringLiteral("\u00a0±\u00a0"));
}

}  // namespace rankscope::gui
