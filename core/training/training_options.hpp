// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace rankscope {

enum class OptimizerKind {
    Muon,   ///< orthogonalised momentum on the matrices of the layers, AdamW on everything else
    AdamW,  ///< AdamW on everything
};

enum class WindowAlignment {
    None,  ///< windows are cut anywhere, at another offset every epoch
    Line,  ///< every line of the text is a document of its own; windows begin where lines begin
};

/// The object `training` of a config.json. Every key is optional; the default is the value below, and the key has the
/// name of the member. Recipe and learning rates: measured on small models, batch 4.
struct TrainingOptions {
    OptimizerKind optimizer = OptimizerKind::Muon;  ///< "muon", "adamw"
    double learning_rate = 0;                       ///< default 6e-3 with Muon, 3e-3 with AdamW
    double adam_learning_rate = 3.6e-3;             ///< with Muon: for what AdamW trains
    std::int64_t batch = 4;                         ///< windows per step
    std::int64_t length = 512;                      ///< tokens of a window that are fed in
    std::int64_t warmup_steps = 30;
    double final_fraction = 0;  ///< of the learning rate, reached at the last step of the cosine
    double weight_decay = 0.1;  ///< decoupled, on matrices only (no norms, gates or convolutions)
    double clip = 1.0;          ///< global norm of the gradient; 0 = never clipped
    double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
    double momentum = 0.95;                ///< of Muon, Nesterov style
    std::int64_t newton_schulz_steps = 5;  ///< of Muon
    std::string dtype = "auto";  ///< of the matrix products: "float32", "bfloat16", "auto" = bfloat16 where it is fast
    std::string save_dtype = "bfloat16";  ///< of the weights written at the end: "float32", "bfloat16"
    WindowAlignment align = WindowAlignment::None;  ///< "none", "line"
    std::int64_t held_out_every = 250;              ///< steps; 0 = at the end only
    std::int64_t held_out_windows = 32;  ///< per file, for the running estimate; at the end the whole files are scored
    std::int64_t checkpoint_every = 250;  ///< steps
};

/// Reads the object `training` of config.json text; defaults where there is none. Error{Input}: an unknown key, a wrong
/// type or a value out of range, by name.
[[nodiscard]] TrainingOptions parse_training_options(const std::string& config_json,
                                                     const std::filesystem::path& where);

/// What of a configuration and its options decides the weights: compact JSON with sorted keys and defaults filled in.
/// Two runs with equal text, seed and this string take the same steps.
[[nodiscard]] std::string training_recipe(const std::string& config_json, const TrainingOptions& options);

/// The configuration to write beside trained weights: without `training`, with the dtype of the weights.
[[nodiscard]] std::string model_config_json(const std::string& config_json, const std::string& dtype);

/// Options as a JSON object text, every key with its value.
[[nodiscard]] std::string training_options_json(const TrainingOptions& options);

/// `eos_token_id` of config.json text (the first one of an array), where there is one.
[[nodiscard]] std::optional<std::int64_t> end_of_text_id(const std::string& config_json);

}  // namespace rankscope
