// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/evaluate.hpp"

#include <chrono>
#include <cmath>
#include <numbers>

#include "core/base/remaining.hpp"
#include "core/evaluation/batches.hpp"
#include "core/evaluation/length_order.hpp"
#include "core/evaluation/plan_runner.hpp"
#include "core/evaluation/window_scores.hpp"

namespace rankscope {
namespace {

// Activations of one layer for this many tokens stay in the caches of a desktop processor, and no call lasts long.
constexpr std::int64_t kBatchTokens = 2048;

void store(WindowScores& scores, const TokenScores& result, const LengthOrder& order, std::size_t first) {
    const auto row = static_cast<std::size_t>(result.T - 1);
    for (std::size_t b = 0; b < static_cast<std::size_t>(result.B); ++b) {
        const auto nll = result.nll.begin() + static_cast<std::ptrdiff_t>(b * row);
        const auto correct = result.correct.begin() + static_cast<std::ptrdiff_t>(b * row);
        scores.set(order.place(first + b), {nll, nll + static_cast<std::ptrdiff_t>(row)}, {correct, correct + static_cast<std::ptrdiff_t>(row)});
    }
}

}  // namespace

EvaluateResult evaluate(const Model& model, std::int64_t full_parameters, const EvaluateRequest& request,
                        const Progress& progress) {
    using Clock = std::chrono::steady_clock;
    const auto began = Clock::now();
    const auto since = [](Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); };

    std::vector<const Plan*> plans;
    for (const PlanFile& file : request.plans) plans.push_back(&file.plan);
    PlanRunner runner(model, plans);
    const LengthOrder order(request.windows.rows);
    const auto rows = order.rows();
    std::vector<WindowScores> scores(runner.variants(), WindowScores(rows.size()));
    std::vector<double> seconds(runner.variants(), 0.0);

    const std::vector<Batch> batches = make_batches(rows, kBatchTokens);
    const auto total = static_cast<double>(rows.size() * runner.variants());
    // A batch of a large model takes a minute: told after every layer. The head costs about as much as a layer.
    const auto steps = static_cast<double>(runner.layer_runs()) + static_cast<double>(runner.variants());
    for_each_batch(batches, progress, [&](const Batch& batch) {
        const std::span ids(rows.data() + batch.first, batch.count);
        runner.begin(ids);
        double step = 0;
        const auto tell = [&] {
            const double share = (static_cast<double>(batch.first) + static_cast<double>(batch.count) * ++step / steps) / static_cast<double>(rows.size());
            const double passed = since(began);
            progress.update({total * share, total, "windows", remaining_seconds(passed, share, 1), {}});
        };
        for (std::size_t v = 0; v < runner.variants(); ++v) {
            const auto start = Clock::now();
            store(scores[v], model.score(runner.run(v, progress, tell), ids), order, batch.first);
            seconds[v] += since(start);
            tell();
        }
    });

    const auto& answers = request.windows.answers;
    EvaluateResult result;
    result.tokens = scores[0].tokens();
    result.windows = std::ssize(rows);
    result.baseline = scores[0].perplexity(answers);
    result.baseline_state_bytes = model.config().state_bytes();
    result.baseline_parameters = full_parameters;
    if (request.windows.scored_bytes > 0) {
        result.bits_per_byte =
            scores[0].total_nll() / std::numbers::ln2 / static_cast<double>(request.windows.scored_bytes);
    }
    for (std::size_t i = 0; i < plans.size(); ++i) {
        PlanEvaluation plan;
        plan.path = request.plans[i].path;
        plan.value = scores[i + 1].perplexity(answers);
        const BlockMean delta = scores[i + 1].difference(scores[0]);
        plan.delta_nll = delta.mean;
        plan.delta_nll_se = delta.se;
        plan.state_bytes = state_bytes(*plans[i], model.config());
        plan.parameters = full_parameters - removed_parameters(*plans[i], model.config());
        plan.seconds = seconds[i + 1];
        result.plans.push_back(std::move(plan));
    }
    result.seconds = since(began);
    return result;
}

}  // namespace rankscope
