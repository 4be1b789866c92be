// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/layer_kernels.hpp"

#include "core/model/internal/layer_calls.hpp"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace rankscope::internal {
namespace {

// Rounding of the outputs, relative to their largest; and of a bfloat16 sum that is normalised afterwards.
double bound_of(at::ScalarType out, at::ScalarType in) {
    return out == at::kBFloat16 || in == at::kBFloat16 ? 1e-2 : 1e-5;
}

NormedRows run(const LayerKernelFunctions& functions, const NormCall& call) {
    const at::Device device = call.x.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    kernels::DeviceRmsNormArgs a = arguments(call);
    NormedRows r;
    r.out = at::empty(call.x.sizes(), call.x.options().dtype(call.out));
    a.out = r.out.data_ptr();
    if (call.keeps_inverse) {
        r.inverse = at::empty({a.rows}, call.x.options().dtype(at::kFloat));
        a.inverse = r.inverse.data_ptr<float>();
    }
    if (call.add.defined()) {
        r.sum = at::empty_like(call.x);
        a.sum = r.sum.data_ptr();
    }
    a.stream = current_stream(device);
    require_success(functions.norm(a, functions.limits), kNorm, device);
    return r;
}

at::Tensor run(const LayerKernelFunctions& functions, const ConvCall& call) {
    const at::Device device = call.joint.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    kernels::DeviceShortConvArgs a = arguments(call);
    at::Tensor out = at::empty({a.B, a.T, call.heads, a.C / call.heads}, call.joint.options().dtype(call.out));
    a.out = out.data_ptr();
    a.stream = current_stream(device);
    require_success(functions.conv(a, functions.limits), kConv, device);
    return out;
}

at::Tensor run(const LayerKernelFunctions& functions, const at::Tensor& gate_up) {
    const at::Device device = gate_up.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    kernels::DeviceSwigluArgs a = arguments(gate_up);
    std::vector<std::int64_t> shape = gate_up.sizes().vec();
    shape.back() = a.width;
    at::Tensor out = at::empty(shape, gate_up.options());
    a.out = out.data_ptr();
    a.stream = current_stream(device);
    require_success(functions.swiglu(a, functions.limits), kSwiglu, device);
    return out;
}

MixerGates run(const LayerKernelFunctions& functions, const GatesCall& call) {
    const at::Device device = call.joint.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    kernels::DeviceMixerGatesArgs a = arguments(call);
    const auto made = [&] { return at::empty({call.joint.size(0), call.joint.size(1), a.HV}, call.joint.options().dtype(at::kFloat)); };
    MixerGates r;
    if (a.b != nullptr) {
        r.beta = made();
        a.beta = r.beta.data_ptr<float>();
    }
    if (a.a != nullptr) {
        r.g = made();
        a.g = r.g.data_ptr<float>();
    }
    a.stream_handle = current_stream(device);
    require_success(functions.gates(a, functions.limits), kGates, device);
    return r;
}

// Few rows of the widths, heads, gate and dtypes of `like`, against the composition in float64.
double disagreement(const LayerKernelFunctions& functions, const NormCall& like) {
    const c10::InferenceMode guard;
    const at::Device device = like.x.device();
    const at::ScalarType stream = like.x.scalar_type();
    const std::int64_t width = like.x.size(-1), heads = like.act == kernels::NormGate::None ? 1 : like.gate.size(2) / width, B = 2, T = 9;
    Random random(static_cast<std::uint64_t>(width * 100 + heads), 0x4035);
    const at::Tensor x = made_up({B, T, heads, width}, stream, random), weight = made_up({width}, at::kFloat, random);
    NormCall call{x.to(device, stream), {}, weight.to(device, at::kFloat), {}, like.act, like.eps, like.out};
    at::Tensor sum = x, gate, z;
    if (like.add.defined()) {
        const at::Tensor add = made_up(x.sizes(), like.out, random);
        call.add = add.to(device, like.out);
        sum = (x + add).to(stream).to(at::kDouble);
    }
    if (like.act != kernels::NormGate::None) {
        // Columns of a wider matrix, as it is in a layer.
        gate = made_up({B, T, heads * width + 16}, like.out, random);
        call.gate = gate.to(device, like.out).narrow(-1, 8, heads * width);
        z = gate.narrow(-1, 8, heads * width);
    }
    call.keeps_inverse = true;
    if (!functions.norm_supports(arguments(call), functions.limits)) return 0;
    const NormedRows got = run(functions, call);
    const at::Tensor want = composed_gated_norm(sum, weight, z, like.act, like.eps);
    const at::Tensor inverse = at::rsqrt((sum * sum).mean(-1) + like.eps).reshape({-1});
    const double error = std::max(distance(got.out.reshape(want.sizes()), want), distance(got.inverse, inverse));
    return like.add.defined() ? std::max(error, distance(got.sum, sum)) : error;
}

double disagreement(const LayerKernelFunctions& functions, const ConvCall& like) {
    const c10::InferenceMode guard;
    const at::Device device = like.joint.device();
    const at::ScalarType dtype = like.joint.scalar_type(), taps = like.weight.scalar_type();
    const std::int64_t C = like.weight.size(0), W = like.weight.size(1), width = C / like.heads, B = 2;
    const std::int64_t T = like.joint.size(1) == 1 ? 1 : 37;
    double error = 0;
    for (const bool continued : {false, true}) {
        Random random(static_cast<std::uint64_t>(C * 10 + W), 0xc0);
        const at::Tensor joint = made_up({B, T, C + 16}, dtype, random), weight = made_up({C, W}, taps, random);
        ConvCall call{joint.to(device, dtype), 8, weight.to(device, taps), {}, like.heads, like.normalised, like.out};
        at::Tensor tail;
        if (continued) {
            const at::Tensor before = made_up({B, W - 1, C + 16}, dtype, random);
            call.tail = before.to(device, dtype);
            tail = before.narrow(-1, 8, C);
        }
        if (!functions.conv_supports(arguments(call), functions.limits)) return 0;
        at::Tensor want = composed_conv(joint.narrow(-1, 8, C), weight, tail, true).reshape({B, T, like.heads, width});
        if (like.normalised) want = composed_l2_norm(want);
        // However long the stretches of tokens are that it walks, which the device decides.
        LayerKernelFunctions long_walks = functions;
        long_walks.limits.multiprocessors = 1;
        error = std::max({error, distance(run(functions, call), want), distance(run(long_walks, call), want)});
    }
    return error;
}

double disagreement_of_swiglu(const LayerKernelFunctions& functions, const at::Tensor& like) {
    const c10::InferenceMode guard;
    Random random(static_cast<std::uint64_t>(like.size(-1)), 0x519);
    const at::Tensor gate_up = made_up({7, like.size(-1)}, like.scalar_type(), random);
    return distance(run(functions, gate_up.to(like.device(), like.scalar_type())), composed_swiglu(gate_up));
}

double disagreement(const LayerKernelFunctions& functions, const GatesCall& like) {
    const c10::InferenceMode guard;
    const at::Device device = like.joint.device();
    const at::ScalarType dtype = like.joint.scalar_type();
    const std::int64_t HV = like.value_heads, columns = 2 * HV + 16, B = 2, T = 9;
    Random random(static_cast<std::uint64_t>(HV), 0x9a7e);
    const at::Tensor joint = (3 * made_up({B, T, columns}, dtype, random)).to(dtype).to(at::kDouble),
                     A_log = made_up({HV}, at::kFloat, random), dt_bias = made_up({HV}, at::kFloat, random);
    GatesCall call{joint.to(device, dtype), like.beta_column < 0 ? -1 : 3, like.decay_column < 0 ? -1 : 3 + HV, HV,
                   like.beta_factor,        A_log.to(device, at::kFloat),  dt_bias.to(device, at::kFloat)};
    const MixerGates got = run(functions, call);
    double error = 0;
    if (got.beta.defined()) error = distance(got.beta, like.beta_factor * at::sigmoid(joint.narrow(-1, 3, HV)));
    if (got.g.defined()) error = std::max(error, distance(got.g, composed_log_decay(joint.narrow(-1, 3 + HV, HV), A_log, dt_bias)));
    return error;
}

std::int64_t device_number(const at::Tensor& t) {
    return t.device().has_index() ? t.device().index() : 0;
}

std::int64_t number(at::ScalarType dtype) {
    return static_cast<std::int64_t>(dtype);
}

}  // namespace

bool LayerKernels::remembered(const Use& use, const std::function<bool()>& check) {
    {
        const std::lock_guard lock(mutex_);
        if (const auto known = remembered_.find(use); known != remembered_.end()) return known->second;
    }
    const bool verdict = check();
    const std::lock_guard lock(mutex_);
    return remembered_.emplace(use, verdict).first->second;
}

const LayerKernelFunctions* LayerKernels::trusted(const NormCall& ready) {
    const kernels::DeviceRmsNormArgs a = arguments(ready);
    if (!functions_ || !functions_->norm_supports(a, functions_->limits)) return nullptr;
    const Use use{0,
                  device_number(ready.x),
                  a.width,
                  a.heads,
                  number(ready.x.scalar_type()),
                  number(ready.out),
                  ready.add.defined() ? 1 : 0,
                  static_cast<std::int64_t>(a.act)};
    const bool fine = remembered(use, [&] {
        return check_.trusted(KernelUse::of(kNorm, ready.x.device().str(), text_of(ready, a)), bound_of(ready.out, ready.x.scalar_type()),
                              [&] { return disagreement(*functions_, ready); });
    });
    return fine ? &*functions_ : nullptr;
}

const LayerKernelFunctions* LayerKernels::trusted(const ConvCall& ready) {
    const kernels::DeviceShortConvArgs a = arguments(ready);
    if (!functions_ || !functions_->conv_supports(a, functions_->limits)) return nullptr;
    const Use use{1,
                  device_number(ready.joint),
                  a.C / ready.heads,
                  ready.heads,
                  number(ready.joint.scalar_type()),
                  number(ready.out),
                  number(ready.weight.scalar_type()),
                  4 * a.W + (ready.normalised ? 2 : 0) + (a.T == 1 ? 1 : 0)};
    const bool fine = remembered(use, [&] {
        return check_.trusted(KernelUse::of(kConv, ready.joint.device().str(), text_of(ready, a)), bound_of(ready.out, ready.out),
                              [&] { return disagreement(*functions_, ready); });
    });
    return fine ? &*functions_ : nullptr;
}

const LayerKernelFunctions* LayerKernels::trusted(const at::Tensor& gate_up) {
    if (!functions_ || !is_element(gate_up) || gate_up.numel() == 0) return nullptr;
    if (!functions_->swiglu_supports(arguments(gate_up), functions_->limits)) return nullptr;
    const at::ScalarType dtype = gate_up.scalar_type();
    const bool fine = remembered({2, device_number(gate_up), gate_up.size(-1), number(dtype)}, [&] {
        return check_.trusted(KernelUse::of(kSwiglu, gate_up.device().str(), text_of_swiglu(gate_up)), bound_of(dtype, dtype),
                              [&] { return disagreement_of_swiglu(*functions_, gate_up); });
    });
    return fine ? &*functions_ : nullptr;
}

std::optional<NormedRows> LayerKernels::norm(const NormCall& call) {
    const std::optional<NormCall> ready = prepared(call);
    const LayerKernelFunctions* functions = ready ? trusted(*ready) : nullptr;
    if (functions == nullptr) return std::nullopt;
    return run(*functions, *ready);
}

std::optional<at::Tensor> LayerKernels::conv(const ConvCall& call) {
    const std::optional<ConvCall> ready = prepared(call);
    const LayerKernelFunctions* functions = ready ? trusted(*ready) : nullptr;
    if (functions == nullptr) return std::nullopt;
    return run(*functions, *ready);
}

std::optional<at::Tensor> LayerKernels::swiglu(const at::Tensor& gate_up) {
    const at::Tensor ready = gate_up.contiguous();
    const LayerKernelFunctions* functions = trusted(ready);
    if (functions == nullptr) return std::nullopt;
    return run(*functions, ready);
}

const LayerKernelFunctions* LayerKernels::trusted(const GatesCall& call) {
    if (!functions_ || !is_element(call.joint) || call.joint.numel() == 0 || !call.joint.is_contiguous()) return nullptr;
    for (const at::Tensor& t : {call.A_log, call.dt_bias}) {
        if (call.decay_column >= 0 && (t.scalar_type() != at::kFloat || !t.is_contiguous())) return nullptr;
    }
    if (!functions_->gates_supports(arguments(call), functions_->limits)) return nullptr;
    const Use use{3,
                  device_number(call.joint),
                  call.value_heads,
                  number(call.joint.scalar_type()),
                  call.beta_column < 0 ? 0 : 1,
                  call.decay_column < 0 ? 0 : 1};
    const bool fine = remembered(use, [&] {
        const std::string text = fmt::format("{} heads, {}{}{}", call.value_heads, name_of_dtype(call.joint.scalar_type()),
                                             call.beta_column < 0 ? "" : ", beta", call.decay_column < 0 ? "" : ", decay");
        return check_.trusted(KernelUse::of(kGates, call.joint.device().str(), text), bound_of(at::kFloat, at::kFloat),
                              [&] { return disagreement(*functions_, call); });
    });
    return fine ? &*functions_ : nullptr;
}

std::optional<MixerGates> LayerKernels::gates(const GatesCall& call) {
    const LayerKernelFunctions* functions = trusted(call);
    if (functions == nullptr) return std::nullopt;
    return run(*functions, call);
}

}  // namespace rankscope::internal
