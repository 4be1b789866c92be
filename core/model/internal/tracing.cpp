// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/tracing.hpp"

#include "core/base/random.hpp"
#include "core/model/internal/state_summary.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
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

// What the device made of the states, and which of them are wanted beside that.
struct Summary {
    at::Tensor singular_values, row_energy, norms, states;
    bool inputs = false;  ///< k, v, beta and g are wanted in place of norms
};

Summary summary_of(const TraceRequest& request, const MixerTensors& t, StateKernels* kernels) {
    Summary s;
    s.states = t.states;
    if (!request.summary) return s;
    const StateSummary& wanted = *request.summary;
    if (wanted.spectra && t.states.defined()) {
        const SpectraKernel* kernel =
            kernels != nullptr ? kernels->spectra(t.states.device(), t.states.size(3), t.states.size(4)) : nullptr;
        if (kernel != nullptr) {
            const StateSpectra spectra = state_spectra(*kernel, t.states, wanted.heads);
            s.singular_values = spectra.singular_values.contiguous();
            s.row_energy = spectra.row_energy.contiguous();
            std::vector<at::Tensor> kept;
            for (const std::int64_t position : wanted.returned) {
                const auto found = std::lower_bound(request.state_positions.begin(), request.state_positions.end(), position);
                kept.push_back(t.states[found - request.state_positions.begin()].to(at::kCPU, at::kFloat));
            }
            s.states = kept.empty() ? at::Tensor() : at::stack(kept);
        }
    }
    if (!wanted.norm_positions.empty()) {
        if (kernels != nullptr) {
            const NormsCall call = norms_call(t.k, t.v, t.beta, t.g, wanted.heads, wanted.norm_positions);
            const NormsKernel* kernel = kernels->norms(call);
            if (kernel != nullptr) s.norms = state_norms(*kernel, call).contiguous();
        }
        s.inputs = !s.norms.defined();
    }
    return s;
}

}  // namespace

void deliver_trace(const TraceRequest& request, std::int64_t layer, double scale, const MixerTensors& t, StateKernels* kernels) {
    if (!request.deliver) return;
    const Summary summary = summary_of(request, t, kernels);
    const bool inputs = request.inputs || summary.inputs;
    const Held x(t.x, request.layer_input), q_raw(t.q_raw, request.raw), k_raw(t.k_raw, request.raw),
        q(t.q, request.inputs), k(t.k, inputs), v(t.v, inputs), beta(t.beta, inputs), g(t.g, inputs), out(t.out, request.out),
        states(summary.states, true), row_energy(summary.row_energy, true), norms(summary.norms, true);
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
    if (summary.singular_values.defined())
        trace.singular_values = {summary.singular_values.const_data_ptr<double>(), static_cast<std::size_t>(summary.singular_values.numel())};
    trace.row_energy = row_energy.span();
    trace.norms = norms.span();
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
