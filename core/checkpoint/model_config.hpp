// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rankscope {

enum class Family { DeltaNet, GatedDeltaNet };

enum class MixerKind {
    DeltaRule,       ///< S <- S + k beta (v - S^T k)^T
    GatedDeltaRule,  ///< S <- e^g S, then the delta rule
    Attention,       ///< softmax attention of a hybrid model
};

/// Names as in `info`: "delta_rule", "gated_delta_rule", "attention".
[[nodiscard]] std::string name_of(MixerKind mixer);
/// "delta_net", "gated_deltanet".
[[nodiscard]] std::string name_of(Family family);

enum class QkActivation { Silu, Relu, Elu, Identity };
enum class QkNorm { L2, Sum };
enum class OutputGate { None, Swish, Sigmoid };

/// One softmax-attention layer of a hybrid model.
struct AttentionSpec {
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0;
    bool qkv_bias = false;
    std::optional<std::int64_t> window;  ///< last `window` keys including self
    double rope_theta = 10000.0;
};

/// What a layer is, after every default has been resolved.
struct LayerConfig {
    MixerKind mixer = MixerKind::DeltaRule;
    std::int64_t key_heads = 0;    ///< H (attention: query heads)
    std::int64_t value_heads = 0;  ///< HV, a multiple of H (attention: kv heads)
    std::int64_t key_dim = 0;      ///< K per head, true width (K' when re-sliced from a padded export)
    std::int64_t written_key_dim = 0;  ///< K in the file; differs from key_dim in a padded export only
    std::int64_t value_dim = 0;    ///< V per head
    double scale = 0;              ///< of q: written_key_dim^-0.5
    AttentionSpec attention;       ///< only for MixerKind::Attention

    [[nodiscard]] bool prunable() const noexcept { return mixer != MixerKind::Attention; }

    /// Bytes of the float32 state, HV*K*V*4; 0 for attention.
    [[nodiscard]] std::int64_t state_bytes() const noexcept {
        return prunable() ? value_heads * key_dim * value_dim * 4 : 0;
    }
};

/// config.json of a supported family with defaults resolved (fla 0.5.2/0.6.0 conventions).
struct ModelConfig {
    Family family = Family::DeltaNet;
    std::int64_t hidden_size = 0;
    std::int64_t intermediate_size = 0;
    std::int64_t vocab_size = 0;
    double norm_eps = 1e-6;
    bool tie_word_embeddings = false;
    bool use_short_conv = true;
    std::int64_t conv_size = 4;
    bool use_beta = true;
    bool allow_neg_eigval = false;
    OutputGate output_gate = OutputGate::None;
    QkActivation qk_activation = QkActivation::Silu;
    QkNorm qk_norm = QkNorm::L2;
    std::vector<LayerConfig> layers;
    std::string json;  ///< the file's own text, kept whole for export (unknown keys survive)

    [[nodiscard]] std::int64_t state_bytes() const noexcept;
    /// Largest key_dim over the prunable layers; 0 if there is none.
    [[nodiscard]] std::int64_t widest_key_dim() const noexcept;
};

/// Parses and validates config.json text. `where` names the file in messages. An optional object `training` is ignored.
/// Error{Input}: not JSON, wrong types, zero or negative sizes, heads that do not divide. Error{Unsupported}: known but
/// unsupported family or feature, by name (attnres_block_size, norm_first, quantization_config, …).
[[nodiscard]] ModelConfig parse_model_config(const std::string& text, const std::filesystem::path& where);

}  // namespace rankscope
