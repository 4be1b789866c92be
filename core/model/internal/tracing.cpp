// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/tracing.hpp"

#include "core/base/random.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <cmath>
#include <vector>

namespace rankscope::internal {
namespace {

struct Held {
    at::Tensor tensor;

    explicit Held(const at::Tensor& t, bool wanted) {
        if (wanted && t.defined()) tensor = t.detach().to(at::kCPU, at::kFloat).contiguous();
    }

    [[nodiscard]] std::span<const float> span() const {
        if (!tensor.defined()) return {};
        return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
    }
};

}  // namespace

void deliver_trace(const TraceRequest& request, std::int64_t layer, double scale, const MixerTensors& t) {
    if (!request.deliver) return;
    const Held x(t.x, request.layer_input), q_raw(t.q_raw, request.raw), k_raw(t.k_raw, request.raw),
        q(t.q, request.inputs), k(t.k, request.inputs), v(t.v, request.inputs), beta(t.beta, request.inputs),
        g(t.g, request.inputs), out(t.out, request.out), states(t.states, true);
    MixerTrace trace;
    trace.layer = layer;
    trace.B = t.q.size(0);
    trace.T = t.q.size(1);
    trace.H = t.q.size(2);
    trace.K = t.q.size(3);
    trace.HV = t.v.size(2);
    trace.V = t.v.size(3);
    trace.scale = scale;
    trace.layer_input = x.span();
    trace.q_raw = q_raw.span();
    trace.k_raw = k_raw.span();
    trace.q = q.span();
    trace.k = k.span();
    trace.v = v.span();
    trace.beta = beta.span();
    trace.g = g.span();
    trace.out = out.span();
    trace.states = states.span();
    request.deliver(trace);
}

at::Tensor query_noise(const at::Tensor& q, const LayerConfig& layer, bool unit_length, const LayerRun& run,
                       std::int64_t index) {
    const std::int64_t B = q.size(0), T = q.size(1), H = q.size(2), kept = q.size(3), K = layer.key_dim;
    at::Tensor noise = at::empty({B, T, H, kept}, at::TensorOptions().dtype(at::kFloat));
    float* out = noise.data_ptr<float>();
    const auto sigma = static_cast<float>(run.noise->level / std::sqrt(static_cast<double>(kept)));
    const bool sliced = run.selection != nullptr && !run.selection->keep.empty();
    std::vector<float> all(static_cast<std::size_t>(K));
    for (std::int64_t b = 0; b < B; ++b) {
        const auto window = static_cast<std::uint64_t>(run.noise->first_window + b);
        Random random(run.noise->seed, (static_cast<std::uint64_t>(index) << 40) ^ window);
        for (std::int64_t t = 0; t < T; ++t) {
            for (std::int64_t h = 0; h < H; ++h) {
                for (float& value : all)
                    value = static_cast<float>(random.normal());
                for (std::int64_t c = 0; c < kept; ++c) {
                    const std::int64_t channel =
                        sliced ? run.selection->keep[static_cast<std::size_t>(h)][static_cast<std::size_t>(c)]
                               : c;
                    *out++ = sigma * all[static_cast<std::size_t>(channel)];
                }
            }
        }
    }
    noise = noise.to(q.device(), q.scalar_type());
    return unit_length ? noise : noise * q.norm(2, -1, true);
}

}  // namespace rankscope::internal
