// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/progress.hpp"
#include "core/text/token_windows.hpp"
#include "core/training/internal/checkpoint_file.hpp"
#include "core/training/internal/held_out.hpp"
#include "core/training/train_request.hpp"
#include "core/training/training_folder.hpp"

namespace rankscope::internal {

/// A text by the path it was given as.
using HeldOutText = std::pair<std::string, TokenWindows>;

/// Steps from where a state stands to the end of its budget, with checkpoints, running estimates and progress.
class TrainingRun {
public:
    /// All references outlive the run.
    TrainingRun(Trainer& trainer, TrainingState& state, const TrainingText& text, const TrainingOptions& options,
                const std::vector<HeldOutText>& held_out, std::filesystem::path checkpoint);

    /// Throws Cancelled after the checkpoint was written.
    void run(const Progress& progress);

    /// Running mean of the loss.
    [[nodiscard]] double loss() const noexcept;
    [[nodiscard]] std::int64_t tokens() const noexcept;

private:
    void one_step(const Progress& progress);
    void decide_steps();
    void estimate_held_out(const Progress& progress);
    void report(const Progress& progress) const;
    void save();

    Trainer& trainer_;
    TrainingState& state_;
    const TrainingText& text_;
    const TrainingOptions& options_;
    const std::vector<HeldOutText>& held_out_;
    std::filesystem::path checkpoint_;
    std::vector<double> step_seconds_;  ///< of this sitting
    std::optional<double> estimate_;    ///< held-out perplexity on the first windows
    std::chrono::steady_clock::time_point mark_;
};

}  // namespace rankscope::internal
