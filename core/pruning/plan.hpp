// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint/model_config.hpp"

namespace rankscope {

/// Which width the query scale uses after pruning. In a model re-sliced from a padded export (written_key_dim > key_dim)
/// "width" is always the true one, since that is what an export of the plan writes; only Original keeps the file's scale.
enum class ScaleRule {
    Widest,    ///< W^-0.5, W the largest width over all layers with a prunable state: what an export computes
    Kept,      ///< this layer's own K'^-0.5, also in untouched layers
    Original,  ///< what the unpruned model uses: written_key_dim^-0.5
};

struct PlanLayer {
    std::int64_t index = 0;
    std::string method;
    double ratio = 0;          ///< share removed
    std::int64_t key_dim = 0;  ///< width before pruning
    std::vector<std::vector<std::int32_t>> keep;  ///< [key head][K'] ascending channel indices

    [[nodiscard]] std::int64_t kept_dim() const noexcept {
        return keep.empty() ? key_dim : static_cast<std::int64_t>(keep.front().size());
    }

    bool operator==(const PlanLayer&) const = default;
};

/// An immutable choice of key/query channels, layer by layer; a layer without an entry is untouched.
struct Plan {
    std::string model_hash;
    std::string model_family;
    ScaleRule scale = ScaleRule::Widest;
    std::vector<PlanLayer> layers;  ///< ascending index
    std::string calibration_hash;   ///< empty if no data was used
    std::int64_t calibration_tokens = 0;
    std::uint64_t seed = 0;
    std::string created_by;

    [[nodiscard]] const PlanLayer* layer(std::int64_t index) const noexcept;

    bool operator==(const Plan&) const = default;
};

/// "widest", "kept", "original".
[[nodiscard]] std::string name_of(ScaleRule scale);
/// The way back; nothing for an unknown name.
[[nodiscard]] std::optional<ScaleRule> scale_rule_named(const std::string& name);

/// max(1, floor(K (1 - ratio) + 1e-9)). Error{Usage} for a ratio outside [0, 1].
[[nodiscard]] std::int64_t kept_width(std::int64_t key_dim, double ratio);

/// The plan file's text (JSON, one line per head) and back. Parsing is strict: Error{Input} for malformed content (types,
/// ranges, keys or layers twice, heads with different counts), Error{Unsupported} for another version. Keys that this
/// version does not know are ignored. Layers come back in ascending order.
[[nodiscard]] std::string to_json(const Plan& plan);
[[nodiscard]] Plan parse_plan(const std::string& text, const std::string& where);
[[nodiscard]] Plan read_plan(const std::filesystem::path& path);

/// Checks a plan against a model: hash (unless `force` or empty hash), indices in range and unique, widths, equal counts
/// per head. Throws Error{Input} naming layer and head.
void check_plan(const Plan& plan, const ModelConfig& model, const std::string& model_hash, bool force,
                const std::string& where);

/// W: the largest K' over all prunable layers, untouched ones counted with K; 0 if there is none.
[[nodiscard]] std::int64_t widest_kept(const Plan& plan, const ModelConfig& model);
/// Scale of q in every layer under the plan (attention: its own, untouched).
[[nodiscard]] std::vector<double> query_scales(const Plan& plan, const ModelConfig& model);
/// K' of every layer (attention: head size).
[[nodiscard]] std::vector<std::int64_t> kept_widths(const Plan& plan, const ModelConfig& model);
/// Σ value_heads·K'·V·4 over recurrent layers.
[[nodiscard]] std::int64_t state_bytes(const Plan& plan, const ModelConfig& model);
/// Parameters the plan removes (rows of q/k projections and their convolutions).
[[nodiscard]] std::int64_t removed_parameters(const Plan& plan, const ModelConfig& model);

}  // namespace rankscope
