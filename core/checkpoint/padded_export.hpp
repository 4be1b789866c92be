// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/checkpoint/model_config.hpp"
#include "core/checkpoint/safetensors.hpp"

namespace rankscope {

/// A tensor cut back to its true width; `view` points into `bytes`.
struct PaddedTensor {
    std::string name;
    TensorView view;
    std::shared_ptr<std::vector<std::byte>> bytes;
};

/// Undoes the padding of an exported folder with mixed widths. config.json then has `pruned_key_dims`: one integer per
/// layer, null for attention; the first K' rows of every head in q_proj, k_proj and their convolutions are the kept
/// channels, the rest of q_proj and k_proj is exactly zero. Where that holds, key_dim of the layer becomes K'
/// (written_key_dim and the scale stay: loaders compute with the written width). Where a padding row is not zero, or zero is
/// not neutral (qk_activation elu): a warning, and full width.
/// Error{Input} for a malformed key.
[[nodiscard]] std::vector<PaddedTensor> slice_padded_export(ModelConfig& config, const std::string& where,
                                                            const std::function<const TensorView&(const std::string&)>& tensor,
                                                            std::vector<std::string>& warnings);

/// parse_model_config for those who have config.json alone: the layers of a padded export have the widths that it names, as if
/// its weights had been looked at and kept what it says. Errors as parse_model_config and slice_padded_export.
[[nodiscard]] ModelConfig parse_exported_config(const std::string& text, const std::filesystem::path& where);

}  // namespace rankscope
