// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/training_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "core/base/error.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "core/training/schedule.hpp"

namespace rankscope::internal {
namespace {

// The running mean of the loss forgets with this factor per step.
constexpr double kLossMemory = 0.98;
// A time budget becomes a number of steps after this many were timed. The first few pay for allocations and caches.
constexpr std::size_t kTimedSteps = 20;
constexpr std::size_t kUntimedSteps = 3;
// Scoring a token costs about this share of training on it.
constexpr double kScoringShare = 1.0 / 3.0;

// What a step needs grows with the tokens in it: who set their number can set a smaller one.
[[noreturn]] void out_of_memory(const TrainingOptions& options) {
    std::string smaller;
    if (options.batch > 1) smaller += fmt::format("batch {}", options.batch / 2);
    if (options.length > 2) smaller += fmt::format("{}length {}", smaller.empty() ? "" : " or ", options.length / 2);
    throw_resource(fmt::format("out of memory: training step: found no room for batch {} of length {}, {} tokens at once", options.batch,
                               options.length, options.batch * options.length),
                   smaller.empty() ? "use a smaller model or a machine with more memory"
                                   : "in the configuration, under training, try " + smaller);
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
    return values[values.size() / 2];
}

}  // namespace

TrainingRun::TrainingRun(Trainer& trainer, TrainingState& state, const TrainingText& text, const TrainingOptions& options,
                         const std::vector<HeldOutText>& held_out, std::filesystem::path checkpoint)
    : trainer_(trainer),
      state_(state),
      text_(text),
      options_(options),
      held_out_(held_out),
      checkpoint_(std::move(checkpoint)) {}

double TrainingRun::loss() const noexcept {
    return state_.loss_weight > 0 ? state_.loss_sum / state_.loss_weight : 0;
}

std::int64_t TrainingRun::tokens() const noexcept {
    return state_.steps * options_.batch * options_.length;
}

void TrainingRun::save() {
    const auto now = std::chrono::steady_clock::now();
    state_.seconds += std::chrono::duration<double>(now - mark_).count();
    mark_ = now;
    write_checkpoint(checkpoint_, state_, trainer_);
}

void TrainingRun::one_step(const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    const Schedule schedule{options_.warmup_steps, state_.total_steps, options_.final_fraction};
    const double factor = schedule.factor(state_.steps);
    double loss = 0;
    try {
        loss = translated([&] { return trainer_.step(text_, state_.steps * options_.batch, factor, progress); });
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Resource) throw;
        out_of_memory(options_);
    } catch (const std::bad_alloc&) {
        out_of_memory(options_);
    }
    ++state_.steps;
    state_.loss_sum = kLossMemory * state_.loss_sum + loss;
    state_.loss_weight = kLossMemory * state_.loss_weight + 1;
    step_seconds_.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

void TrainingRun::decide_steps() {
    const double spent = state_.seconds + std::chrono::duration<double>(std::chrono::steady_clock::now() - mark_).count();
    const bool long_steps = spent > 0.1 * state_.budget_seconds && step_seconds_.size() > kUntimedSteps;
    if (step_seconds_.size() < kTimedSteps && !long_steps) return;
    const double step = median({step_seconds_.begin() + kUntimedSteps, step_seconds_.end()});
    const double per_token = kScoringShare * step / static_cast<double>(options_.batch * options_.length);
    double final_tokens = 0, running_tokens = 0;
    for (const auto& [name, windows] : held_out_) {
        const auto rows = static_cast<double>(windows.rows.size());
        const auto all = static_cast<double>(windows.tokens());
        final_tokens += all;
        running_tokens += all * std::min(1.0, static_cast<double>(options_.held_out_windows) / rows);
    }
    const double every = options_.held_out_every > 0 ? static_cast<double>(options_.held_out_every) : 1e12;
    const double left = std::max(0.0, state_.budget_seconds - spent - final_tokens * per_token);
    const double whole_step = step + running_tokens * per_token / every;
    state_.total_steps = state_.steps + static_cast<std::int64_t>(std::min(1e12, left / whole_step));
}

void TrainingRun::estimate_held_out(const Progress& progress) {
    HeldOutScore score;
    for (const auto& [name, windows] : held_out_) {
        score += score_held_out(trainer_.network(), windows, trainer_.bf16(), progress, options_.held_out_windows);
    }
    if (score.tokens > 0) estimate_ = score.perplexity();
}

void TrainingRun::report(const Progress& progress) const {
    std::string note = fmt::format("loss {:.3f}", loss());
    if (estimate_) note += fmt::format(", held-out {:.1f}", *estimate_);
    const double per_step = static_cast<double>(options_.batch * options_.length);
    ProgressUpdate update{static_cast<double>(tokens()), static_cast<double>(state_.total_steps) * per_step, "tokens", -1, note};
    if (state_.total_steps > 0 && step_seconds_.size() > kUntimedSteps) {
        const std::size_t recent = std::min<std::size_t>(step_seconds_.size() - kUntimedSteps, 50);
        update.eta_seconds = median({step_seconds_.end() - static_cast<std::ptrdiff_t>(recent), step_seconds_.end()})
                             * static_cast<double>(state_.total_steps - state_.steps);
    }
    progress.update(update);
}

void TrainingRun::run(const Progress& progress) {
    mark_ = std::chrono::steady_clock::now();
    try {
        while (state_.total_steps == 0 || state_.steps < state_.total_steps) {
            progress.check();
            one_step(progress);
            if (state_.total_steps == 0) decide_steps();
            if (options_.held_out_every > 0 && state_.steps % options_.held_out_every == 0) estimate_held_out(progress);
            if (state_.steps % options_.checkpoint_every == 0) save();
            report(progress);
        }
    } catch (const Cancelled&) {
        save();
        throw;
    }
    save();
}

}  // namespace rankscope::internal
