// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QIcon>

#include <functional>
#include <string>
#include <vector>

QT_BEGIN_NAMESPACE
class QMenu;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Names in plan files of the methods a person can choose, in the order of menus.
[[nodiscard]] const std::vector<std::string>& methodKeys();

/// The method's marker in its colour; a star for "keep all" (an empty key).
[[nodiscard]] QIcon methodIcon(const std::string& key, const Theme& theme, double size);

/// All methods and "Keep all"; `current` is ticked. Calls `pick` with the key, empty for "Keep all".
void fillMethodMenu(QMenu& menu, const Theme& theme, const std::string& current,
                    std::function<void(const std::string&)> pick);

}  // namespace rankscope::gui
