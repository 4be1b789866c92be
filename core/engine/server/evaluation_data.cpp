// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/evaluation_data.hpp"

namespace rankscope::server {

protocol::EvaluationData evaluation_data(const Perplexity& value, const Extent& extent) {
    protocol::EvaluationData out;
    out.windows = extent.windows;
    out.windows_total = extent.windows_total;
    out.tokens = extent.tokens;
    out.nll = value.nll;
    out.perplexity = value.perplexity;
    out.perplexity_se = value.perplexity_se;
    if (!value.answers) return out;
    protocol::AccuracyData& answers = out.answers.emplace();
    answers.n = value.answers->n;
    answers.accuracy = value.answers->accuracy;
    answers.se = value.answers->se;
    for (const auto& [facts, entry] : value.answers->by_facts)
        answers.by_facts.push_back({facts, entry.first, entry.second});
    return out;
}

protocol::EvaluationData evaluation_data(const PlanEvaluation& plan, const Extent& extent) {
    protocol::EvaluationData out = evaluation_data(plan.value, extent);
    out.name = plan.path;
    out.delta_nll = plan.delta_nll;
    out.delta_nll_se = plan.delta_nll_se;
    out.state_bytes = plan.state_bytes;
    out.parameters = plan.parameters;
    return out;
}

}  // namespace rankscope::server
