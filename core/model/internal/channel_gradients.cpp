// SPDX-License-Identifier: Apache-2.0
// First-order Taylor scores as in LLM-Pruner (Ma, Fang & Wang 2023): Σ_j |W_ij ∂L/∂W_ij| over the rows of
// q_proj and k_proj, the gradient summed over all rows of text before the absolute value is taken.
#include "core/base/stop_scope.hpp"
#include "core/base/remaining.hpp"
#include "core/model/internal/layer_operations.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "core/model/internal/torch_model.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace rankscope::internal {

namespace {

// Rows of logits at a time.
constexpr std::int64_t kLossRows = 256;

// Of the summed loss of one row of text: first for its last hidden states [1, T, D], in tiles of rows, then layer by layer towards
// the embeddings. A layer is run again for its own graph, so that there is never more than the graph of one layer.
class Backpropagation {
public:
    Backpropagation(const Network& network, const std::function<void()>& after_layer) : network_(network), after_layer_(after_layer) {
        first_ = network_.layers.size();
        for (std::size_t l = network_.layers.size(); l-- > 0;) {
            if (network_.config.layers[l].prunable()) first_ = l;
        }
        sums.resize(network_.layers.size());
    }

    void add(const at::Tensor& ids) {
        std::vector<at::Tensor> inputs;
        {
            const at::NoGradGuard guard;
            inputs.push_back(internal::embed(network_, ids));
            for (std::size_t l = 0; l < network_.layers.size(); ++l) {
                check_stop();
                inputs.push_back(internal::run_layer(network_, static_cast<std::int64_t>(l), network_.layers[l], inputs.back(), {}));
                after_layer_();
            }
        }
        at::Tensor gradient = of_last(inputs.back(), ids);
        for (std::size_t l = network_.layers.size(); l-- > first_;) {
            inputs.pop_back();
            gradient = through(l, inputs.back(), gradient);
            after_layer_();
        }
    }

    /// Gradients of q_proj, then k_proj, [2 · key rows, D] per layer; undefined for attention layers.
    std::vector<at::Tensor> sums;

private:
    [[nodiscard]] at::Tensor of_last(const at::Tensor& last, const at::Tensor& ids) const {
        at::Tensor gradient = at::zeros_like(last);
        const std::int64_t n = ids.size(1) - 1;
        for (std::int64_t begin = 0; begin < n; begin += kLossRows) {
            check_stop();
            const std::int64_t count = std::min(kLossRows, n - begin);
            const at::Tensor x = last.narrow(1, begin, count).detach().requires_grad_(true);
            const at::Tensor logits = project(final_hidden(network_, x).reshape({count, -1}), network_.head());
            const at::Tensor targets = ids.narrow(1, begin + 1, count).reshape({count});
            const at::Tensor loss = at::cross_entropy_loss(logits, targets, {}, at::Reduction::Sum);
            gradient.narrow(1, begin, count).copy_(torch::autograd::grad({loss}, {x}).front());
        }
        return gradient;
    }

    // From the gradient of what layer l gives to that of its input; adds up those of its projections.
    [[nodiscard]] at::Tensor through(std::size_t l, const at::Tensor& input, const at::Tensor& gradient) {
        const bool prunable = network_.config.layers[l].prunable();
        const at::Tensor x = input.detach().requires_grad_(l > first_);
        LayerWeights weights = network_.layers[l];
        std::vector<at::Tensor> leaves;
        at::Tensor keys;
        if (prunable) {
            const at::Tensor all = weights.mixer_in.detach();
            const std::int64_t rows = 2 * weights.key_rows;
            keys = all.narrow(0, 0, rows).detach().requires_grad_(true);
            weights.mixer_in = at::cat({keys, all.narrow(0, rows, all.size(0) - rows)}, 0);
            leaves.push_back(keys);
        }
        if (l > first_) leaves.push_back(x);
        const at::Tensor out = internal::run_layer(network_, static_cast<std::int64_t>(l), weights, x, {});
        const auto found = torch::autograd::grad({out}, leaves, {gradient}, std::nullopt, false, true);
        if (prunable && found.front().defined()) {
            if (sums[l].defined()) {
                sums[l].add_(found.front());
            } else {
                // A copy: what autograd gives is a part of the gradient of all projections and would keep that alive.
                sums[l] = found.front().to(wide(found.front()), /*non_blocking=*/false, /*copy=*/true);
            }
        }
        return l > first_ ? found.back() : at::Tensor();
    }

    const Network& network_;
    const std::function<void()>& after_layer_;
    std::size_t first_ = 0;  // the layer that no gradient has to go through
};

}  // namespace

ChannelGradients TorchModel::channel_gradients(std::span<const std::vector<std::int32_t>> rows,
                                               const Progress& progress) const {
    return translated([&] {
        const at::AutoGradMode guard(true);
        const auto began = std::chrono::steady_clock::now();
        const auto total = static_cast<double>(rows.size());
        double done = 0;
        // Forwards and, with the layer run again, backwards, which takes about three times as long as forwards.
        const double step = 1.0 / static_cast<double>(2 * network_.layers.size());
        const std::function<void()> after_layer = [&] {
            done += step;
            const double passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
            progress.update({done, total, "windows", remaining_seconds(passed, done, total), "gradients"});
        };
        Backpropagation gradients(network_, after_layer);
        std::int64_t tokens = 0;
        for (std::size_t r = 0; r < rows.size(); ++r) {
            progress.check();
            done = static_cast<double>(r);
            if (rows[r].size() < 2) continue;
            gradients.add(checked_ids(rows.subspan(r, 1)));
            tokens += std::ssize(rows[r]) - 1;
        }
        if (tokens == 0)
            throw_input("no gradient: every row has fewer than 2 tokens, expected at least one longer row");
        const c10::InferenceMode no_graph;
        ChannelGradients out;
        out.scores.resize(network_.layers.size());
        for (std::size_t l = 0; l < network_.layers.size(); ++l) {
            at::Tensor& sum = gradients.sums[l];
            if (!sum.defined()) continue;
            const at::Tensor keys = network_.layers[l].mixer_in.narrow(0, 0, sum.size(0)).to(at::kDouble);
            at::Tensor score = (keys * sum.to(at::kDouble)).abs().sum(1) / static_cast<double>(tokens);
            sum.reset();
            score = (score.narrow(0, 0, score.size(0) / 2) + score.narrow(0, score.size(0) / 2, score.size(0) / 2)).to(at::kCPU).contiguous();
            out.scores[l].assign(score.const_data_ptr<double>(), score.const_data_ptr<double>() + score.numel());
        }
        return out;
    });
}

}  // namespace rankscope::internal
