// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/loss.hpp"

#include "core/model/internal/linear.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace rankscope::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Rows of logits at a time: at a vocabulary of 4096 a tile is 8 MB of float32, at 32000 64 MB.
constexpr std::int64_t kRows = 512;

class LossFunction : public torch::autograd::Function<LossFunction> {
public:
    static Variable forward(AutogradContext* ctx, const Variable& hidden, const Variable& head,
                            const at::Tensor& targets, bool bf16, bool gradients) {
        const at::AutoDispatchBelowADInplaceOrView guard;
        const at::Tensor scored = targets >= 0;
        const double count = std::max<double>(1.0, scored.sum().item<double>());
        const auto product = bf16 ? at::kBFloat16 : hidden.scalar_type();
        const at::Tensor weight = head.to(product);
        at::Tensor total = at::zeros({}, hidden.options());
        at::Tensor d_hidden, d_head;
        if (gradients) {
            d_hidden = at::empty_like(hidden);
            d_head = at::zeros_like(head);
        }
        for (std::int64_t begin = 0; begin < hidden.size(0); begin += kRows) {
            const std::int64_t rows = std::min(kRows, hidden.size(0) - begin);
            const at::Tensor x = hidden.narrow(0, begin, rows).to(product);
            const at::Tensor target = targets.narrow(0, begin, rows).clamp_min(0).unsqueeze(1);
            const at::Tensor weights = scored.narrow(0, begin, rows).to(hidden.scalar_type()).unsqueeze(1);
            at::Tensor logits = apply_linear(x, weight).to(hidden.scalar_type());
            const at::Tensor normaliser = at::logsumexp(logits, {1}, true);
            total += ((normaliser - logits.gather(1, target)) * weights).sum();
            if (!gradients) continue;
            // d loss / d logits = (softmax - one hot) / count
            logits.sub_(normaliser).exp_();
            logits.scatter_add_(1, target, -at::ones_like(weights));
            logits.mul_(weights / count);
            const at::Tensor d = logits.to(product);
            d_hidden.narrow(0, begin, rows).copy_(matrix_product(d, weight));
            d_head.add_(matrix_product(d.t(), x));
        }
        if (gradients) ctx->save_for_backward({d_hidden, d_head});
        return total / count;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        return {saved[0] * gradients[0], saved[1] * gradients[0], Variable(), Variable(), Variable()};
    }
};

}  // namespace

at::Tensor language_model_loss(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets, bool bf16) {
    const bool gradients = at::GradMode::is_enabled() && (hidden.requires_grad() || head.requires_grad());
    return LossFunction::apply(hidden, head, targets, bf16, gradients);
}

}  // namespace rankscope::internal
