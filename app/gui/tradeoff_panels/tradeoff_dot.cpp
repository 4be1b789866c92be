// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/tradeoff_dot.hpp"

#include <cmath>

namespace rankscope::gui {

TradeoffDot tradeoffDot(const Document& document, const PlanFacts& facts, bool recall) {
    TradeoffDot dot;
    dot.id = facts.id;
    dot.name = facts.name;
    dot.method = facts.method;
    dot.methodText = facts.methodText;
    dot.state = facts.state;
    dot.fraction = facts.fraction();
    const auto& full = document.fullQuality();
    if (recall) {
        dot.quality = 100 * facts.recall;
        dot.standardError = 100 * facts.recallError;
        if (full && full->answers > 0) dot.delta = 100 * (facts.recall - full->accuracy);
    } else {
        dot.quality = facts.perplexity;
        // Half of the text has another perplexity than all of it: the paired difference is what can be placed
        // beside plans that are done.
        if (facts.state == PlanState::Measuring && full && std::isfinite(facts.deltaNll))
            dot.quality = full->perplexity * std::exp(facts.deltaNll);
        dot.standardError = facts.deltaError;
        dot.delta = facts.delta;
    }
    dot.stateKib = facts.stateBytes / 1024;
    dot.decodeSpeed = facts.decode();
    dot.prefillSpeed = facts.prefill();
    dot.otherRun = facts.speed && document.fullSpeed() && !timedTogether(*facts.speed, *document.fullSpeed());
    dot.parameters = facts.parameters;
    dot.uniform = facts.uniform;
    dot.recovered = !facts.recoveredFrom.isEmpty();
    dot.recoveredFrom = facts.recoveredFrom;
    dot.provenance = speedOrigin(facts.speed);
    return dot;
}

}  // namespace rankscope::gui
