// SPDX-License-Identifier: Apache-2.0
// Calls of layer_kernels.hpp as the kernels see them, and what their self-checks share.
#pragma once

#include "core/model/internal/composed_operations.hpp"
#include "core/model/internal/device_call.hpp"
#include "core/model/internal/drawn_numbers.hpp"
#include "core/model/internal/layer_kernels.hpp"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

namespace rankscope::internal {

inline constexpr const char* kNorm = "cuda-rms-norm";
inline constexpr const char* kConv = "cuda-short-conv";
inline constexpr const char* kSwiglu = "cuda-swiglu";
inline constexpr const char* kGates = "cuda-mixer-gates";

inline bool is_element(const at::Tensor& t) {
    return t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16;
}

inline std::string_view name_of_dtype(at::ScalarType dtype) {
    return dtype == at::kBFloat16 ? "bfloat16" : "float32";
}

// Rows of tokens of a gate [B, T, width], which may be columns of a wider matrix; 0 where they are not equally far apart.
inline std::int64_t row_stride(const at::Tensor& gate) {
    const std::int64_t T = gate.size(1);
    const bool even = gate.stride(2) == 1 && (gate.size(0) == 1 || gate.stride(0) == T * gate.stride(1));
    return even ? gate.stride(1) : 0;
}

inline kernels::DeviceRmsNormArgs arguments(const NormCall& call) {
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

inline kernels::DeviceShortConvArgs arguments(const ConvCall& call) {
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

inline kernels::DeviceSwigluArgs arguments(const at::Tensor& gate_up) {
    kernels::DeviceSwigluArgs a;
    a.width = gate_up.size(-1) / 2;
    a.rows = gate_up.numel() / std::max<std::int64_t>(1, 2 * a.width);
    a.element = element_of(gate_up);
    a.gate_up = gate_up.const_data_ptr();
    return a;
}

inline kernels::DeviceMixerGatesArgs arguments(const GatesCall& call) {
    kernels::DeviceMixerGatesArgs a;
    a.tokens = call.joint.size(0) * call.joint.size(1);
    a.HV = call.value_heads;
    a.stride = call.joint.size(2);
    a.element = element_of(call.joint);
    const auto column = [&](std::int64_t first) -> const void* {
        if (first < 0) return nullptr;
        return static_cast<const char*>(call.joint.const_data_ptr()) + first * static_cast<std::int64_t>(call.joint.element_size());
    };
    a.b = column(call.beta_column);
    a.a = column(call.decay_column);
    a.beta_factor = static_cast<float>(call.beta_factor);
    a.A_log = float_pointer(call.A_log);
    a.dt_bias = float_pointer(call.dt_bias);
    return a;
}

inline void enter(const LayerKernelFunctions& functions, const at::Device& device) {
    if (functions.enter != nullptr) functions.enter(device);
}

inline double distance(const at::Tensor& got, const at::Tensor& want) {
    const double error = (got.to(at::kCPU, at::kDouble) - want).abs().max().item<double>();
    const double relative = error / std::max(1e-30, want.abs().max().item<double>());
    return std::isfinite(relative) ? relative : std::numeric_limits<double>::infinity();
}

// Made-up numbers that both sides see alike: float64 on the CPU, exact in `dtype`.
inline at::Tensor made_up(at::IntArrayRef shape, at::ScalarType dtype, Random& random) {
    return draw(shape, random, &normal).to(dtype).to(at::kDouble);
}

inline std::string use_text(std::int64_t width, std::int64_t heads, at::ScalarType from, at::ScalarType to) {
    return fmt::format("width {}{}, {}{}", width, heads > 1 ? fmt::format(" ({} heads)", heads) : "", name_of_dtype(from),
                       from == to ? "" : fmt::format(" to {}", name_of_dtype(to)));
}

/// What a kernel is used for, as its verdict says it.
inline std::string text_of(const NormCall& call, const kernels::DeviceRmsNormArgs& a) {
    constexpr std::array gates{"", ", swish gate", ", sigmoid gate"};
    return use_text(a.width, a.heads, call.x.scalar_type(), call.out) + (call.add.defined() ? ", addition" : "")
           + gates[static_cast<std::size_t>(a.act)];
}

inline std::string text_of(const ConvCall& call, const kernels::DeviceShortConvArgs& a) {
    return use_text(a.C / call.heads, call.heads, call.joint.scalar_type(), call.out)
           + fmt::format(", {} taps of {}{}{}", a.W, name_of_dtype(call.weight.scalar_type()), call.normalised ? ", l2 norm" : "",
                         a.T == 1 ? ", decoding" : "");
}

inline std::string text_of_swiglu(const at::Tensor& gate_up) {
    return use_text(gate_up.size(-1) / 2, 1, gate_up.scalar_type(), gate_up.scalar_type());
}

/// The call with contiguous tensors and the dtypes kernels want; nothing where they cannot take it.
inline std::optional<NormCall> prepared(const NormCall& call) {
    if (!is_element(call.x) || call.weight.scalar_type() != at::kFloat || call.x.numel() == 0) return std::nullopt;
    NormCall ready = call;
    ready.x = call.x.contiguous();
    ready.weight = call.weight.contiguous();
    if (call.add.defined()) ready.add = call.add.to(call.out).contiguous();
    if (call.act != kernels::NormGate::None) {
        ready.gate = call.gate.to(call.out);
        if (row_stride(ready.gate) == 0) ready.gate = ready.gate.contiguous();
    }
    return ready;
}

inline std::optional<ConvCall> prepared(const ConvCall& call) {
    if (!is_element(call.joint) || !is_element(call.weight) || call.joint.numel() == 0) return std::nullopt;
    ConvCall ready = call;
    ready.weight = call.weight.contiguous();
    return ready;
}

}  // namespace rankscope::internal
