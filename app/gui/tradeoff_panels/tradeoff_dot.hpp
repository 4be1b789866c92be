// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/tradeoff_data.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

namespace rankscope::gui {

/// The dot of a plan in the trade-off: perplexity, or recall in percent, with the paired error.
[[nodiscard]] TradeoffDot tradeoffDot(const Document& document, const PlanFacts& facts, bool recall);

}  // namespace rankscope::gui
