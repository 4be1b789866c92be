// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace rankscope::gui {

class Document;

/// The saved plans with all that is known of them, as CSV (full precision) or, with the suffix .tex, as a
/// LaTeX table (booktabs). Empty: written; otherwise why not.
[[nodiscard]] QString writePlansTable(const Document& document, const QString& path);

/// The text of it.
[[nodiscard]] QString plansTable(const Document& document, bool latex);

}  // namespace rankscope::gui
