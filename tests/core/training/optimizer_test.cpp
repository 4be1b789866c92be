// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/optimizer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/where.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "core/training/internal/loss.hpp"
#include "core/training/internal/newton_schulz.hpp"

namespace rankscope::internal {
namespace {

TEST(NewtonSchulz, BringsSingularValuesNearOne) {
    for (const auto& shape : {std::vector<std::int64_t>{2, 24, 40}, {1, 64, 16}, {3, 8, 8}}) {
        const at::Tensor x = at::randn(shape, at::TensorOptions().dtype(at::kDouble));
        const at::Tensor s = at::linalg_svdvals(orthogonalised(x, 5, false));
        EXPECT_GT(s.min().item<double>(), shape[1] == shape[2] ? 0.0 : 0.6);
        EXPECT_LT(s.max().item<double>(), 1.3);
    }
}

// Muon by its definition, against the update of the optimiser.
TEST(Optimizer, MuonStepIsItsFormula) {
    TrainingOptions options;
    options.learning_rate = 0.01;
    options.clip = 0;
    const std::string name = "model.layers.0.mlp.down_proj.weight";
    const at::Tensor before = at::randn({6, 10}), gradient = at::randn({6, 10});
    at::Tensor weight = before.clone();
    Optimizer optimizer({{name, weight}}, options, false);
    std::vector<at::Tensor> gradients{gradient.clone()};
    optimizer.step(gradients, 0.5);
    const at::Tensor u = orthogonalised((gradient + 0.95 * gradient).unsqueeze(0), 5, false)[0];
    const at::Tensor expected = before * (1 - 0.005 * 0.1) - 0.005 * 0.2 * std::sqrt(10.0) * u;
    EXPECT_LT((weight - expected).abs().max().item<double>(), 1e-5);
}

TEST(Optimizer, AdamStepIsItsFormulaAndDecaysMatricesOnly) {
    TrainingOptions options;
    options.optimizer = OptimizerKind::AdamW;
    options.learning_rate = 0.01;
    options.clip = 0;
    at::Tensor matrix = at::ones({3, 4}), norm = at::ones({4});
    Optimizer optimizer({{"model.layers.0.mlp.down_proj.weight", matrix}, {"model.norm.weight", norm}}, options, false);
    std::vector<at::Tensor> gradients{at::full({3, 4}, 2.0), at::full({4}, -3.0)};
    optimizer.step(gradients, 1.0);
    // The first step of Adam is the sign of the gradient.
    EXPECT_LT((matrix - (1 - 0.01 * 0.1 - 0.01)).abs().max().item<double>(), 1e-6);
    EXPECT_LT((norm - 1.01).abs().max().item<double>(), 1e-6);
}

TEST(Optimizer, ClipsTheGlobalNorm) {
    TrainingOptions options;
    options.clip = 1.0;
    at::Tensor a = at::ones({2}), b = at::ones({2});
    Optimizer optimizer({{"a", a}, {"b", b}}, options, false);
    std::vector<at::Tensor> gradients{at::full({2}, 3.0), at::full({2}, 4.0)};
    EXPECT_NEAR(optimizer.step(gradients, 1.0), std::sqrt(50.0), 1e-5);
    EXPECT_NEAR((gradients[0].square().sum() + gradients[1].square().sum()).item<double>(), 1.0, 1e-4);
}

TEST(Loss, AgreesWithTheUntiledOneAndItsGradient) {
    const std::int64_t n = 1100, d = 12, vocab = 37;  // more than two tiles
    const auto f64 = at::TensorOptions().dtype(at::kDouble);
    const at::Tensor hidden = at::randn({n, d}, f64).requires_grad_(true), head = at::randn({vocab, d}, f64).requires_grad_(true);
    at::Tensor targets = at::randint(vocab, {n}, at::TensorOptions().dtype(at::kLong));
    targets.narrow(0, 5, 40).fill_(-1);
    const at::Tensor loss = language_model_loss(hidden, head, targets, false);
    const at::Tensor plain = at::cross_entropy_loss(at::linear(hidden, head), targets, {}, at::Reduction::Mean, -1);
    EXPECT_NEAR(loss.item<double>(), plain.item<double>(), 1e-12);
    const auto ours = torch::autograd::grad({loss}, {hidden, head});
    const auto theirs = torch::autograd::grad({plain}, {hidden, head});
    for (int i = 0; i < 2; ++i) EXPECT_LT((ours[i] - theirs[i]).abs().max().item<double>(), 1e-14);
}

}  // namespace
}  // namespace rankscope::internal
