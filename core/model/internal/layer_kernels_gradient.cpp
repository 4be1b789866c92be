// SPDX-License-Identifier: Apache-2.0
// The gradients of LayerKernels. They are checked against the kernels of the processor, which tests hold against float64.
#include "core/model/internal/layer_calls.hpp"
#include "kernels/rms_norm.hpp"
#include "kernels/short_conv.hpp"
#include "kernels/swiglu.hpp"

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace rankscope::internal {
namespace {

const std::string kNormGradient = std::string(kNorm) + "-backward";
const std::string kConvGradient = std::string(kConv) + "-backward";
const std::string kSwigluGradient = std::string(kSwiglu) + "-backward";

// Both sides and their sums over rows are float32.
constexpr double kBound = 1e-4;

// What an error in a result of `dtype` counts: rounding to bfloat16 is a hundred times the bound.
double weight_of(at::ScalarType dtype) {
    return dtype == at::kBFloat16 ? 0.01 : 1;
}

NormGradients run(const LayerKernelFunctions& functions, const NormCall& call, const at::Tensor& inverse, const at::Tensor& d_out_in,
                  const at::Tensor& d_sum_in) {
    const at::Device device = call.x.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    const at::Tensor d_out = d_out_in.to(call.out).contiguous(), d_sum = d_sum_in.defined() ? d_sum_in.contiguous() : d_sum_in;
    NormGradients r{at::empty_like(call.x), {}, {}, at::empty_like(call.weight)};
    kernels::DeviceRmsNormBackwardArgs b;
    b.forward = arguments(call);
    b.forward.inverse = inverse.data_ptr<float>();
    b.forward.stream = current_stream(device);
    b.d_out = d_out.const_data_ptr();
    b.d_sum = float_pointer(d_sum);
    b.d_x = r.d_x.data_ptr<float>();
    b.d_weight = r.d_weight.data_ptr<float>();
    r.d_add = r.d_x;
    if (call.out != at::kFloat) {
        r.d_add = at::empty(call.x.sizes(), call.x.options().dtype(call.out));
        b.d_add = r.d_add.data_ptr();
    }
    if (call.act != kernels::NormGate::None) {
        r.d_gate = at::empty(call.gate.sizes(), call.gate.options());
        b.d_gate = r.d_gate.data_ptr();
    }
    const DeviceWorkspace workspace(functions.norm_backward_workspace(b), device);
    require_success(functions.norm_backward(b, workspace.data()), kNormGradient, device);
    return r;
}

at::Tensor run(const LayerKernelFunctions& functions, const ConvCall& call, const at::Tensor& d_out_in, const at::Tensor& d_joint) {
    const at::Device device = call.joint.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    const at::Tensor d_out = d_out_in.contiguous();
    at::Tensor d_weight = at::empty_like(call.weight);
    kernels::DeviceShortConvBackwardArgs b;
    b.forward = arguments(call);
    b.forward.stream = current_stream(device);
    b.d_out = float_pointer(d_out);
    b.d_x = static_cast<char*>(d_joint.data_ptr()) + call.first * static_cast<std::int64_t>(d_joint.element_size());
    b.d_weight = d_weight.data_ptr<float>();
    const DeviceWorkspace workspace(functions.conv_backward_workspace(b), device);
    require_success(functions.conv_backward(b, workspace.data()), kConvGradient, device);
    return d_weight;
}

at::Tensor run(const LayerKernelFunctions& functions, const at::Tensor& gate_up, const at::Tensor& d_out_in) {
    const at::Device device = gate_up.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    const at::Tensor d_out = d_out_in.to(gate_up.scalar_type()).contiguous();
    at::Tensor d_gate_up = at::empty_like(gate_up);
    kernels::DeviceSwigluBackwardArgs b;
    b.forward = arguments(gate_up);
    b.forward.stream = current_stream(device);
    b.d_out = d_out.const_data_ptr();
    b.d_gate_up = d_gate_up.data_ptr();
    require_success(functions.swiglu_backward(b, functions.limits), kSwigluGradient, device);
    return d_gate_up;
}

// Float32 on the CPU, exact in `dtype`.
at::Tensor drawn(at::IntArrayRef shape, at::ScalarType dtype, Random& random) {
    return draw(shape, random, &normal).to(dtype).to(at::kFloat);
}

double against(const at::Tensor& got, const at::Tensor& want) {
    return distance(got.reshape(want.sizes()), want.to(at::kDouble));
}

double disagreement(const LayerKernelFunctions& functions, const NormCall& like) {
    const c10::InferenceMode guard;
    const at::Device device = like.x.device();
    const bool gated = like.act != kernels::NormGate::None;
    const std::int64_t width = like.x.size(-1), heads = gated ? like.gate.size(2) / width : 1, B = 2, T = 9;
    Random random(static_cast<std::uint64_t>(width * 100 + heads), 0xba4);
    const at::Tensor x = drawn({B, T, heads, width}, at::kFloat, random), weight = drawn({width}, at::kFloat, random),
                     d_out = drawn(x.sizes(), like.out, random), d_sum = drawn(x.sizes(), at::kFloat, random);
    const at::Tensor gate = drawn({B, T, heads * width}, like.out, random);
    const at::Tensor out = at::empty_like(x), inverse = at::empty({B * T * heads}, at::kFloat), d_x = at::empty_like(x),
                     d_gate = at::empty_like(gate), d_weight = at::empty_like(weight);
    kernels::RmsNormBackwardArgs<float> b;
    b.forward.rows = B * T * heads;
    b.forward.width = width;
    b.forward.eps = static_cast<float>(like.eps);
    b.forward.x = x.const_data_ptr<float>();
    b.forward.weight = weight.const_data_ptr<float>();
    b.forward.act = like.act;
    if (gated) b.forward.gate = gate.const_data_ptr<float>();
    b.forward.out = out.data_ptr<float>();
    b.forward.inverse = inverse.data_ptr<float>();
    kernels::rms_norm(b.forward);
    b.d_out = d_out.const_data_ptr<float>();
    if (like.add.defined()) b.d_sum = d_sum.const_data_ptr<float>();
    b.d_x = d_x.data_ptr<float>();
    if (gated) b.d_gate = d_gate.data_ptr<float>();
    b.d_weight = d_weight.data_ptr<float>();
    kernels::rms_norm_backward(b);
    NormCall call{x.to(device), {}, weight.to(device), {}, like.act, like.eps, like.out};
    if (gated) call.gate = gate.to(device, like.out);
    const NormGradients got =
        run(functions, call, inverse.to(device), d_out.to(device), like.add.defined() ? d_sum.to(device) : at::Tensor());
    double error = std::max({against(got.d_x, d_x), against(got.d_weight, d_weight), weight_of(like.out) * against(got.d_add, d_x)});
    if (gated) error = std::max(error, weight_of(like.out) * against(got.d_gate, d_gate));
    return error;
}

double disagreement(const LayerKernelFunctions& functions, const ConvCall& like) {
    const c10::InferenceMode guard;
    const at::Device device = like.joint.device();
    const at::ScalarType dtype = like.joint.scalar_type();
    // Longer than one stretch of tokens.
    const std::int64_t C = like.weight.size(0), W = like.weight.size(1), B = 2, T = 70, columns = C + 16, first = 8;
    Random random(static_cast<std::uint64_t>(C * 10 + W), 0xc0ba);
    const at::Tensor joint = drawn({B, T, columns}, dtype, random), weight = drawn({C, W}, at::kFloat, random),
                     d_out = drawn({B, T, C}, at::kFloat, random);
    at::Tensor d_joint = at::zeros(joint.sizes(), at::kFloat), d_weight = at::empty_like(weight);
    kernels::ShortConvBackwardArgs<float> b;
    b.forward.B = B;
    b.forward.T = T;
    b.forward.C = C;
    b.forward.W = W;
    b.forward.stride = columns;
    b.forward.x = joint.const_data_ptr<float>() + first;
    b.forward.weight = weight.const_data_ptr<float>();
    b.forward.norm_width = like.normalised ? C / like.heads : 0;
    b.forward.eps = static_cast<float>(kL2Eps);
    b.d_out = d_out.const_data_ptr<float>();
    b.d_x = d_joint.data_ptr<float>() + first;
    b.d_weight = d_weight.data_ptr<float>();
    kernels::short_conv_backward(b);
    const ConvCall call{joint.to(device, dtype), first, weight.to(device), {}, like.heads, like.normalised, at::kFloat};
    const at::Tensor there = at::zeros(joint.sizes(), call.joint.options());
    const at::Tensor got = run(functions, call, d_out.to(device), there);
    return std::max(against(got, d_weight), weight_of(dtype) * against(there, d_joint));
}

double disagreement_of_swiglu(const LayerKernelFunctions& functions, const at::Tensor& like) {
    const c10::InferenceMode guard;
    const at::ScalarType dtype = like.scalar_type();
    const std::int64_t rows = 7, width = like.size(-1) / 2;
    Random random(static_cast<std::uint64_t>(width), 0x519ba);
    const at::Tensor gate_up = drawn({rows, 2 * width}, dtype, random), d_out = drawn({rows, width}, dtype, random),
                     want = at::empty_like(gate_up);
    kernels::swiglu_backward(rows, width, gate_up.const_data_ptr<float>(), d_out.const_data_ptr<float>(), want.data_ptr<float>());
    return weight_of(dtype) * against(run(functions, gate_up.to(like.device(), dtype), d_out.to(like.device())), want);
}

}  // namespace

bool LayerKernels::differentiates(const NormCall& call) {
    const std::optional<NormCall> ready = prepared(call);
    const LayerKernelFunctions* functions = ready ? trusted(*ready) : nullptr;
    if (functions == nullptr) return false;
    kernels::DeviceRmsNormBackwardArgs b;
    b.forward = arguments(*ready);
    if (!functions->norm_backward_supports(b, functions->limits)) return false;
    const KernelUse use = KernelUse::of(kNormGradient, ready->x.device().str(), text_of(*ready, b.forward));
    return check_.trusted(use, kBound, [&] { return disagreement(*functions, *ready); });
}

bool LayerKernels::differentiates(const ConvCall& call) {
    const std::optional<ConvCall> ready = prepared(call);
    const LayerKernelFunctions* functions = ready ? trusted(*ready) : nullptr;
    if (functions == nullptr) return false;
    kernels::DeviceShortConvBackwardArgs b;
    b.forward = arguments(*ready);
    if (!functions->conv_backward_supports(b, functions->limits)) return false;
    const KernelUse use = KernelUse::of(kConvGradient, ready->joint.device().str(), text_of(*ready, b.forward));
    return check_.trusted(use, kBound, [&] { return disagreement(*functions, *ready); });
}

bool LayerKernels::differentiates(const at::Tensor& gate_up) {
    const LayerKernelFunctions* functions = trusted(gate_up.contiguous());
    if (functions == nullptr) return false;
    kernels::DeviceSwigluBackwardArgs b;
    b.forward = arguments(gate_up);
    if (!functions->swiglu_backward_supports(b, functions->limits)) return false;
    const KernelUse use = KernelUse::of(kSwigluGradient, gate_up.device().str(), text_of_swiglu(gate_up));
    return check_.trusted(use, kBound, [&] { return disagreement_of_swiglu(*functions, gate_up); });
}

NormGradients LayerKernels::norm_backward(const NormCall& call, const at::Tensor& inverse, const at::Tensor& d_out,
                                          const at::Tensor& d_sum) {
    return run(functions_.value(), prepared(call).value(), inverse, d_out, d_sum);
}

at::Tensor LayerKernels::conv_backward(const ConvCall& call, const at::Tensor& d_out, const at::Tensor& d_joint) {
    return run(functions_.value(), prepared(call).value(), d_out, d_joint);
}

at::Tensor LayerKernels::swiglu_backward(const at::Tensor& gate_up, const at::Tensor& d_out) {
    return run(functions_.value(), gate_up.contiguous(), d_out);
}

}  // namespace rankscope::internal
