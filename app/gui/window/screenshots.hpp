// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope::gui {

class MainWindow;

/// Renders the pictures of the documentation from the real window into a folder, with this demo (empty: the
/// usual one) in it. Exit code for main.
[[nodiscard]] int writeScreenshots(MainWindow& window, const QString& folder, const QString& demo);

}  // namespace rankscope::gui
