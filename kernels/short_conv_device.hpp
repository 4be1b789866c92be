// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule_device.hpp"

#include <cstdint>
#include <string>

namespace rankscope::kernels {

/// The convolution of kernels/short_conv.hpp on a GPU, with SiLU and, per head of norm_width channels, the l2 norm, in one pass:
///   c_t = Σ_j weight[·, j] x_{t-W+1+j},   a = silu(c) or c,   y = a / (Σ_head a² + eps)^1/2 or a
///
///   x       [B, T, C]      `element`, `stride` elements from token to token, sequences T · stride apart
///   tail    [B, W-1, C]    `element`, `tail_stride` from token to token: x before time 0; nullptr: zeros
///   weight  [C, W]         `weight_element`, contiguous; column W-1 multiplies the current token
///   out     [B, T, C]      `out_element`, contiguous
///
/// float32 arithmetic, rounded once. Pointers are aligned to their element; where rows of x, tail and out begin at multiples of four
/// elements four are read and written at a time. Inputs and out do not overlap. Asynchronous on `stream`. The same bits for a token
/// whatever its neighbours and however a sequence is cut.
struct DeviceShortConvArgs {
    std::int64_t B = 0, T = 0, C = 0, W = 0;
    std::int64_t stride = 0;
    DeviceElement element = DeviceElement::Float32;
    DeviceElement out_element = DeviceElement::Float32;
    const void* x = nullptr;
    const void* tail = nullptr;
    std::int64_t tail_stride = 0;
    const void* weight = nullptr;
    DeviceElement weight_element = DeviceElement::Float32;
    bool silu = true;
    std::int64_t norm_width = 0;  ///< channels of a head (divides C), 0 = no norm
    float eps = 1e-6F;
    void* out = nullptr;
    void* stream = nullptr;
};

/// Any B, T >= 0, C >= 1, 1 <= W <= 8, norm_width up to 256; (element, out_element) (float32, float32), (bfloat16, float32), (bfloat16,
/// bfloat16); compute capability 8.0 and later.
[[nodiscard]] bool device_short_conv_supports(const DeviceShortConvArgs& args, const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_short_conv(const DeviceShortConvArgs& args, const DeviceLimits& limits);

/// Gradients of DeviceShortConvArgs without a tail, the twin of ShortConvBackwardArgs; out is ignored.
///   d_out     [B, T, C]   float32, contiguous
///   d_x       [B, T, C]   `element`, with the stride of x
///   d_weight  [C, W]      float32
/// Deterministic: sums over tokens are made in stretches of fixed length and those added in their order.
struct DeviceShortConvBackwardArgs {
    DeviceShortConvArgs forward;
    const float* d_out = nullptr;
    void* d_x = nullptr;
    float* d_weight = nullptr;
};

/// As forward, with float32 outputs and weights, no tail and up to 4 taps.
[[nodiscard]] bool device_short_conv_backward_supports(const DeviceShortConvBackwardArgs& args, const DeviceLimits& limits) noexcept;
/// Bytes, aligned to 256: C · W floats for every 64 tokens.
[[nodiscard]] std::size_t device_short_conv_backward_workspace(const DeviceShortConvBackwardArgs& args) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_short_conv_backward(const DeviceShortConvBackwardArgs& args, void* workspace);

}  // namespace rankscope::kernels
