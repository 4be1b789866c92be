// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/layer.hpp"

#include "core/model/internal/attention.hpp"
#include "core/model/internal/device.hpp"
#include "core/model/internal/layer_operations.hpp"
#include "core/model/internal/mixer.hpp"
#include "core/model/internal/mixer_inputs.hpp"
#include "core/model/internal/tracing.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/tensor.h>

#include <chrono>

namespace rankscope::internal {
namespace {

// x [B, T, D] after the pre-norm -> [B, T, D].
at::Tensor recurrent_mixer(const Network& network, std::int64_t index, const LayerWeights& w,
                           const at::Tensor& x, const LayerRun& run) {
    const ModelConfig& m = network.config;
    const LayerConfig& layer = m.layers[static_cast<std::size_t>(index)];
    LayerCache* cache = run.cache;
    // What is looked at or compared is not rounded.
    const bool precise = run.trace != nullptr || run.noise != nullptr || run.reference_mixer;
    MixerInputs in = mixer_inputs(m, layer, w, project(x, w.mixer_in), cache != nullptr ? &cache->conv_tail : nullptr,
                                  run.trace != nullptr && run.trace->raw, precise);
    if (run.noise != nullptr) in.q = in.q + query_noise(in.q, layer, m.qk_norm == QkNorm::L2, run, index);
    const double scale = run.scale != 0 ? run.scale : layer.scale;
    std::span<const std::int64_t> positions;
    if (run.trace != nullptr) positions = run.trace->state_positions;
    const bool timed = cache != nullptr && cache->timed;
    if (timed) synchronise(x.device());
    const auto start = std::chrono::steady_clock::now();
    MixerResult r =
        delta_rule(in.q, in.k, in.v, in.beta, in.g, scale, cache != nullptr ? cache->state : at::Tensor(),
                   positions, run.reference_mixer);
    if (cache != nullptr) {
        cache->state = r.final_state;
        if (timed) synchronise(x.device());
        cache->mixer_seconds +=
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    if (run.trace != nullptr)
        deliver_trace(*run.trace, index, scale,
                      {x, in.q_raw, in.k_raw, in.q, in.k, in.v, in.beta, in.g, r.out, r.states},
                      run.state_kernels);
    return project(gated_norm(r.out, w.o_norm, in.gate, m.output_gate, m.norm_eps, x.scalar_type()),
                   w.o_proj);
}

}  // namespace

at::Tensor embed(const Network& network, const at::Tensor& ids) {
    return at::embedding(network.weights.at("model.embeddings.weight"), ids);
}

at::Tensor run_layer(const Network& network, std::int64_t index, const LayerWeights& w, const at::Tensor& x,
                     const LayerRun& run) {
    const ModelConfig& m = network.config;
    const LayerConfig& layer = m.layers[static_cast<std::size_t>(index)];
    const at::ScalarType product = run.bf16_matmul ? at::kBFloat16 : x.scalar_type();
    const at::Tensor normed = rms_norm(x, w.attn_norm, m.norm_eps, product);
    const at::Tensor mixed =
        layer.prunable() ? recurrent_mixer(network, index, w, normed, run) : attention(layer, w, normed, run);
    const auto [h, mlp_normed] = add_and_norm(x, mixed, w.mlp_norm, m.norm_eps);
    if (run.cache != nullptr) run.cache->position += x.size(1);
    return h + project(swiglu(project(mlp_normed, w.mlp_in)), w.down_proj).to(x.scalar_type());
}

at::Tensor final_hidden(const Network& network, const at::Tensor& x) {
    return rms_norm(x, network.weights.at("model.norm.weight"), network.config.norm_eps, x.scalar_type());
}

LayerWeights select_channels(const LayerWeights& weights, const LayerConfig& layer,
                             const LayerSelection& selection) {
    LayerWeights w = weights;
    if (selection.keep.empty()) return w;
    std::vector<std::int64_t> rows;
    for (std::size_t h = 0; h < selection.keep.size(); ++h) {
        for (const std::int32_t c : selection.keep[h])
            rows.push_back(static_cast<std::int64_t>(h) * layer.key_dim + c);
    }
    const at::Tensor index = at::tensor(rows, at::kLong).to(w.mixer_in.device());
    const at::Tensor rest = w.mixer_in.narrow(0, 2 * w.key_rows, w.mixer_in.size(0) - 2 * w.key_rows);
    w.mixer_in =
        at::cat({w.mixer_in.index_select(0, index), w.mixer_in.index_select(0, index + w.key_rows), rest}, 0);
    w.key_rows = std::ssize(rows);
    for (at::Tensor* t : {&w.q_conv, &w.k_conv}) {
        if (t->defined()) *t = t->index_select(0, index);
    }
    return w;
}

}  // namespace rankscope::internal
