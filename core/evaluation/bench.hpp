// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/evaluation/perplexity.hpp"
#include "core/model/model.hpp"

namespace rankscope {

struct BenchRequest {
    std::vector<PlanFile> plans;
    std::vector<std::int64_t> lengths{512, 2048};
    std::int64_t batch = 1;
    int repeats = 5;
    std::int64_t decode_tokens = 64;
    std::uint64_t seed = 0;
};

struct BenchRun {
    std::string plan;  ///< empty = full model
    std::string kind;  ///< "prefill" or "decode"
    std::int64_t length = 0, batch = 0;
    double tokens_per_second = 0, median_ms = 0, min_ms = 0, mad_ms = 0, mixer_ms = 0;
};

struct BenchResult {
    std::vector<BenchRun> runs;
    std::string device;
    std::string implementation;  ///< all that ran (Model::used_mixers), ", " between them
};

/// Prefill and decode speed of the full model and of every plan, interleaved repeat by repeat in one run.
[[nodiscard]] BenchResult bench(const Model& model, const BenchRequest& request, const Progress& progress);

}  // namespace rankscope
