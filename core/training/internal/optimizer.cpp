// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/optimizer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>

#include "core/training/internal/newton_schulz.hpp"

namespace rankscope::internal {
namespace {

// Gives a Muon step about the size of an AdamW step (0.2 root mean square per entry), whatever the shape.
constexpr double kUpdateScale = 0.2;

bool is_layer_matrix(const std::string& name, const at::Tensor& weight) {
    return name.starts_with("model.layers.") && weight.dim() == 2;
}

}  // namespace

Optimizer::Optimizer(const std::map<std::string, at::Tensor>& weights, const TrainingOptions& options, bool bf16)
    : options_(options), bf16_(bf16) {
    for (const auto& [name, weight] : weights) {
        const std::size_t index = weights_.size();
        names_.push_back(name);
        weights_.push_back(weight);
        const at::Tensor zeros = at::zeros_like(weight.detach());
        first_.push_back(zeros);
        const bool muon = options.optimizer == OptimizerKind::Muon && is_layer_matrix(name, weight);
        second_.push_back(muon ? at::Tensor() : zeros.clone());
        if (!muon) {
            (weight.dim() == 2 ? adam_decayed_ : adam_plain_).push_back(index);
            continue;
        }
        const std::int64_t rows = std::min(weight.size(0), weight.size(1));
        const std::int64_t columns = std::max(weight.size(0), weight.size(1));
        auto group = std::find_if(muon_.begin(), muon_.end(),
                                  [&](const Muon& g) { return g.rows == rows && g.columns == columns; });
        if (group == muon_.end()) group = muon_.insert(muon_.end(), Muon{{}, rows, columns});
        group->members.push_back(index);
    }
}

double Optimizer::clip(std::vector<at::Tensor>& gradients) const {
    double square = 0;
    for (const at::Tensor& g : gradients) {
        if (!g.defined()) continue;
        const auto norm = at::linalg_vector_norm(g, 2).item<double>();
        square += norm * norm;
    }
    const double norm = std::sqrt(square);
    if (options_.clip > 0 && norm > options_.clip) {
        for (at::Tensor& g : gradients) {
            if (g.defined()) g.mul_(options_.clip / norm);
        }
    }
    return norm;
}

void Optimizer::step_muon(const Muon& group, const std::vector<at::Tensor>& gradients, double learning_rate) {
    std::vector<at::Tensor> updates;
    for (const std::size_t i : group.members) {
        at::Tensor& momentum = first_[i];
        momentum.mul_(options_.momentum);
        if (gradients[i].defined()) momentum.add_(gradients[i]);
        at::Tensor update = momentum * options_.momentum;
        if (gradients[i].defined()) update.add_(gradients[i]);
        updates.push_back(update.size(0) > update.size(1) ? update.t() : update);
    }
    const at::Tensor orthogonal = orthogonalised(at::stack(updates), options_.newton_schulz_steps, bf16_);
    const double size = learning_rate * kUpdateScale * std::sqrt(static_cast<double>(group.columns));
    for (std::size_t n = 0; n < group.members.size(); ++n) {
        at::Tensor& weight = weights_[group.members[n]];
        const at::Tensor update = orthogonal.select(0, static_cast<std::int64_t>(n));
        weight.mul_(1 - learning_rate * options_.weight_decay);
        weight.sub_(weight.size(0) > weight.size(1) ? update.t() : update, size);
    }
}

void Optimizer::step_adam(const std::vector<std::size_t>& members, const std::vector<at::Tensor>& gradients,
                          double learning_rate, double weight_decay) {
    std::vector<at::Tensor> weights, g, first, second, steps;
    for (const std::size_t i : members) {
        weights.push_back(weights_[i].detach());
        g.push_back(gradients[i].defined() ? gradients[i].contiguous() : at::zeros_like(weights.back()));
        first.push_back(first_[i]);
        second.push_back(second_[i]);
        steps.push_back(at::full({}, static_cast<double>(steps_), at::TensorOptions().dtype(at::kFloat).device(weights.back().device())));
    }
    if (weights.empty()) return;
    at::_fused_adamw_(weights, g, first, second, {}, steps, learning_rate, options_.beta1, options_.beta2, weight_decay,
                      options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

double Optimizer::step(std::vector<at::Tensor>& gradients, double factor) {
    const double norm = clip(gradients);
    ++steps_;
    for (const Muon& group : muon_) step_muon(group, gradients, factor * options_.learning_rate);
    const bool muon = options_.optimizer == OptimizerKind::Muon;
    const double adam_rate = factor * (muon ? options_.adam_learning_rate : options_.learning_rate);
    step_adam(adam_decayed_, gradients, adam_rate, options_.weight_decay);
    step_adam(adam_plain_, gradients, adam_rate, 0);
    return norm;
}

std::map<std::string, at::Tensor> Optimizer::state() const {
    std::map<std::string, at::Tensor> out;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (second_[i].defined()) {
            out.emplace("first_moment." + names_[i], first_[i]);
            out.emplace("second_moment." + names_[i], second_[i]);
        } else {
            out.emplace("momentum." + names_[i], first_[i]);
        }
    }
    return out;
}

}  // namespace rankscope::internal
