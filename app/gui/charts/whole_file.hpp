// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QString>

namespace rankscope::gui {

/// Writes a file whole or not at all: a full disk leaves the former one as it was. Returns why it failed and
/// what to try, in two lines; empty when it is written.
[[nodiscard]] QString writeWholeFile(const QString& path, const QByteArray& bytes);

}  // namespace rankscope::gui
