// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/attention.hpp"

#include "core/base/stop_scope.hpp"
#include "core/model/internal/layer_operations.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <algorithm>

namespace rankscope::internal {
namespace {

// x [B, T, heads, hd]; the first half of a head rotates with the second.
at::Tensor rotate(const at::Tensor& x, std::int64_t offset, double theta) {
    const std::int64_t half = x.size(3) / 2;
    const auto wide = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    const auto options = x.options().dtype(wide);
    const at::Tensor exponent = at::arange(half, options) * (-2.0 / static_cast<double>(x.size(3)));
    const at::Tensor frequency = at::pow(theta, exponent);
    const at::Tensor angle =
        at::outer(at::arange(offset, offset + x.size(1), options), frequency).unsqueeze(1);  // [T, 1, half]
    // cos and sin pass through the activation dtype, as in the reference.
    const at::Tensor c = angle.cos().to(x.scalar_type()).to(wide);
    const at::Tensor s = angle.sin().to(x.scalar_type()).to(wide);
    const at::Tensor y = x.to(wide);
    const at::Tensor a = y.narrow(3, 0, half), b = y.narrow(3, half, half);
    return at::cat({a * c - b * s, b * c + a * s}, 3).to(x.scalar_type());
}

}  // namespace

at::Tensor attention(const LayerConfig& layer, const LayerWeights& w, const at::Tensor& x,
                     const LayerRun& run) {
    const AttentionSpec& spec = layer.attention;
    const std::int64_t B = x.size(0), T = x.size(1), hd = layer.key_dim;
    const std::int64_t past = run.cache != nullptr ? run.cache->position : 0;
    at::Tensor q = rotate(project(x, w.q_proj, w.q_bias).view({B, T, spec.heads, hd}), past, spec.rope_theta)
                       .transpose(1, 2);
    at::Tensor k =
        rotate(project(x, w.k_proj, w.k_bias).view({B, T, spec.kv_heads, hd}), past, spec.rope_theta)
            .transpose(1, 2);
    at::Tensor v = project(x, w.v_proj, w.v_bias).view({B, T, spec.kv_heads, hd}).transpose(1, 2);
    if (run.cache != nullptr) {
        LayerCache& cache = *run.cache;
        if (cache.keys.defined()) {
            k = at::cat({cache.keys, k}, 2);
            v = at::cat({cache.values, v}, 2);
        }
        // Keys that no later token can see are dropped.
        const std::int64_t keep = spec.window ? std::min(k.size(2), *spec.window) : k.size(2);
        cache.keys = k.narrow(2, k.size(2) - keep, keep);
        cache.values = v.narrow(2, v.size(2) - keep, keep);
    }
    if (spec.kv_heads != spec.heads) {
        k = k.repeat_interleave(spec.heads / spec.kv_heads, 1);
        v = v.repeat_interleave(spec.heads / spec.kv_heads, 1);
    }
    const auto options = x.options().dtype(at::kLong);
    const std::int64_t before = k.size(2) - T;  // query i stands behind the keys of the past
    // In blocks of queries, between which a stop is heard. Each takes the keys that one of its queries sees: the mask of all
    // queries and all keys is never there.
    const std::int64_t step = product_rows(k.size(2), 2 * B * spec.heads * hd, x.scalar_type());
    std::vector<at::Tensor> parts;
    for (std::int64_t begin = 0; begin < T; begin += step) {
        check_stop();
        const std::int64_t count = std::min(step, T - begin), last = before + begin + count;
        const std::int64_t first = spec.window ? std::max<std::int64_t>(0, before + begin + 1 - *spec.window) : 0;
        const at::Tensor distance = at::arange(before + begin, last, options).unsqueeze(1) - at::arange(first, last, options).unsqueeze(0);
        at::Tensor visible = distance >= 0;
        if (spec.window) visible = visible.logical_and(distance < *spec.window);
        parts.push_back(at::scaled_dot_product_attention(q.narrow(2, begin, count), k.narrow(2, first, last - first),
                                                         v.narrow(2, first, last - first), visible, 0.0, false, layer.scale));
    }
    const at::Tensor o = parts.size() == 1 ? parts.front() : at::cat(parts, 2);
    return project(o.transpose(1, 2).reshape({B, T, -1}), w.o_proj);
}

}  // namespace rankscope::internal
