// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/session/saved_session.hpp"

namespace rankscope::cli::report {

/// The one method of a choice, "mixed" where layers differ in method or share, "full" where everything is kept.
[[nodiscard]] std::string method_of(const PlanChoice& choice);

/// Its marker as a small inline SVG.
[[nodiscard]] std::string marker_markup(const std::string& method);

/// Δ perplexity: full · (exp(delta_nll) − 1) ± perplexity · delta_nll_se; "–" where it was not measured.
[[nodiscard]] std::string change_text(const MeasuredQuality& full, const MeasuredQuality& quality);

/// Perplexity · delta_nll_se: the paired error of a point's perplexity.
[[nodiscard]] double paired_error(const MeasuredQuality& quality);

}  // namespace rankscope::cli::report
