// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/progress.hpp"
#include "core/checkpoint/model_folder.hpp"
#include "core/pruning/plan.hpp"

namespace rankscope {

enum class ExportLayout {
    Auto,     ///< uniform when it can be
    Uniform,  ///< one K' for all prunable layers
    Padded,   ///< every layer at the widest width, kept channels first, zero rows behind
};

/// "auto", "uniform", "padded".
[[nodiscard]] std::string name_of(ExportLayout layout);
[[nodiscard]] std::optional<ExportLayout> export_layout_named(const std::string& name);

struct ExportResult {
    std::filesystem::path path;
    ExportLayout layout = ExportLayout::Uniform;  ///< uniform or padded
    std::int64_t parameters = 0;                  ///< true ones: padding is not counted
    std::int64_t bytes = 0;                       ///< of all files in the folder
};

/// Writes the pruned model as a folder that flash-linear-attention and transformers load: rows of q_proj, k_proj and their
/// convolutions cut to the plan's channels (byte by byte, never converted), config.json with the new widths, tokenizer
/// and generation files as they are, the source's sharding, and rankscope.json with the plan and where it came from.
/// Tensors carry their current names, also where the source was a legacy folder; weights without effect are left out.
/// A source that is a padded export itself is cut and padded again. The folder is written beside its name, opened again
/// and checked, then renamed; on error, cancellation or a full disk nothing stays behind.
/// Error{Input}: the plan does not fit (another model's hash counts unless `force`). Error{Unsupported}: scale `original`,
/// scale `kept` with mixed widths, layout uniform with mixed widths, padding with qk_activation elu. Error{Usage}: the output
/// exists (unless `force`: then it must be a model folder, and not the source). Error{Resource}: disk full.
ExportResult export_model(const ModelFolder& folder, const Plan& plan, const std::filesystem::path& path, ExportLayout layout, bool force,
                          const Progress& progress);

}  // namespace rankscope
