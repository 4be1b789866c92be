// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evaluation/evaluate.hpp"
#include "core/protocol/evaluation_methods.hpp"

#include <string>

namespace rankscope::server {

/// On how much of the text a value stands.
struct Extent {
    std::int64_t windows = 0, windows_total = 0, tokens = 0;
};

[[nodiscard]] protocol::EvaluationData evaluation_data(const Perplexity& value, const Extent& extent);
[[nodiscard]] protocol::EvaluationData evaluation_data(const PlanEvaluation& plan, const Extent& extent);

}  // namespace rankscope::server
