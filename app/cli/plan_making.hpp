// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/cli/inputs.hpp"

namespace CLI {
class App;
}

namespace rankscope::cli {

/// `--method M (--ratio R | --keep K) [--layer "0-2,5:ratio=0.25,method=l1"]…`
struct PlanOptions {
    std::string method;
    std::optional<double> ratio;
    std::optional<std::int64_t> keep;
    std::vector<std::string> layers;
    std::string scale = "widest";
};

/// All methods and what they do, for --help.
[[nodiscard]] std::string method_list();

/// Adds --method, --ratio, --keep, --layer and --scale.
void add_plan_options(CLI::App& command, PlanOptions& options);

/// Turns the options into one instruction per layer. Attention layers and layers without an instruction stay untouched;
/// a later --layer wins. Error{Usage} for an unknown method, a layer that is not there or cannot be pruned, or a width
/// outside [1, K].
[[nodiscard]] PlanRequest plan_request(const Context& context, const ModelFolder& folder, const PlanOptions& options);

/// Makes the plans. LibTorch is loaded only if some method needs activations or gradients (`engine` keeps it).
[[nodiscard]] std::vector<PlanResult> make_plans(const Context& context, const ModelFolder& folder,
                                                 const std::vector<PlanRequest>& requests,
                                                 const std::optional<TokenWindows>& calibration,
                                                 std::unique_ptr<Engine>& engine);

/// Scores and orders of every prunable layer. LibTorch is loaded only if the method needs activations or gradients.
[[nodiscard]] ModelScores score_model(const Context& context, const ModelFolder& folder, const std::string& method,
                                      const std::optional<TokenWindows>& calibration);

/// "drrqr 50 %"
[[nodiscard]] std::string plan_name(const std::string& method, double ratio);

}  // namespace rankscope::cli
