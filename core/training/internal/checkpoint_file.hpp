// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/training/internal/trainer.hpp"

namespace rankscope::internal {

/// Where a training run stands, apart from its tensors.
struct TrainingState {
    std::int64_t steps = 0;        ///< done
    std::int64_t total_steps = 0;  ///< 0 = not decided yet (a time budget that is still being measured)
    double budget_seconds = 0;     ///< only matters while total_steps is 0
    double seconds = 0;            ///< spent so far, over all sittings
    double loss_sum = 0, loss_weight = 0;  ///< running mean of the loss: sum and weight decay together
    std::uint64_t seed = 0;
    bool bf16 = false;
    std::string recipe;     ///< training_recipe()
    std::string text_hash;  ///< TrainingText::hash()
};

/// Writes one safetensors file, atomically: weights under their own names, the optimiser's tensors under theirs, and the
/// state as JSON in the metadata. Everything float32: a run that goes on from here takes exactly the steps the
/// uninterrupted run would have taken.
void write_checkpoint(const std::filesystem::path& path, const TrainingState& state, const Trainer& trainer);

/// The state alone. Error{Input}: no checkpoint of ours, or malformed.
[[nodiscard]] TrainingState read_checkpoint_state(const std::filesystem::path& path);

/// Fills weights and optimiser. Error{Input}: tensors missing or of another shape.
void read_checkpoint_tensors(const std::filesystem::path& path, const TrainingState& state, Trainer& trainer);

}  // namespace rankscope::internal
