// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSize>
#include <QString>

QT_BEGIN_NAMESPACE
class QCommandLineParser;
class QStyle;
QT_END_NAMESPACE

namespace rankscope::gui {

/// A name on the command line (--demo, --theme, --tour) that nothing has, with those that are known, as
/// rankscope-cli says it: "unknown tour: found 'x', expected first-look or a file (.json)". Empty: nothing is
/// wrong. Options that the parser does not have are not asked for.
[[nodiscard]] QString unknownStartName(const QCommandLineParser& parser);

/// Size of a window that was never shown before: no larger than what the screen has beside the frame that
/// goes around it, which is known only when it is shown.
[[nodiscard]] QSize firstSize(const QSize& wanted, const QSize& available, const QStyle& style);

}  // namespace rankscope::gui
