// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/checkpoint/model_folder.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// Where and in which precision a model runs.
struct Placement {
    std::string device = "auto";  ///< cpu, cuda, cuda:N, auto
    std::string dtype = "auto";   ///< float32, bfloat16, float64 (tests), auto = float32 on the CPU
    int threads = 0;              ///< 0 = hardware threads
};

/// The key/query channels one layer keeps, with the scale its query then has. Applied as a mask before the
/// norm, by slicing: exactly what the exported model computes.
struct LayerSelection {
    /// [key head][K'], ascending; empty = all (scale still applies)
    std::vector<std::vector<std::int32_t>> keep;
    double scale = 0;  ///< 0 = the layer's own
};

/// Isotropic Gaussian noise really added to q̂ (after the norm, before the scale): E‖e‖² = level² (times ‖q̂‖²
/// where q is not l2-normalised). Drawn for all K channels of a key head and then sliced by the selection,
/// rescaled to K' channels, so that the full model and every plan see the same noise.
struct QueryNoise {
    double level = 0;
    std::uint64_t seed = 0;
    /// Index of row 0 of the batch: noise depends on (seed, layer, window) alone.
    std::int64_t first_window = 0;
};

/// Activations [B, T, D] between two layers; a cheap handle to an immutable tensor.
class Hidden {
public:
    struct Impl;
    Hidden() = default;

    explicit Hidden(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

    [[nodiscard]] explicit operator bool() const noexcept { return impl_ != nullptr; }

    [[nodiscard]] const Impl& impl() const { return *impl_; }

    [[nodiscard]] std::int64_t bytes() const;

private:
    std::shared_ptr<const Impl> impl_;
};

/// What a layer's mixer saw, float32, row-major; spans live during the callback only. Widths are those after
/// selection.
struct MixerTrace {
    std::int64_t layer = 0, B = 0, T = 0, H = 0, HV = 0, K = 0, V = 0;
    double scale = 0;
    std::span<const float> layer_input;   ///< [B, T, D] after the pre-norm (what q_proj multiplies)
    std::span<const float> q_raw, k_raw;  ///< [B, T, H, K] after convolution and activation, before the norm
    std::span<const float> q, k;          ///< [B, T, H, K] after the norm, before the scale
    std::span<const float> v;             ///< [B, T, HV, V]
    std::span<const float> beta;          ///< [B, T, HV]
    std::span<const float> g;             ///< [B, T, HV]; empty without a gate
    std::span<const float> out;           ///< [B, T, HV, V] output of the recurrence
    std::span<const float> states;        ///< [P, B, HV, K, V] after the requested positions

    /// Where a summary was asked for and computed (else empty): [P, B, heads, min(K, V)] falling, NaN for a state that is not
    /// finite, and ‖S[c, :]‖² [P, B, heads, K]; `states` are then those of StateSummary::returned alone.
    std::span<const double> singular_values;
    std::span<const float> row_energy;
    std::span<const float> norms;  ///< [N, B, heads, 2] ‖S‖_F and ‖S‖_2 after StateSummary::norm_positions
};

/// Numbers about states that a device computes where they lie, so that these come back and not the states. Where the model has no
/// trusted kernel for them (Model::spectra_implementation), what they are made from is delivered instead: all states, or k, v, beta
/// and g.
struct StateSummary {
    std::vector<std::int32_t> heads;           ///< value heads, ascending; empty = all
    bool spectra = false;                      ///< of the states after TraceRequest::state_positions
    std::vector<std::int64_t> returned;        ///< those of state_positions whose states come back beside their spectra
    std::vector<std::int64_t> norm_positions;  ///< ascending
};

struct TraceRequest {
    bool layer_input = false;
    bool raw = false;     ///< q_raw, k_raw
    bool inputs = false;  ///< q, k, v, beta, g
    bool out = false;
    std::vector<std::int64_t> state_positions;
    std::optional<StateSummary> summary;
    std::function<void(const MixerTrace&)> deliver;
};

struct RunOptions {
    const LayerSelection* selection = nullptr;
    const QueryNoise* noise = nullptr;
    const TraceRequest* trace = nullptr;  ///< ignored by attention layers
    bool reference_mixer = false;         ///< the ATen composition instead of kernels/ (baseline, tests)
};

/// Scores of a batch: nll [B, T-1] in nats of token t+1 given 0..t; `correct` 1 where it is also the arg max.
struct TokenScores {
    std::int64_t B = 0, T = 0;
    std::vector<float> nll;
    std::vector<std::uint8_t> correct;
};

/// State a sequence carries from one call to the next (recurrent states, convolution tails, attention keys
/// and values), for decoding token by token.
class DecodeState {
public:
    virtual ~DecodeState() = default;
    [[nodiscard]] virtual std::int64_t bytes() const = 0;
};

/// One gradient per key/query channel and head, for the Taylor score: Σ_j |W·∂L/∂W| per row of q_proj and
/// k_proj.
struct ChannelGradients {
    /// [layer][key head * K + channel]; empty for attention layers.
    std::vector<std::vector<double>> scores;
};

/// A model in memory. Immutable after load, not thread-safe: one job at a time.
class Model {
public:
    virtual ~Model() = default;

    [[nodiscard]] virtual const ModelConfig& config() const = 0;
    [[nodiscard]] virtual std::string device() const = 0;
    [[nodiscard]] virtual std::string dtype() const = 0;
    /// Bytes that are free where the model computes, caches of its own that it can give back included.
    [[nodiscard]] virtual std::int64_t free_memory() const = 0;
    /// Name of the mixer implementation layer `layer` runs with at width K' and length T, before anything has run.
    [[nodiscard]] virtual std::string mixer_implementation(std::int64_t layer, std::int64_t key_dim,
                                                           std::int64_t length) const = 0;
    /// Names of the mixer implementations that did run, in the order of their first call, since the process began or forgot them:
    /// "chunked-avx512", "recurrent-avx512", "aten-chunked", a kernel of the device; with " (gradient)" behind it what walks back.
    [[nodiscard]] virtual std::vector<std::string> used_mixers() const = 0;
    virtual void forget_used_mixers() const = 0;
    /// Names of what computes singular values and norms of the states of layer `layer` at width K': a kernel of the device, or
    /// "cpu-avx2" and the like where the processor does.
    [[nodiscard]] virtual std::string spectra_implementation(std::int64_t layer, std::int64_t key_dim) const = 0;
    [[nodiscard]] virtual std::string norms_implementation(std::int64_t layer, std::int64_t key_dim) const = 0;

    /// ids [B][T], equal lengths. Error{Input}: an id outside [0, vocab).
    [[nodiscard]] virtual Hidden embed(std::span<const std::vector<std::int32_t>> ids) const = 0;
    [[nodiscard]] virtual Hidden run_layer(std::int64_t layer, const Hidden& input,
                                           const RunOptions& options) const = 0;
    /// Final norm, head and log-softmax, tiled so that [B, T, vocab] is never formed.
    [[nodiscard]] virtual TokenScores score(const Hidden& last,
                                            std::span<const std::vector<std::int32_t>> ids) const = 0;
    /// Logits [B, T, vocab] float32 of the last hidden states.
    [[nodiscard]] virtual std::vector<float> logits(const Hidden& last) const = 0;
    /// Logits [B, vocab] of the last position only: what a prompt needs before decoding begins.
    [[nodiscard]] virtual std::vector<float> last_logits(const Hidden& last) const = 0;

    /// Decoding: selections (one per layer, or empty for the full model) are sliced once into the state.
    [[nodiscard]] virtual std::unique_ptr<DecodeState> begin_decode(
        std::int64_t batch, std::span<const LayerSelection> selections) const = 0;
    /// Feeds one token per sequence; returns the arg max next tokens. `mixer_seconds` adds the time inside
    /// mixers.
    virtual std::vector<std::int32_t> decode_step(DecodeState& state, std::span<const std::int32_t> tokens,
                                                  double* mixer_seconds) const = 0;

    /// Language-model loss, the mean over all scored tokens of the rows, backpropagated to q_proj and k_proj;
    /// Σ|W ∘ G| as in LLM-Pruner (absolute value after summing the gradients of all rows). Error{Input}: no
    /// row has two tokens.
    [[nodiscard]] virtual ChannelGradients channel_gradients(std::span<const std::vector<std::int32_t>> rows,
                                                             const Progress& progress) const = 0;
};

}  // namespace rankscope
