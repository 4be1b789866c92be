// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/checkpoint/model_folder.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rankscope::internal {

/// One layer's weights; undefined where the configuration has none. Projections of the same input are joined,
/// one matrix product for all of them.
struct LayerWeights {
    at::Tensor attn_norm, mlp_norm;     // [D]
    at::Tensor mixer_in;                // recurrent layers: rows q | k | v | gate | b | a, [.., D]
    std::int64_t key_rows = 0;          // rows of q, and of k
    at::Tensor q_proj, k_proj, v_proj;  // attention: [out, in]
    at::Tensor q_bias, k_bias, v_bias;  // attention with qkv_bias
    at::Tensor A_log, dt_bias;          // [HV] float32
    at::Tensor q_conv, k_conv, v_conv;  // [channels, W]
    at::Tensor o_norm;                  // [V]
    at::Tensor o_proj;                  // [D, in]
    at::Tensor mlp_in;                  // rows gate | up, [2I, D]
    at::Tensor down_proj;               // [D, I]
};

/// Weights by Hugging Face name and the resolved configuration. Tensors may require gradients.
struct Network {
    ModelConfig config;
    std::map<std::string, at::Tensor> weights;
    std::vector<LayerWeights> layers;

    /// Fills `layers` from `weights`; called again after a tensor was replaced. Without gradients the joined
    /// matrices and their parts in `weights` are the same memory, so a change in place needs no new call.
    /// With gradients they are joined by a differentiable copy: bind within the graph.
    void bind();
    [[nodiscard]] at::Tensor head() const;  ///< [vocab, D], the embeddings of a tied model

private:
    [[nodiscard]] at::Tensor joined(const std::vector<std::string>& names);
};

/// Reads the weights. Matrices, embeddings and convolutions become `dtype`; norms, A_log and dt_bias at least
/// float32. Each byte of the files is read once and each weight written once; beside the weights no memory is taken that grows
/// with the model. NaN and infinity are warnings of `progress`.
[[nodiscard]] Network load_network(const ModelFolder& folder, at::Device device, at::ScalarType dtype,
                                   const Progress& progress = {});

/// Bytes that the weights take once loaded.
[[nodiscard]] std::int64_t weight_bytes(const ModelFolder& folder, at::ScalarType dtype);

}  // namespace rankscope::internal
