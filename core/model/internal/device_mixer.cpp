// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/device_mixer.hpp"

#include "core/model/internal/device_call.hpp"
#include "core/model/internal/drawn_numbers.hpp"
#include "kernels/delta_rule.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::internal {
namespace {

kernels::DeviceDeltaRuleArgs arguments(const MixerCall& call) {
    kernels::DeviceDeltaRuleArgs a = recurrence_arguments(call.k, call.v, call.beta, call.g, call.initial, call.positions);
    a.scale = static_cast<float>(call.scale);
    a.q = call.q.const_data_ptr();
    return a;
}

MixerResult run(const kernels::DeviceDeltaRule& rule, const kernels::DeviceLimits& limits, const MixerCall& call) {
    const at::Device device = call.q.device();
    const c10::DeviceGuard guard(device);
    kernels::DeviceDeltaRuleArgs a = arguments(call);
    MixerResult r;
    r.out = at::empty({a.B, a.T, a.HV, a.V}, call.v.options());
    const at::TensorOptions states = call.v.options().dtype(at::kFloat);
    r.final_state = at::empty({a.B, a.HV, a.K, a.V}, states);
    a.out = r.out.data_ptr();
    a.final_state = r.final_state.data_ptr<float>();
    at::Tensor positions;
    if (a.P > 0) {
        r.states = at::empty({a.P, a.B, a.HV, a.K, a.V}, states);
        positions = positions_on(device, call.positions);
        a.positions = positions.const_data_ptr<std::int64_t>();
        a.states = r.states.data_ptr<float>();
    }
    a.stream = current_stream(device);
    const DeviceWorkspace workspace(rule.workspace(a, limits), device);
    require_success(rule.run(a, limits, workspace.data()), rule.name, device);
    return r;
}

MixerGradients run_gradient(const kernels::DeviceDeltaRuleBackward& rule, const kernels::DeviceLimits& limits, const MixerCall& call,
                            const at::Tensor& d_out) {
    const at::Device device = call.q.device();
    const c10::DeviceGuard guard(device);
    MixerGradients r{at::empty_like(call.q), at::empty_like(call.k), at::empty_like(call.v), at::empty_like(call.beta),
                     call.g.defined() ? at::empty_like(call.g) : at::Tensor()};
    kernels::DeviceDeltaRuleBackwardArgs w;
    w.forward = arguments(call);
    w.forward.stream = current_stream(device);
    w.d_out = d_out.const_data_ptr();
    w.d_q = r.q.data_ptr();
    w.d_k = r.k.data_ptr();
    w.d_v = r.v.data_ptr();
    w.d_beta = r.beta.data_ptr<float>();
    if (r.g.defined()) w.d_g = r.g.data_ptr<float>();
    const DeviceWorkspace workspace(rule.workspace(w, limits), device);
    require_success(rule.run(w, limits, workspace.data()), rule.name, device);
    return r;
}

// Rounded to what the kernel reads.
at::Tensor rounded(const at::Tensor& x, at::ScalarType dtype) {
    return x.to(dtype).to(at::kDouble);
}

double distance(const at::Tensor& got, const at::Tensor& want) {
    if (!want.defined()) return 0;
    const at::Tensor difference = (got.to(at::kCPU, at::kDouble) - want).abs().max();
    const double error = difference.item<double>() / std::max(1e-30, want.abs().max().item<double>());
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

// A call of T tokens with the widths, gate and heads of `like`, float64 on the CPU and exact in float32, so that both sides see the
// same numbers.
MixerCall made_up(const MixerCall& like, std::int64_t T, Random& random) {
    const std::int64_t K = like.q.size(3), V = like.v.size(3), HV = like.v.size(2) / like.q.size(2);
    const at::ScalarType dtype = like.q.scalar_type();
    const auto unit = [&](const at::Tensor& x) { return rounded(x / x.norm(2, -1, true), dtype); };
    MixerCall c;
    c.q = unit(draw({1, T, 1, K}, random, &normal));
    c.k = unit(draw({1, T, 1, K}, random, &normal));
    c.v = rounded(draw({1, T, HV, V}, random, &normal), dtype);
    c.beta = draw({1, T, HV}, random, [](Random& r) { return 1.9 * r.uniform(); });
    if (like.g.defined()) c.g = draw({1, T, HV}, random, [](Random& r) { return -0.3 * r.uniform(); });
    c.scale = 1 / std::sqrt(static_cast<double>(K));
    return c;
}

// The same on the device and in the numbers of `like`.
MixerCall moved(const MixerCall& call, const MixerCall& like) {
    const at::Device device = like.q.device();
    const auto there = [&](const at::Tensor& t, at::ScalarType dtype = at::kFloat) { return t.defined() ? t.to(device, dtype) : t; };
    const at::ScalarType dtype = like.q.scalar_type();
    return {there(call.q, dtype), there(call.k, dtype), there(call.v, dtype), there(call.beta), there(call.g), call.scale,
            there(call.initial), call.positions};
}

double disagreement_at(const DeviceMixer& mixer, const MixerCall& like, std::int64_t T) {
    Random random(static_cast<std::uint64_t>(like.q.size(3) * 1000 + like.v.size(3)), 0x5e1f);
    MixerCall exact = made_up(like, T, random);
    exact.initial = draw({1, exact.v.size(2), exact.q.size(3), exact.v.size(3)}, random, &normal);
    std::vector<std::int64_t> positions;
    for (const std::int64_t p : {T / 3, T / 2, T - 1}) {
        if (positions.empty() || p > positions.back()) positions.push_back(p);
    }
    exact.positions = positions;
    const MixerResult want =
        delta_rule_aten_states(exact.q, exact.k, exact.v, exact.beta, exact.g, exact.scale, exact.initial, positions);
    const MixerCall call = moved(exact, like);
    if (!mixer.supports(call)) return 0;
    const MixerResult got = mixer.run(call);
    return std::max(
        {distance(got.out, want.out), distance(got.final_state, want.final_state), distance(got.states, want.states)});
}

// Of the plain recurrence.
MixerGradients true_gradients(const MixerCall& c, const at::Tensor& d_out) {
    const auto in = [](const at::Tensor& t) { return t.defined() ? t.const_data_ptr<double>() : nullptr; };
    MixerGradients r{at::empty_like(c.q), at::empty_like(c.k), at::empty_like(c.v), at::empty_like(c.beta),
                     c.g.defined() ? at::empty_like(c.g) : at::Tensor()};
    kernels::DeltaRuleBackwardArgs<double> w;
    kernels::DeltaRuleArgs<double>& a = w.forward;
    a.B = c.q.size(0);
    a.T = c.q.size(1);
    a.H = c.q.size(2);
    a.K = c.q.size(3);
    a.HV = c.v.size(2);
    a.V = c.v.size(3);
    a.scale = c.scale;
    a.q = in(c.q);
    a.k = in(c.k);
    a.v = in(c.v);
    a.beta = in(c.beta);
    a.g = in(c.g);
    w.d_out = in(d_out);
    w.d_q = r.q.data_ptr<double>();
    w.d_k = r.k.data_ptr<double>();
    w.d_v = r.v.data_ptr<double>();
    w.d_beta = r.beta.data_ptr<double>();
    if (r.g.defined()) w.d_g = r.g.data_ptr<double>();
    kernels::delta_rule_reference_backward(w);
    return r;
}

double disagreement_at(const DeviceGradient& gradient, const MixerCall& like, std::int64_t T) {
    Random random(static_cast<std::uint64_t>(like.q.size(3) * 1000 + like.v.size(3)), 0xbac);
    const MixerCall exact = made_up(like, T, random);
    const at::Tensor d_out = rounded(draw(exact.v.sizes(), random, &normal), like.v.scalar_type());
    const MixerGradients want = true_gradients(exact, d_out);
    const MixerCall call = moved(exact, like);
    if (!gradient.supports(call)) return 0;
    const MixerGradients got = gradient.run(call, d_out.to(like.q.device(), like.v.scalar_type()));
    return std::max({distance(got.q, want.q), distance(got.k, want.k), distance(got.v, want.v), distance(got.beta, want.beta),
                     distance(got.g, want.g)});
}

// Tokens of the calls that are made up.
constexpr std::int64_t kShort = 150, kLong = 640;

// Two lengths where `like` is long, since a long sequence may be split.
template <class Kernel>
double disagreement_of(const Kernel& kernel, const MixerCall& like) {
    const c10::InferenceMode guard;
    const double error = disagreement_at(kernel, like, std::min(like.tokens(), kShort));
    return like.tokens() <= kShort ? error : std::max(error, disagreement_at(kernel, like, std::min(like.tokens(), kLong)));
}

KernelUse use_of(const std::string& kernel, const MixerCall& call) {
    return {kernel,
            call.q.device().str(),
            call.q.size(3),
            call.v.size(3),
            call.v.size(2) / call.q.size(2),
            call.g.defined(),
            call.tokens() == 1,
            call.tokens() > kShort,
            call.q.scalar_type() == at::kBFloat16};
}

}  // namespace

DeviceMixer device_mixer(const kernels::DeviceDeltaRule& rule, const kernels::DeviceLimits& limits) {
    DeviceMixer mixer;
    mixer.name = rule.name;
    mixer.supports = [rule, limits](const MixerCall& call) { return rule.supports(arguments(call), limits); };
    mixer.run = [rule, limits](const MixerCall& call) { return run(rule, limits, call); };
    return mixer;
}

DeviceGradient device_gradient(const kernels::DeviceDeltaRuleBackward& rule, const kernels::DeviceLimits& limits) {
    DeviceGradient gradient;
    gradient.name = rule.name;
    gradient.supports = [rule, limits](const MixerCall& call) {
        kernels::DeviceDeltaRuleBackwardArgs w;
        w.forward = arguments(call);
        return rule.supports(w, limits);
    };
    gradient.run = [rule, limits](const MixerCall& call, const at::Tensor& d_out) { return run_gradient(rule, limits, call, d_out); };
    return gradient;
}

double disagreement(const DeviceMixer& mixer, const MixerCall& like) {
    return disagreement_of(mixer, like);
}

double disagreement(const DeviceGradient& gradient, const MixerCall& like) {
    return disagreement_of(gradient, like);
}

const DeviceMixer* DeviceMixers::choose(const MixerCall& call) {
    for (const DeviceMixer& mixer : mixers_) {
        if (!mixer.supports(call)) continue;
        if (check_.trusted(use_of(mixer.name, call), mixer.bound.of(call), [&] { return disagreement(mixer, call); })) return &mixer;
    }
    return nullptr;
}

const DeviceGradient* DeviceMixers::choose_gradient(const MixerCall& call) {
    for (const DeviceGradient& gradient : gradients_) {
        if (!gradient.supports(call)) continue;
        if (check_.trusted(use_of(gradient.name, call), gradient.bound.of(call), [&] { return disagreement(gradient, call); })) return &gradient;
    }
    return nullptr;
}

}  // namespace rankscope::internal
