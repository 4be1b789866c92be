// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/evaluation/perplexity.hpp"
#include "core/model/model.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

struct EvaluateRequest {
    TokenWindows windows;
    std::vector<PlanFile> plans;
    std::int64_t cache_bytes = 0;  ///< budget for cached layer inputs; 0 = a quarter of the free memory
};

struct PlanEvaluation {
    std::string path;
    Perplexity value;
    double delta_nll = 0;  ///< plan − full, paired per token
    std::optional<double> delta_nll_se;
    std::int64_t state_bytes = 0, parameters = 0;
    double seconds = 0;
};

struct EvaluateResult {
    std::int64_t tokens = 0, windows = 0;  ///< scored tokens
    Perplexity baseline;
    std::optional<double> bits_per_byte;  ///< when the windows know their bytes
    std::int64_t baseline_state_bytes = 0, baseline_parameters = 0;
    std::vector<PlanEvaluation> plans;
    double seconds = 0;
};

/// Perplexity of the full model and of every plan on the same windows in the same order, so that differences are paired.
/// What comes before the first layer in which two plans differ is computed once for both.
/// `full_parameters`: of the unpruned model, as stored.
[[nodiscard]] EvaluateResult evaluate(const Model& model, std::int64_t full_parameters, const EvaluateRequest& request,
                                      const Progress& progress);

}  // namespace rankscope
