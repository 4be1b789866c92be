// SPDX-License-Identifier: Apache-2.0
#include "app/cli/report/point_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/cli/report/html.hpp"
#include "app/cli/report/method_look.hpp"

namespace rankscope::cli::report {

std::string method_of(const PlanChoice& choice) {
    const auto whole = [](const LayerChoice& layer) { return layer.kept == layer.key_dim && layer.by_hand.empty(); };
    if (std::all_of(choice.layers.begin(), choice.layers.end(), whole)) return "full";
    const LayerChoice& first = choice.layers.front();
    const bool alike = std::all_of(choice.layers.begin(), choice.layers.end(), [&](const LayerChoice& layer) {
        return layer.method == first.method && (layer.by_hand.empty() || layer.from_file) && layer.kept * first.key_dim == first.kept * layer.key_dim;
    });
    return alike ? first.method : "mixed";
}

std::string marker_markup(const std::string& method) {
    const MethodLook& look = look_of(method);
    return fmt::format("<svg class=\"{}\" viewBox=\"-8 -8 16 16\" aria-hidden=\"true\"><path class=\"marker\" d=\"{}\"/></svg>", look.css_class, look.marker);
}

std::string change_text(const MeasuredQuality& full, const MeasuredQuality& quality) {
    if (!quality.delta_nll) return "–";
    std::optional<double> error;
    if (quality.delta_nll_se) error = paired_error(quality);
    return with_error(full.perplexity * std::expm1(*quality.delta_nll), error, 3, true);
}

double paired_error(const MeasuredQuality& quality) {
    return quality.perplexity * quality.delta_nll_se.value_or(0);
}

}  // namespace rankscope::cli::report
