// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/benchmark_request.hpp"

namespace rankscope::gui {
namespace {

// Whole model, then its mixers alone: they are most of what a long text costs in a small model.
constexpr double kMixersAgain = 1.6;
// A model that writes is bound by memory and reads at least this much faster than it writes.
constexpr double kPrefillOverDecode = 10;

}  // namespace

std::int64_t benchmarkRuns(const BenchmarkRequest& request) {
    const auto variants = static_cast<std::int64_t>(request.plans.size()) + 1;
    return (static_cast<std::int64_t>(request.lengths.size()) + 1) * variants * (request.repeats + 1);
}

std::optional<double> benchmarkSeconds(const BenchmarkRequest& request, const MeasuredSpeed& speed) {
    if (speed.prefill <= 0 && speed.decode <= 0) return std::nullopt;
    const double prefill = speed.prefill > 0 ? speed.prefill : kPrefillOverDecode * speed.decode;
    const double decode = speed.decode > 0 ? speed.decode : speed.prefill / kPrefillOverDecode;
    double tokens = 0;
    for (const std::int64_t length : request.lengths)
        tokens += static_cast<double>(length * request.batch);
    const double once = kMixersAgain * tokens / prefill
                        + static_cast<double>(request.decodeTokens * request.batch) / decode;
    return once * static_cast<double>(request.plans.size() + 1) * static_cast<double>(request.repeats + 1);
}

}  // namespace rankscope::gui
