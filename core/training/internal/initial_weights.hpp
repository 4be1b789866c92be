// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/model/internal/network.hpp"

namespace rankscope::internal {

/// A network with random weights, float32 on the CPU. Every tensor is a pure function of (seed, its name, its shape):
///   embeddings, projections, head   normal, standard deviation 0.02; o_proj and down_proj divided by sqrt(2 L)
///   convolutions                    uniform within +-1/sqrt(W)
///   norms                           1,   biases 0
///   A_log                           log of a uniform value in (0, 16]
///   dt_bias                         inverse softplus of a log-uniform value in [0.001, 0.1]
/// The last two as in Gated DeltaNet (arXiv 2412.06464), which takes them from Mamba-2.
[[nodiscard]] Network initial_network(const ModelConfig& config, std::uint64_t seed);

/// Replaces the weights by those of a folder, as float32. Error{Input}: the folder's model has other tensors or shapes.
void take_weights(Network& network, const ModelFolder& folder);

}  // namespace rankscope::internal
