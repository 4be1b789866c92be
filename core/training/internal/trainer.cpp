// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/trainer.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "core/base/error.hpp"
#include "core/model/internal/layer.hpp"
#include "core/training/internal/loss.hpp"

namespace rankscope::internal {
namespace {

Network prepared(Network network, at::Device device) {
    for (auto& [name, weight] : network.weights) weight = weight.detach().to(device).requires_grad_(true);
    return network;
}

}  // namespace

Trainer::Trainer(Network network, const TrainingOptions& options, bool bf16, at::Device device)
    : network_(prepared(std::move(network), device)),
      options_(options),
      bf16_(bf16),
      device_(device),
      optimizer_(network_.weights, options, bf16) {}

double Trainer::gradient(const at::Tensor& inputs, const at::Tensor& targets, std::vector<at::Tensor>& gradients,
                         const Progress& progress) const {
    const at::AutoGradMode guard(true);
    // Bound anew for every graph: the convolutions are views of leaves that change in place between steps.
    Network network = network_;
    network.bind();
    LayerRun run;
    run.bf16_matmul = bf16_;
    at::Tensor x = embed(network, inputs);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        progress.check();
        x = run_layer(network, static_cast<std::int64_t>(l), network.layers[l], x, run);
    }
    const at::Tensor hidden = final_hidden(network, x).reshape({-1, x.size(2)});
    const at::Tensor loss = language_model_loss(hidden, network.head(), targets.reshape({-1}), bf16_);
    progress.check();
    std::vector<at::Tensor> leaves;
    for (const auto& [name, weight] : network.weights) leaves.push_back(weight);
    gradients = torch::autograd::grad({loss}, leaves, {}, std::nullopt, false, /*allow_unused=*/true);
    return loss.item<double>();
}

double Trainer::step(const TrainingText& text, std::int64_t first, double factor, const Progress& progress) {
    const auto options = at::TensorOptions().dtype(at::kLong);
    at::Tensor inputs = at::empty({options_.batch, options_.length}, options);
    at::Tensor targets = at::empty({options_.batch, options_.length}, options);
    const auto length = static_cast<std::size_t>(options_.length);
    for (std::int64_t b = 0; b < options_.batch; ++b) {
        text.window(first + b, {inputs.data_ptr<std::int64_t>() + b * options_.length, length},
                    {targets.data_ptr<std::int64_t>() + b * options_.length, length});
    }
    std::vector<at::Tensor> gradients;
    const double loss = gradient(inputs.to(device_), targets.to(device_), gradients, progress);
    if (!std::isfinite(loss)) {
        throw_input(fmt::format("training diverged: step {}: the loss is {}", optimizer_.steps() + 1, loss),
                    "lower training.learning_rate");
    }
    const at::NoGradGuard no_gradients;
    optimizer_.step(gradients, factor);
    return loss;
}

}  // namespace rankscope::internal
