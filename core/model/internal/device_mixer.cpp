// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/device_mixer.hpp"

#include "core/base/random.hpp"
#include "core/model/internal/device_call.hpp"

#include <ATen/TensorOperators.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::internal {
namespace {

const float* input(const at::Tensor& t) {
    return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

kernels::DeviceDeltaRuleArgs arguments(const MixerCall& call) {
    kernels::DeviceDeltaRuleArgs a;
    a.B = call.q.size(0);
    a.T = call.q.size(1);
    a.tokens = a.B * a.T;
    a.H = call.q.size(2);
    a.K = call.q.size(3);
    a.HV = call.v.size(2);
    a.V = call.v.size(3);
    a.scale = static_cast<float>(call.scale);
    a.q = input(call.q);
    a.k = input(call.k);
    a.v = input(call.v);
    a.beta = input(call.beta);
    a.g = input(call.g);
    a.initial_state = input(call.initial);
    a.P = std::ssize(call.positions);
    return a;
}

MixerResult run(const kernels::DeviceDeltaRule& rule, const kernels::DeviceLimits& limits, const MixerCall& call) {
    const at::Device device = call.q.device();
    const c10::DeviceGuard guard(device);
    kernels::DeviceDeltaRuleArgs a = arguments(call);
    MixerResult r;
    r.out = at::empty({a.B, a.T, a.HV, a.V}, call.v.options());
    r.final_state = at::empty({a.B, a.HV, a.K, a.V}, call.v.options());
    a.out = r.out.data_ptr<float>();
    a.final_state = r.final_state.data_ptr<float>();
    at::Tensor positions;
    if (a.P > 0) {
        r.states = at::empty({a.P, a.B, a.HV, a.K, a.V}, call.v.options());
        positions = positions_on(device, call.positions);
        a.positions = positions.const_data_ptr<std::int64_t>();
        a.states = r.states.data_ptr<float>();
    }
    a.stream = current_stream(device);
    const DeviceWorkspace workspace(rule.workspace(a, limits), device);
    require_success(rule.run(a, limits, workspace.data()), rule.name, device);
    return r;
}

at::Tensor draw(at::IntArrayRef shape, Random& random, double (*number)(Random&)) {
    at::Tensor t = at::empty(shape, at::kDouble);
    auto* data = t.data_ptr<double>();
    for (std::int64_t i = 0; i < t.numel(); ++i)
        data[i] = static_cast<float>(number(random));
    return t;
}

at::Tensor unit(const at::Tensor& x) {
    return (x / x.norm(2, -1, true)).to(at::kFloat).to(at::kDouble);
}

double distance(const at::Tensor& got, const at::Tensor& want) {
    if (!want.defined()) return 0;
    const at::Tensor difference = (got.to(at::kCPU, at::kDouble) - want).abs().max();
    const double error = difference.item<double>() / std::max(1e-30, want.abs().max().item<double>());
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

double disagreement_at(const DeviceMixer& mixer, const MixerCall& like, std::int64_t T) {
    Random random(static_cast<std::uint64_t>(like.q.size(3) * 1000 + like.v.size(3)), 0x5e1f);
    const auto normal = [](Random& r) { return r.normal(); };
    const std::int64_t K = like.q.size(3), V = like.v.size(3), HV = like.v.size(2) / like.q.size(2);
    // Exact in float32, so that both sides see the same numbers.
    const at::Tensor q = unit(draw({1, T, 1, K}, random, normal)), k = unit(draw({1, T, 1, K}, random, normal)),
                     v = draw({1, T, HV, V}, random, normal),
                     beta = draw({1, T, HV}, random, [](Random&r) { return 1.9 * r.uniform(); }),
                     initial = draw({1, HV, K, V}, random, normal);
    at::Tensor g;
    if (like.g.defined()) g = draw({1, T, HV}, random, [](Random& r) { return -0.3 * r.uniform(); });
    std::vector<std::int64_t> positions;
    for (const std::int64_t p : {T / 3, T / 2, T - 1}) {
        if (positions.empty() || p > positions.back()) positions.push_back(p);
    }
    const double scale = 1 / std::sqrt(static_cast<double>(K));
    const MixerResult want = delta_rule_aten_states(q, k, v, beta, g, scale, initial, positions);
    const auto there = [&](const at::Tensor& t) { return t.defined() ? t.to(like.q.device(), at::kFloat) : t; };
    MixerCall call{there(q), there(k), there(v), there(beta), there(g), scale, there(initial), positions};
    if (!mixer.supports(call)) return 0;
    const MixerResult got = mixer.run(call);
    return std::max(
        {distance(got.out, want.out), distance(got.final_state, want.final_state), distance(got.states, want.states)});
}

}  // namespace

DeviceMixer device_mixer(const kernels::DeviceDeltaRule& rule, const kernels::DeviceLimits& limits) {
    DeviceMixer mixer;
    mixer.name = rule.name;
    mixer.supports = [rule, limits](const MixerCall& call) { return rule.supports(arguments(call), limits); };
    mixer.run = [rule, limits](const MixerCall& call) { return run(rule, limits, call); };
    return mixer;
}

double disagreement(const DeviceMixer& mixer, const MixerCall& like) {
    constexpr std::int64_t kShort = 150, kLong = 640;
    const c10::InferenceMode guard;
    const double error = disagreement_at(mixer, like, std::min(like.tokens(), kShort));
    return like.tokens() <= kShort ? error : std::max(error, disagreement_at(mixer, like, std::min(like.tokens(), kLong)));
}

const DeviceMixer* DeviceMixers::choose(const MixerCall& call) {
    for (const DeviceMixer& mixer : mixers_) {
        if (!mixer.supports(call)) continue;
        const KernelUse use{mixer.name,        call.q.device().str(),           call.q.size(3),
                            call.v.size(3),    call.v.size(2) / call.q.size(2), call.g.defined(),
                            call.tokens() == 1};
        if (check_.trusted(use, mixer.bound, [&] { return disagreement(mixer, call); })) return &mixer;
    }
    return nullptr;
}

}  // namespace rankscope::internal
