// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/layer_kernels.hpp"

#include "core/model/internal/composed_operations.hpp"
#include "core/model/internal/device_call.hpp"
#include "core/model/internal/drawn_numbers.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace rankscope::internal {
namespace {

constexpr const char* kNorm = "cuda-rms-norm";
constexpr const char* kConv = "cuda-short-conv";
constexpr const char* kSwiglu = "cuda-swiglu";

// Rounding of the outputs, relative to their largest; and of a bfloat16 sum that is normalised afterwards.
double bound_of(at::ScalarType out, at::ScalarType in) {
    return out == at::kBFloat16 || in == at::kBFloat16 ? 1e-2 : 1e-5;
}

bool is_element(const at::Tensor& t) {
    return t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16;
}

std::string_view name_of_dtype(at::ScalarType dtype) {
    return dtype == at::kBFloat16 ? "bfloat16" : "float32";
}

// Rows of tokens of a gate [B, T, width], which may be columns of a wider matrix; 0 where they are not equally far apart.
std::int64_t row_stride(const at::Tensor& gate) {
    const std::int64_t T = gate.size(1);
    const bool even = gate.stride(2) == 1 && (gate.size(0) == 1 || gate.stride(0) == T * gate.stride(1));
    return even ? gate.stride(1) : 0;
}

kernels::DeviceRmsNormArgs arguments(const NormCall& call) {
    kernels::DeviceRmsNormArgs a;
    a.width = call.x.size(-1);
    a.rows = call.x.numel() / std::max<std::int64_t>(1, a.width);
    a.eps = static_cast<float>(call.eps);
    a.stream_element = element_of(call.x);
    a.element = call.out == at::kBFloat16 ? kernels::DeviceElement::BFloat16 : kernels::DeviceElement::Float32;
    a.x = call.x.const_data_ptr();
    a.weight = call.weight.const_data_ptr<float>();
    if (call.add.defined()) a.add = call.add.const_data_ptr();
    if (call.act != kernels::NormGate::None) {
        a.heads = call.gate.size(2) / a.width;
        a.gate = call.gate.const_data_ptr();
        a.gate_stride = row_stride(call.gate);
        a.act = call.act;
    }
    return a;
}

kernels::DeviceShortConvArgs arguments(const ConvCall& call) {
    const auto at_first = [&](const at::Tensor& t) {
        return static_cast<const char*>(t.const_data_ptr()) + call.first * static_cast<std::int64_t>(t.element_size());
    };
    kernels::DeviceShortConvArgs a;
    a.B = call.joint.size(0);
    a.T = call.joint.size(1);
    a.C = call.weight.size(0);
    a.W = call.weight.size(1);
    a.stride = call.joint.size(2);
    a.element = element_of(call.joint);
    a.out_element = call.out == at::kBFloat16 ? kernels::DeviceElement::BFloat16 : kernels::DeviceElement::Float32;
    a.x = at_first(call.joint);
    if (call.tail.defined()) {
        a.tail = at_first(call.tail);
        a.tail_stride = call.tail.size(2);
    }
    a.weight = call.weight.const_data_ptr();
    a.weight_element = element_of(call.weight);
    a.norm_width = call.normalised ? a.C / call.heads : 0;
    a.eps = static_cast<float>(kL2Eps);
    return a;
}

kernels::DeviceSwigluArgs arguments(const at::Tensor& gate_up) {
    kernels::DeviceSwigluArgs a;
    a.width = gate_up.size(-1) / 2;
    a.rows = gate_up.numel() / std::max<std::int64_t>(1, 2 * a.width);
    a.element = element_of(gate_up);
    a.gate_up = gate_up.const_data_ptr();
    return a;
}

void enter(const LayerKernelFunctions& functions, const at::Device& device) {
    if (functions.enter != nullptr) functions.enter(device);
}

NormedRows run(const LayerKernelFunctions& functions, const NormCall& call) {
    const at::Device device = call.x.device();
    const c10::DeviceGuard guard(device);
    enter(functions, device);
    kernels::DeviceRmsNormArgs a = arguments(call);
    NormedRows r;
    r.out = at::empty(call.x.sizes(), call.x.options().dtype(call.out));
    a.out = r.out.data_ptr();
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

double distance(const at::Tensor& got, const at::Tensor& want) {
    const double error = (got.to(at::kCPU, at::kDouble) - want).abs().max().item<double>();
    const double relative = error / std::max(1e-30, want.abs().max().item<double>());
    return std::isfinite(relative) ? relative : std::numeric_limits<double>::infinity();
}

// Made-up numbers that both sides see alike: float64 on the CPU, exact in `dtype`.
at::Tensor made_up(at::IntArrayRef shape, at::ScalarType dtype, Random& random) {
    return draw(shape, random, &normal).to(dtype).to(at::kDouble);
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
    if (!functions.norm_supports(arguments(call), functions.limits)) return 0;
    const NormedRows got = run(functions, call);
    const at::Tensor want = composed_gated_norm(sum, weight, z, like.act, like.eps);
    const double error = distance(got.out.reshape(want.sizes()), want);
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
        error = std::max(error, distance(run(functions, call), want));
    }
    return error;
}

double disagreement_of_swiglu(const LayerKernelFunctions& functions, const at::Tensor& like) {
    const c10::InferenceMode guard;
    Random random(static_cast<std::uint64_t>(like.size(-1)), 0x519);
    const at::Tensor gate_up = made_up({7, like.size(-1)}, like.scalar_type(), random);
    return distance(run(functions, gate_up.to(like.device(), like.scalar_type())), composed_swiglu(gate_up));
}

std::string text_of(std::int64_t width, std::int64_t heads, at::ScalarType from, at::ScalarType to) {
    return fmt::format("width {}{}, {}{}", width, heads > 1 ? fmt::format(" ({} heads)", heads) : "", name_of_dtype(from),
                       from == to ? "" : fmt::format(" to {}", name_of_dtype(to)));
}

}  // namespace

std::optional<NormedRows> LayerKernels::norm(const NormCall& call) {
    if (!functions_ || !is_element(call.x) || call.weight.scalar_type() != at::kFloat || call.x.numel() == 0) return std::nullopt;
    NormCall ready = call;
    ready.x = call.x.contiguous();
    ready.weight = call.weight.contiguous();
    if (call.add.defined()) ready.add = call.add.to(call.out).contiguous();
    if (call.act != kernels::NormGate::None) {
        ready.gate = call.gate.to(call.out);
        if (row_stride(ready.gate) == 0) ready.gate = ready.gate.contiguous();
    }
    const kernels::DeviceRmsNormArgs a = arguments(ready);
    if (!functions_->norm_supports(a, functions_->limits)) return std::nullopt;
    constexpr std::array gates{"", ", swish gate", ", sigmoid gate"};
    const KernelUse use = KernelUse::of(kNorm, call.x.device().str(),
                                        text_of(a.width, a.heads, call.x.scalar_type(), call.out)
                                            + (call.add.defined() ? ", addition" : "") + gates[static_cast<std::size_t>(a.act)]);
    if (!check_.trusted(use, bound_of(call.out, call.x.scalar_type()), [&] { return disagreement(*functions_, ready); })) return std::nullopt;
    return run(*functions_, ready);
}

std::optional<at::Tensor> LayerKernels::conv(const ConvCall& call) {
    if (!functions_ || !is_element(call.joint) || !is_element(call.weight) || call.joint.numel() == 0) return std::nullopt;
    ConvCall ready = call;
    ready.weight = call.weight.contiguous();
    const kernels::DeviceShortConvArgs a = arguments(ready);
    if (!functions_->conv_supports(a, functions_->limits)) return std::nullopt;
    const KernelUse use = KernelUse::of(kConv, call.joint.device().str(),
                                        text_of(a.C / call.heads, call.heads, call.joint.scalar_type(), call.out)
                                            + fmt::format(", {} taps of {}{}", a.W, name_of_dtype(call.weight.scalar_type()),
                                                          call.normalised ? ", l2 norm" : "")
                                            + (a.T == 1 ? ", decoding" : ""));
    if (!check_.trusted(use, bound_of(call.out, call.out), [&] { return disagreement(*functions_, ready); })) return std::nullopt;
    return run(*functions_, ready);
}

std::optional<at::Tensor> LayerKernels::swiglu(const at::Tensor& gate_up) {
    if (!functions_ || !is_element(gate_up) || gate_up.numel() == 0) return std::nullopt;
    const at::Tensor ready = gate_up.contiguous();
    const kernels::DeviceSwigluArgs a = arguments(ready);
    if (!functions_->swiglu_supports(a, functions_->limits)) return std::nullopt;
    const at::ScalarType dtype = gate_up.scalar_type();
    const KernelUse use = KernelUse::of(kSwiglu, gate_up.device().str(), text_of(a.width, 1, dtype, dtype));
    if (!check_.trusted(use, bound_of(dtype, dtype), [&] { return disagreement_of_swiglu(*functions_, ready); })) return std::nullopt;
    return run(*functions_, ready);
}

}  // namespace rankscope::internal
