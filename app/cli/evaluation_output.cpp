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
    return fmt::format("{:.1f} %", 100 * value.answers->accuracy);
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

std::string evaluation_table(const EvaluateResult& r, const std::vector<std::string>& names, const std::vector<ExtraColumn>& extra) {
    std::size_t width = 10;
    for (const std::string& name : names) width = std::max(width, name.size());
    std::string text;
    // "±" is two bytes but one column; fmt counts columns.
    const auto row = [&](const std::string& name, const std::string& perplexity, const std::string& change, const std::string& bytes,
                         const std::string& parameters, const std::string& recall) {
        text += fmt::format("{:<{}}  {:>18}  {:>18}  {:>12}  {:>11}", name, width, perplexity, change, bytes, parameters);
        if (r.baseline.answers) text += fmt::format("  {:>8}", recall);
    };
    const auto more = [&](const auto& entry) {
        for (const ExtraColumn& column : extra) text += fmt::format("  {:>{}}", entry(column), std::max<std::size_t>(column.title.size(), 8));
        text += "\n";
    };
    row("plan", "perplexity", "change", "state bytes", "parameters", "recall");
    more([](const ExtraColumn& column) { return column.title; });
    row("full model", with_error(r.baseline.perplexity, r.baseline.perplexity_se, 2), "", std::to_string(r.baseline_state_bytes),
        std::to_string(r.baseline_parameters), answers_text(r.baseline));
    more([](const ExtraColumn& column) { return column.full; });
    for (std::size_t i = 0; i < r.plans.size(); ++i) {
        const PlanEvaluation& plan = r.plans[i];
        row(names[i], with_error(plan.value.perplexity, plan.value.perplexity_se, 2), delta_text(r.baseline, plan), std::to_string(plan.state_bytes),
            std::to_string(plan.parameters), answers_text(plan.value));
        more([i](const ExtraColumn& column) { return column.plans[i]; });
    }
    return text;
}

}  // namespace rankscope::cli
