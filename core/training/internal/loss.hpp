// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace rankscope::internal {

/// Mean cross entropy in nats over the rows whose target is not negative: a scalar of hidden's dtype.
/// hidden [N, D] after the final norm, head [vocab, D], targets [N] int64. Differentiable in hidden and head. Works in
/// tiles of rows and forms each tile of logits once: both gradients are computed in the forward pass (when gradients are
/// wanted), so [N, vocab] never exists. `bf16`: the products in bfloat16.
[[nodiscard]] at::Tensor language_model_loss(const at::Tensor& hidden, const at::Tensor& head,
                                             const at::Tensor& targets, bool bf16);

}  // namespace rankscope::internal
