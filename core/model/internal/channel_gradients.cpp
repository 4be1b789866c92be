// SPDX-License-Identifier: Apache-2.0
// First-order Taylor scores as in LLM-Pruner (Ma, Fang & Wang 2023): Σ_j |W_ij ∂L/∂W_ij| over the rows of
// q_proj and k_proj, the gradient summed over all rows of text before the absolute value is taken.
#include "core/model/internal/layer_operations.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "core/model/internal/torch_model.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <torch/csrc/autograd/autograd.h>

namespace rankscope::internal {

ChannelGradients TorchModel::channel_gradients(std::span<const std::vector<std::int32_t>> rows,
                                               const Progress& progress) const {
    return translated([&] {
        const at::AutoGradMode guard(true);
        // Only the projections of interest take part; everything before the first of them needs no graph.
        Network network = network_;
        std::vector<at::Tensor> leaves;
        for (std::size_t l = 0; l < network.layers.size(); ++l) {
            if (!network.config.layers[l].prunable()) continue;
            for (const char* part : {"q_proj", "k_proj"}) {
                at::Tensor& t =
                    network.weights.at("model.layers." + std::to_string(l) + ".attn." + part + ".weight");
                t = t.detach().clone().requires_grad_(true);
                leaves.push_back(t);
            }
        }
        std::vector<at::Tensor> sums(leaves.size());
        double done = 0;
        std::int64_t tokens = 0;
        for (const auto& row : rows) {
            if (row.size() < 2) continue;
            const at::Tensor ids = checked_ids(std::span(&row, 1));
            network.bind();
            at::Tensor x = internal::embed(network, ids);
            for (std::size_t l = 0; l < network.layers.size(); ++l) {
                progress.check();
                x = internal::run_layer(network, static_cast<std::int64_t>(l), network.layers[l], x, {});
            }
            const std::int64_t n = ids.size(1) - 1;
            const at::Tensor hidden = final_hidden(network, x.narrow(1, 0, n)).reshape({n, -1});
            const at::Tensor logits = project(hidden, network.head());
            const at::Tensor loss =
                at::cross_entropy_loss(logits, ids.narrow(1, 1, n).reshape({n}), {}, at::Reduction::Sum);
            tokens += n;
            const auto gradients = torch::autograd::grad({loss}, leaves, {}, std::nullopt, false, true);
            for (std::size_t i = 0; i < leaves.size(); ++i) {
                if (!gradients[i].defined()) continue;
                const at::Tensor g = gradients[i].to(at::kDouble);
                sums[i] = sums[i].defined() ? sums[i] + g : g;
            }
            progress.update({++done, static_cast<double>(rows.size()), "windows", -1, "gradients"});
        }
        if (tokens == 0)
            throw_input("no gradient: every row has fewer than 2 tokens, expected at least one longer row");
        ChannelGradients out;
        out.scores.resize(network.layers.size());
        std::size_t i = 0;
        for (std::size_t l = 0; l < network.layers.size(); ++l) {
            if (!network.config.layers[l].prunable()) continue;
            at::Tensor score;
            for (int part = 0; part < 2; ++part, ++i) {
                if (!sums[i].defined()) continue;
                const at::Tensor s =
                    (leaves[i].detach().to(at::kDouble) * sums[i]).abs().sum(1) / static_cast<double>(tokens);
                score = score.defined() ? score + s : s;
            }
            if (!score.defined()) continue;
            score = score.to(at::kCPU).contiguous();
            out.scores[l].assign(score.const_data_ptr<double>(),
                                 score.const_data_ptr<double>() + score.numel());
        }
        return out;
    });
}

}  // namespace rankscope::internal
