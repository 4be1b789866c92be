// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/progress.hpp"
#include "core/evaluation/evaluate.hpp"

namespace rankscope {

struct LiveOptions {
    std::int64_t cache_bytes = 0;     ///< for layer inputs; 0 = a quarter of what is free where the model computes, when it is made
    std::int64_t batch_tokens = 512;  ///< few, so that the first result comes soon and a stop is heard soon
};

/// A plan on the windows done so far; differences are paired with the full model on the same windows.
struct LivePartial {
    std::size_t plan = 0;                   ///< number in the request
    bool full = false;                      ///< the full model itself (`plan` and `value.delta_nll` say nothing)
    std::int64_t windows = 0, windows_total = 0, tokens = 0;
    PlanEvaluation value;  ///< answers and seconds are left out
    Perplexity baseline;
};

/// plan b − plan a, paired per token.
struct PlanDifference {
    double delta_nll = 0;
    std::optional<double> delta_nll_se;
};

struct LiveMemory {
    std::int64_t budget_bytes = 0, held_bytes = 0;
    std::int64_t every = 1;  ///< every n-th layer's input is kept; 0: none
};

/// Evaluates one plan after the other on one text, as fast as what they share allows. The full model's scores and the inputs
/// of its layers stay in memory, and so do those of the plan evaluated last: a plan that differs from either in layer ℓ for the
/// first time is run from ℓ on. Exact: the result is that of evaluate(). Scores of the last 64 plans are remembered whole.
/// Where memory runs out, layer inputs are dropped first, then a batch is done in halves; Error{Resource}: one window does not fit.
/// One thread at a time. The model must live longer.
class LiveEvaluation {
public:
    using OnPartial = std::function<void(const LivePartial&)>;

    virtual ~LiveEvaluation() = default;

    /// The full model and the plans, window by window; `partial` may be empty. Cancelled: what was computed stays for the next
    /// call. `remember`: whether these plans' layer inputs take the place of those of the last one.
    virtual EvaluateResult evaluate(const std::vector<PlanFile>& plans, bool remember, const OnPartial& partial, const Progress& progress) = 0;
    virtual PlanDifference difference(const Plan& a, const Plan& b, const Progress& progress) = 0;
    /// Layers in which the two plans make the model compute something else, scale included; ascending.
    [[nodiscard]] virtual std::vector<std::int64_t> differing_layers(const Plan& a, const Plan& b) const = 0;
    [[nodiscard]] virtual LiveMemory memory() const = 0;
    [[nodiscard]] virtual const TokenWindows& windows() const = 0;
};

/// `full_parameters`: of the unpruned model, as stored.
[[nodiscard]] std::unique_ptr<LiveEvaluation> make_live_evaluation(const Model& model, std::int64_t full_parameters, TokenWindows windows,
                                                                   const LiveOptions& options);

}  // namespace rankscope
