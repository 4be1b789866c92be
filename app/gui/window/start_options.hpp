// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

QT_BEGIN_NAMESPACE
class QCommandLineParser;
QT_END_NAMESPACE

namespace rankscope::gui {

/// A name on the command line (--demo, --theme, --tour) that nothing has, with those that are known, as
/// rankscope-cli says it: "unknown tour: found 'x', expected first-look or a file (.json)". Empty: nothing is
/// wrong. Options that the parser does not have are not asked for.
[[nodiscard]] QString unknownStartName(const QCommandLineParser& parser);

}  // namespace rankscope::gui
