// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/saved_session.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace rankscope::gui {

/// What speed is measured of: the full model, always, and these plans, run by run in turn.
struct BenchmarkRequest {
    std::vector<PlanChoice> plans;                ///< each once; the full model is none of them
    std::vector<std::int64_t> lengths{512, 2048};  ///< tokens of the texts that are read
    std::int64_t batch = 1;                        ///< sequences at once
    std::int64_t repeats = 5;                      ///< runs that count; one more before them warms up
    std::int64_t decodeTokens = 64;                ///< written one by one; 0 is not possible

    bool operator==(const BenchmarkRequest&) const = default;
};

/// Runs of the whole model that a request takes, warm-up and full model included.
[[nodiscard]] std::int64_t benchmarkRuns(const BenchmarkRequest& request);

/// About how many seconds it takes on a machine where the full model has this speed. Plans count as the full
/// model and mixers are timed a second time alone, so it is rather too much. Nothing while neither prefill nor
/// decode speed is known.
[[nodiscard]] std::optional<double> benchmarkSeconds(const BenchmarkRequest& request,
                                                     const MeasuredSpeed& speed);

}  // namespace rankscope::gui
