// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/checkpoint/model_folder.hpp"

namespace rankscope::internal {

/// One layer's weights; undefined where the configuration has none.
struct LayerWeights {
    at::Tensor attn_norm, mlp_norm;                        // [D]
    at::Tensor q_proj, k_proj, v_proj, o_proj;             // [out, in]
    at::Tensor q_bias, k_bias, v_bias;                     // attention with qkv_bias
    at::Tensor a_proj, b_proj, g_proj, A_log, dt_bias;     // A_log, dt_bias [HV] float32
    at::Tensor q_conv, k_conv, v_conv;                     // [channels, W]
    at::Tensor o_norm;                                     // [V]
    at::Tensor gate_proj, up_proj, down_proj;
};

/// Weights by Hugging Face name and the resolved configuration. Tensors may require gradients; `layers` holds the same
/// tensors (convolutions viewed as [channels, W]).
struct Network {
    ModelConfig config;
    std::map<std::string, at::Tensor> weights;
    std::vector<LayerWeights> layers;

    /// Fills `layers` from `weights`; called again after a tensor was replaced (not after it changed in place).
    void bind();
    [[nodiscard]] at::Tensor head() const;  ///< [vocab, D], the embeddings of a tied model
};

/// Reads the weights. Matrices, embeddings and convolutions become `dtype`; norms, A_log and dt_bias at least float32.
[[nodiscard]] Network load_network(const ModelFolder& folder, at::Device device, at::ScalarType dtype);

}  // namespace rankscope::internal
