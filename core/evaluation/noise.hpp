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

struct NoiseRequest {
    TokenWindows windows;
    std::vector<PlanFile> plans;
    std::vector<double> levels;
    std::vector<std::int64_t> layers;  ///< empty = all recurrent
    std::uint64_t seed = 0;
};

struct HeadAmplification {
    std::int64_t layer = 0, head = 0;
    double amplification = 0, amplification_worst = 0, rank_stable = 0;
};

struct NoisePoint {
    double level = 0;
    std::string plan;  ///< empty = full model
    double perplexity = 0, delta_nll = 0;  ///< against the same model without noise
    std::optional<double> delta_nll_se;
};

struct NoiseResult {
    std::vector<HeadAmplification> heads;
    std::vector<NoisePoint> levels;
};

/// How much query noise each state amplifies (closed form, on the real states and queries of the full model) and what
/// noise really added to the queries does to the perplexity, full model and plans on the same noise.
[[nodiscard]] NoiseResult measure_noise(const Model& model, const NoiseRequest& request, const Progress& progress);

}  // namespace rankscope
