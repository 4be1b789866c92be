// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/pruning/plan.hpp"

namespace rankscope {

struct PlanFile {
    std::string path;  ///< as given by the user, for the answer
    Plan plan;
};

struct Accuracy {
    std::int64_t n = 0;
    double accuracy = 0;
    std::optional<double> se;
    /// accuracy by number of live facts, where the marks give it: facts -> (n, accuracy)
    std::map<std::int64_t, std::pair<std::int64_t, double>> by_facts;
};

struct Perplexity {
    double nll = 0;  ///< nats per token
    double perplexity = 0;
    std::optional<double> perplexity_se;  ///< nothing when there is one window only
    std::optional<Accuracy> answers;
};

}  // namespace rankscope
