// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/layer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <chrono>

#include "core/model/internal/attention.hpp"
#include "core/model/internal/mixer.hpp"
#include "core/model/internal/tracing.hpp"

namespace rankscope::internal {
namespace {

// Norms and gates are computed in float32 at least, whatever the weights are.
at::ScalarType wide(const at::Tensor& x) {
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor l2_normalised(const at::Tensor& x) {
    return x * at::rsqrt((x * x).sum(-1, true) + 1e-6);
}

// Causal depthwise convolution over [B, T, C]: four shifted multiply-adds beat a grouped convolution on a processor.
at::Tensor short_conv(const at::Tensor& x, const at::Tensor& weight, bool activate, at::Tensor* tail) {
    const std::int64_t W = weight.size(1);
    const std::int64_t T = x.size(1);
    at::Tensor padded;
    if (tail != nullptr) {
        if (!tail->defined()) *tail = at::zeros({x.size(0), W - 1, x.size(2)}, x.options());
        padded = at::cat({*tail, x}, 1);
        *tail = padded.narrow(1, T, W - 1).contiguous();
    } else {
        padded = at::constant_pad_nd(x, {0, 0, W - 1, 0});
    }
    padded = padded.to(wide(x));
    const at::Tensor w = weight.to(wide(x));
    at::Tensor y = padded.narrow(1, 0, T) * w.select(1, 0);
    for (std::int64_t j = 1; j < W; ++j) y = at::addcmul(y, padded.narrow(1, j, T), w.select(1, j));
    if (activate) y = at::silu(y);
    return y.to(x.scalar_type());
}

at::Tensor feature_map(const at::Tensor& x, QkActivation activation) {
    switch (activation) {
        case QkActivation::Relu: return at::relu(x);
        case QkActivation::Elu: return at::elu(x) + 1;
        default: return x;
    }
}

at::Tensor normalised(const at::Tensor& x, QkNorm norm) {
    const at::Tensor y = x.to(wide(x));
    return norm == QkNorm::L2 ? l2_normalised(y) : y / y.sum(-1, true);
}

at::Tensor recurrent_mixer(const Network& network, std::int64_t index, const LayerWeights& w, const at::Tensor& x, const LayerRun& run) {
    const ModelConfig& m = network.config;
    const LayerConfig& layer = m.layers[static_cast<std::size_t>(index)];
    const std::int64_t B = x.size(0), T = x.size(1), H = layer.key_heads, HV = layer.value_heads;
    LayerCache* cache = run.cache;
    at::Tensor q = linear(x, w.q_proj, {}, run.bf16_matmul);
    at::Tensor k = linear(x, w.k_proj, {}, run.bf16_matmul);
    at::Tensor v = linear(x, w.v_proj, {}, run.bf16_matmul);
    const bool silu = m.qk_activation == QkActivation::Silu;
    if (m.use_short_conv) {
        q = short_conv(q, w.q_conv, silu, cache ? &cache->q_tail : nullptr);
        k = short_conv(k, w.k_conv, silu, cache ? &cache->k_tail : nullptr);
        v = short_conv(v, w.v_conv, true, cache ? &cache->v_tail : nullptr);
    } else {
        if (silu) q = at::silu(q);
        if (silu) k = at::silu(k);
        v = at::silu(v);
    }
    q = feature_map(q, m.qk_activation).view({B, T, H, -1});
    k = feature_map(k, m.qk_activation).view({B, T, H, -1});
    v = v.view({B, T, HV, -1}).to(wide(x));
    const at::Tensor q_raw = q, k_raw = k;
    q = normalised(q, m.qk_norm);
    k = normalised(k, m.qk_norm);
    if (run.noise != nullptr) q = q + query_noise(q, layer, m.qk_norm == QkNorm::L2, run, index);

    at::Tensor beta;
    if (w.b_proj.defined()) {
        beta = at::sigmoid(linear(x, w.b_proj, {}, false).to(wide(x)));
    } else {
        beta = at::ones({B, T, HV}, v.options());
    }
    if (m.allow_neg_eigval) beta = beta * 2;
    at::Tensor g;
    if (layer.mixer == MixerKind::GatedDeltaRule) {
        const at::Tensor a = linear(x, w.a_proj, {}, false).to(wide(x)) + w.dt_bias;
        g = -at::exp(w.A_log) * at::softplus(a);
    }
    const double scale = run.scale != 0 ? run.scale : layer.scale;
    std::span<const std::int64_t> positions;
    if (run.trace != nullptr) positions = run.trace->state_positions;
    const auto start = std::chrono::steady_clock::now();
    MixerResult r = delta_rule(q, k, v, beta, g, scale, cache ? cache->state : at::Tensor(), positions, run.reference_mixer);
    if (cache != nullptr) {
        cache->state = r.final_state;
        cache->mixer_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    if (run.trace != nullptr) deliver_trace(*run.trace, index, scale, {x, q_raw, k_raw, q, k, v, beta, g, r.out, r.states});

    // Per head: normalise first, gate after.
    at::Tensor o = rms_norm(r.out, w.o_norm, m.norm_eps);
    if (m.output_gate != OutputGate::None) {
        const at::Tensor gate = linear(x, w.g_proj, {}, run.bf16_matmul).view({B, T, HV, -1}).to(wide(x));
        o = o * (m.output_gate == OutputGate::Swish ? at::silu(gate) : at::sigmoid(gate));
    }
    return linear(o.reshape({B, T, -1}).to(x.scalar_type()), w.o_proj, {}, run.bf16_matmul);
}

at::Tensor mlp(const LayerWeights& w, const at::Tensor& x, bool bf16) {
    return linear(at::silu(linear(x, w.gate_proj, {}, bf16)) * linear(x, w.up_proj, {}, bf16), w.down_proj, {}, bf16);
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool bf16) {
    if (!bf16) return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
    const at::Tensor y = at::linear(x.to(at::kBFloat16), weight.to(at::kBFloat16), bias.defined() ? std::optional(bias.to(at::kBFloat16)) : std::nullopt);
    return y.to(x.scalar_type());
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
    const at::Tensor y = x.to(wide(x));
    return (y * at::rsqrt((y * y).mean(-1, true) + eps) * weight).to(x.scalar_type());
}

at::Tensor embed(const Network& network, const at::Tensor& ids) {
    return at::embedding(network.weights.at("model.embeddings.weight"), ids);
}

at::Tensor run_layer(const Network& network, std::int64_t index, const LayerWeights& w, const at::Tensor& x, const LayerRun& run) {
    const ModelConfig& m = network.config;
    const LayerConfig& layer = m.layers[static_cast<std::size_t>(index)];
    const at::Tensor normed = rms_norm(x, w.attn_norm, m.norm_eps);
    at::Tensor h = x + (layer.mixer == MixerKind::Attention ? attention(layer, w, normed, run) : recurrent_mixer(network, index, w, normed, run));
    h = h + mlp(w, rms_norm(h, w.mlp_norm, m.norm_eps), run.bf16_matmul);
    if (run.cache != nullptr) run.cache->position += x.size(1);
    return h;
}

at::Tensor final_hidden(const Network& network, const at::Tensor& x) {
    return rms_norm(x, network.weights.at("model.norm.weight"), network.config.norm_eps);
}

LayerWeights select_channels(const LayerWeights& weights, const LayerConfig& layer, const LayerSelection& selection) {
    LayerWeights w = weights;
    if (selection.keep.empty()) return w;
    std::vector<std::int64_t> rows;
    for (std::size_t h = 0; h < selection.keep.size(); ++h) {
        for (const std::int32_t c : selection.keep[h]) rows.push_back(static_cast<std::int64_t>(h) * layer.key_dim + c);
    }
    const at::Tensor index = at::tensor(rows, at::kLong).to(w.q_proj.device());
    for (at::Tensor* t : {&w.q_proj, &w.k_proj, &w.q_conv, &w.k_conv}) {
        if (t->defined()) *t = t->index_select(0, index);
    }
    return w;
}

}  // namespace rankscope::internal
