// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/training/training_options.hpp"

namespace rankscope::internal {

/// Updates weights in place from their gradients.
///
/// Muon (Jordan et al. 2024), for the matrices of the layers; all matrices of one shape are orthogonalised as a batch:
///   m <- momentum m + g,   u = NewtonSchulz(g + momentum m),   w <- (1 - lr wd) w - lr 0.2 sqrt(max(rows, columns)) u
/// AdamW (Loshchilov & Hutter 2019), for everything else: decoupled weight decay on matrices only.
class Optimizer {
public:
    /// `weights`: leaves that are updated in place, by name; the order of the map is the order of the gradients.
    Optimizer(const std::map<std::string, at::Tensor>& weights, const TrainingOptions& options, bool bf16);

    /// One step, `gradients` in the order of the weights (clipped in place; undefined = zero); `factor` multiplies the
    /// learning rates. Returns the norm of the gradient before clipping.
    double step(std::vector<at::Tensor>& gradients, double factor);

    /// What the optimiser remembers, by name: "momentum.NAME", "first_moment.NAME", "second_moment.NAME". The tensors are
    /// the live ones.
    [[nodiscard]] std::map<std::string, at::Tensor> state() const;

    [[nodiscard]] std::int64_t steps() const noexcept { return steps_; }

    /// After the state tensors have been filled from a checkpoint.
    void set_steps(std::int64_t steps) noexcept { steps_ = steps; }

private:
    struct Muon {
        std::vector<std::size_t> members;  ///< indices of weights with the same shape up to transposition
        std::int64_t rows = 0, columns = 0;
    };

    double clip(std::vector<at::Tensor>& gradients) const;
    void step_muon(const Muon& group, const std::vector<at::Tensor>& gradients, double learning_rate);
    void step_adam(const std::vector<std::size_t>& members, const std::vector<at::Tensor>& gradients,
                   double learning_rate, double weight_decay);

    TrainingOptions options_;
    bool bf16_ = false;
    std::int64_t steps_ = 0;
    std::vector<std::string> names_;
    std::vector<at::Tensor> weights_, first_, second_;  ///< first_: momentum under Muon; second_: undefined there
    std::vector<Muon> muon_;
    std::vector<std::size_t> adam_decayed_, adam_plain_;
};

}  // namespace rankscope::internal
