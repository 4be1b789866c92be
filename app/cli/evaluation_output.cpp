// SPDX-License-Identifier: Apache-2.0
#include "app/cli/evaluation_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/cli/inputs.hpp"

namespace rankscope::cli {
namespace {

std::string answers_text(const Perplexity& value) {
    if (!value.answers) return "";
    return fmt::format("{:>6.1f} %", 100 * value.answers->accuracy);
}

}  // namespace

nlohmann::ordered_json to_json(const Perplexity& value) {
    nlohmann::ordered_json out = {{"nll", value.nll}, {"perplexity", value.perplexity}, {"perplexity_se", optional_json(value.perplexity_se)}};
    if (!value.answers) {
        out["answers"] = nullptr;
        return out;
    }
    out["answers"] = {{"n", value.answers->n}, {"accuracy", value.answers->accuracy}, {"se", optional_json(value.answers->se)}};
    if (!value.answers->by_facts.empty()) {
        auto by_facts = nlohmann::ordered_json::array();
        for (const auto& [facts, entry] : value.answers->by_facts) {
            by_facts.push_back({{"facts", facts}, {"n", entry.first}, {"accuracy", entry.second}});
        }
        out["answers"]["by_facts"] = by_facts;
    }
    return out;
}

nlohmann::ordered_json to_json(const PlanEvaluation& plan) {
    nlohmann::ordered_json out = {{"path", plan.path}};
    out.update(to_json(plan.value));
    out["delta_nll"] = plan.delta_nll;
    out["delta_nll_se"] = optional_json(plan.delta_nll_se);
    out["state_bytes"] = plan.state_bytes;
    out["parameters"] = plan.parameters;
    return out;
}

std::string with_error(double value, const std::optional<double>& error, int digits) {
    if (!error) return fmt::format("{:.{}f}", value, digits);
    return fmt::format("{:.{}f} ± {:.{}f}", value, digits, *error, digits);
}

std::string delta_text(const Perplexity& full, const PlanEvaluation& plan) {
    const double delta = full.perplexity * std::expm1(plan.delta_nll);
    std::optional<double> error;
    if (plan.delta_nll_se) error = plan.value.perplexity * *plan.delta_nll_se;
    return (delta >= 0 ? "+" : "") + with_error(delta, error, 2);
}

std::string evaluation_table(const EvaluateResult& r, const std::vector<std::string>& names) {
    std::size_t width = 10;
    for (const std::string& name : names) width = std::max(width, name.size());
    // "±" is two bytes but one column; fmt counts columns.
    std::string text = fmt::format("{:<{}}  {:>18}  {:>18}  {:>12}  {:>11}{}\n", "plan", width, "perplexity", "change", "state bytes",
                                   "parameters", r.baseline.answers ? "    recall" : "");
    text += fmt::format("{:<{}}  {:>18}  {:>18}  {:>12}  {:>11}  {}\n", "full model", width,
                        with_error(r.baseline.perplexity, r.baseline.perplexity_se, 2), "", r.baseline_state_bytes,
                        r.baseline_parameters, answers_text(r.baseline));
    for (std::size_t i = 0; i < r.plans.size(); ++i) {
        const PlanEvaluation& plan = r.plans[i];
        text += fmt::format("{:<{}}  {:>18}  {:>18}  {:>12}  {:>11}  {}\n", names[i], width,
                            with_error(plan.value.perplexity, plan.value.perplexity_se, 2), delta_text(r.baseline, plan),
                            plan.state_bytes, plan.parameters, answers_text(plan.value));
    }
    return text;
}

}  // namespace rankscope::cli
