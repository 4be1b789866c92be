// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

QT_BEGIN_NAMESPACE
class QWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Asks where a file is to be written; empty: not at all. `filters` as QFileDialog has them. A name without a
/// suffix gets that of the chosen filter before anybody is asked whether a file that is there may be
/// replaced.
[[nodiscard]] QString saveFileName(QWidget* parent, const QString& title, const QString& proposed,
                                   const QString& filters);

/// A plan's name as that of a file, without a suffix: no separators, nothing unprintable, short enough.
[[nodiscard]] QString fileNameFor(const QString& name);

}  // namespace rankscope::gui
