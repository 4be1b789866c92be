// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/device.hpp"
#include "core/model/internal/layer.hpp"
#include "core/model/internal/used_mixers.hpp"
#include "core/model/model.hpp"

#include <ATen/core/Tensor.h>

namespace rankscope {

struct Hidden::Impl {
    at::Tensor value;  ///< [B, T, D]
};

}  // namespace rankscope

namespace rankscope::internal {

class StateKernels;

/// Model on LibTorch.
class TorchModel final : public Model {
public:
    TorchModel(Network network, at::Device device, at::ScalarType dtype);

    [[nodiscard]] const ModelConfig& config() const override { return network_.config; }

    [[nodiscard]] std::string device() const override { return device_.str(); }

    [[nodiscard]] std::string dtype() const override;
    [[nodiscard]] std::int64_t free_memory() const override { return internal::free_memory(device_); }
    [[nodiscard]] std::string mixer_implementation(std::int64_t layer, std::int64_t key_dim,
                                                   std::int64_t length) const override;
    [[nodiscard]] std::vector<std::string> used_mixers() const override { return UsedMixers::instance().names(); }

    void forget_used_mixers() const override { UsedMixers::instance().forget(); }

    [[nodiscard]] std::string spectra_implementation(std::int64_t layer, std::int64_t key_dim) const override;
    [[nodiscard]] std::string norms_implementation(std::int64_t layer, std::int64_t key_dim) const override;
    [[nodiscard]] Hidden embed(std::span<const std::vector<std::int32_t>> ids) const override;
    [[nodiscard]] Hidden run_layer(std::int64_t layer, const Hidden& input,
                                   const RunOptions& options) const override;
    [[nodiscard]] TokenScores score(const Hidden& last,
                                    std::span<const std::vector<std::int32_t>> ids) const override;
    [[nodiscard]] std::vector<float> logits(const Hidden& last) const override;
    [[nodiscard]] std::vector<float> last_logits(const Hidden& last) const override;
    [[nodiscard]] std::unique_ptr<DecodeState> begin_decode(
        std::int64_t batch, std::span<const LayerSelection> selections) const override;
    std::vector<std::int32_t> decode_step(DecodeState& state, std::span<const std::int32_t> tokens,
                                          double* mixer_seconds) const override;
    [[nodiscard]] ChannelGradients channel_gradients(std::span<const std::vector<std::int32_t>> rows,
                                                     const Progress& progress) const override;

    /// Kernels for spectra and norms of states in place of the device's own (tests); they live longer than the model.
    void use_state_kernels(StateKernels* kernels) { state_kernels_ = kernels; }

private:
    [[nodiscard]] at::Tensor checked_ids(std::span<const std::vector<std::int32_t>> ids) const;

    Network network_;
    at::Device device_;
    at::ScalarType dtype_;
    StateKernels* state_kernels_ = nullptr;
};

/// ids [B][T] -> int64 [B, T] on `device`.
[[nodiscard]] at::Tensor ids_tensor(std::span<const std::vector<std::int32_t>> ids, at::Device device);

/// Next-token losses of `hidden` [N, D] (after the final norm) for `targets` [N], tiled over rows so that [N,
/// vocab] never exists at once: nll [N] float32 and whether the arg max was right. Float32 on the CPU runs
/// through kernels::cross_entropy, everything else is composed of ATen operations.
struct TokenLosses {
    at::Tensor nll;      ///< [N] float32
    at::Tensor correct;  ///< [N] bool
};

[[nodiscard]] TokenLosses token_losses(const at::Tensor& hidden, const at::Tensor& head,
                                       const at::Tensor& targets);

}  // namespace rankscope::internal
