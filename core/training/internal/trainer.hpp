// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/base/progress.hpp"
#include "core/model/internal/network.hpp"
#include "core/training/internal/optimizer.hpp"
#include "core/training/training_text.hpp"

namespace rankscope::internal {

/// A network in training: weights, optimiser, one step after the other. Weights change inside step() only, after the
/// whole gradient is there, so a step that was cancelled has changed nothing.
class Trainer {
public:
    /// Takes the network over and moves it to `device`; its weights become leaves that want gradients.
    Trainer(Network network, const TrainingOptions& options, bool bf16, at::Device device);

    /// Loss in nats per token of windows first ... first + batch - 1, before the update. Throws Cancelled before anything
    /// has changed; Error{Input} if the loss is not finite.
    double step(const TrainingText& text, std::int64_t first, double factor, const Progress& progress);

    /// Mean loss and its gradient (in the order of the weights) for inputs [B, T] and targets [B, T].
    double gradient(const at::Tensor& inputs, const at::Tensor& targets, std::vector<at::Tensor>& gradients,
                    const Progress& progress) const;

    [[nodiscard]] const Network& network() const noexcept { return network_; }

    [[nodiscard]] Optimizer& optimizer() noexcept { return optimizer_; }

    [[nodiscard]] const Optimizer& optimizer() const noexcept { return optimizer_; }

    [[nodiscard]] bool bf16() const noexcept { return bf16_; }

private:
    Network network_;
    TrainingOptions options_;
    bool bf16_ = false;
    at::Device device_;
    Optimizer optimizer_;
};

}  // namespace rankscope::internal
