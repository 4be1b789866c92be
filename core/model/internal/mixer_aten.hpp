// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

namespace rankscope::internal {

struct MixerResult {
    at::Tensor out;          ///< [B, T, HV, V]
    at::Tensor final_state;  ///< [B, HV, K, V]
    at::Tensor states;       ///< [P, B, HV, K, V]; undefined when none were asked for
};

/// The (gated) delta rule composed of ATen operations in chunks of 64 (WY form, models of Yang et al. 2024):
/// any device, dtype and width, differentiable by autograd. The fallback where no kernel fits, and the
/// baseline the kernels are measured against. Shapes as in kernels/delta_rule.hpp; `g` and `initial_state`
/// may be undefined.
[[nodiscard]] MixerResult delta_rule_aten(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                                          const at::Tensor& beta, const at::Tensor& g, double scale,
                                          const at::Tensor& initial_state);

/// The same with states after the tokens of `positions`: the sequence is cut behind each of them.
[[nodiscard]] MixerResult delta_rule_aten_states(const at::Tensor& q, const at::Tensor& k,
                                                 const at::Tensor& v, const at::Tensor& beta,
                                                 const at::Tensor& g, double scale,
                                                 const at::Tensor& initial_state,
                                                 std::span<const std::int64_t> positions);

}  // namespace rankscope::internal
