// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/evaluation/evaluate.hpp"

namespace rankscope::cli {

[[nodiscard]] nlohmann::ordered_json to_json(const Perplexity& value);
[[nodiscard]] nlohmann::ordered_json to_json(const PlanEvaluation& plan);

/// "123.40 ± 1.20", or without the error where there is none (a single window).
[[nodiscard]] std::string with_error(double value, const std::optional<double>& error, int digits);

/// Δ perplexity of a plan as people read it: perplexity_full · (exp(delta_nll) − 1) ± perplexity_plan · delta_nll_se.
[[nodiscard]] std::string delta_text(const Perplexity& full, const PlanEvaluation& plan);

/// One more column of the table, right-aligned.
struct ExtraColumn {
    std::string title;
    std::string full;                ///< the full model's entry
    std::vector<std::string> plans;  ///< one per plan
};

/// Table of the full model and every plan; `names[i]` stands for plans[i].
[[nodiscard]] std::string evaluation_table(const EvaluateResult& result, const std::vector<std::string>& names,
                                           const std::vector<ExtraColumn>& extra = {});

}  // namespace rankscope::cli
