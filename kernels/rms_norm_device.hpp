// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule_device.hpp"
#include "kernels/rms_norm.hpp"

#include <cstdint>
#include <string>

namespace rankscope::kernels {

/// The norm of kernels/rms_norm.hpp on a GPU:  s = x + add,   y = s · r · weight · act(gate),   r = (mean(s²) + eps)^-1/2
/// s is rounded to its element before it is normalised, so that what is normalised is what the next layer adds to. float32 arithmetic.
///
///   x, sum      [rows, width]   `stream_element`, contiguous; sum (only with add) may be x
///   add, out    [rows, width]   `element`, contiguous; out may be add or, of the same element and without add, x
///   weight      [width]         float32
///   gate        `element`, with act other than None: row r is head r % heads of token r / heads; the heads of a token side by side,
///               tokens `gate_stride` elements apart (0: heads · width). Columns of a wider matrix need no copy.
///   inverse     [rows]          float32 r, for a gradient; may be nullptr
///
/// Pointers are aligned to their element; where everything is aligned to 16 bytes and width (and gate_stride) are multiples of 8, memory
/// is read and written 16 bytes a lane. Asynchronous on `stream`. A row gets the same bits whatever its neighbours.
struct DeviceRmsNormArgs {
    std::int64_t rows = 0, width = 0, heads = 1;
    float eps = 1e-6F;
    DeviceElement stream_element = DeviceElement::Float32;
    DeviceElement element = DeviceElement::Float32;
    const void* x = nullptr;
    const void* add = nullptr;
    void* sum = nullptr;
    const float* weight = nullptr;
    const void* gate = nullptr;
    std::int64_t gate_stride = 0;
    NormGate act = NormGate::None;
    void* out = nullptr;
    float* inverse = nullptr;
    void* stream = nullptr;
};

/// Any number of rows below 2^31, width 1…65536; (stream_element, element) (float32, float32), (float32, bfloat16), (bfloat16, bfloat16);
/// compute capability 8.0 and later.
[[nodiscard]] bool device_rms_norm_supports(const DeviceRmsNormArgs& args, const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_rms_norm(const DeviceRmsNormArgs& args, const DeviceLimits& limits);

/// Gradients of DeviceRmsNormArgs, the twin of RmsNormBackwardArgs. In `forward` x is s (the sum, where there was an addition), float32, and
/// inverse comes in; add, sum and out are ignored.
///   d_out          [rows, width]   `element`
///   d_sum          [rows, width]   float32, what reaches s by other ways; may be nullptr
///   d_x            [rows, width]   float32, of s; may be d_sum
///   d_add, d_gate  [rows, width]   `element`: d_x again, or nullptr; with a gate. Contiguous: heads of a token side by side
///   d_weight       [width]         float32
/// Deterministic: sums over rows are made in pieces of fixed size and those added in their order.
struct DeviceRmsNormBackwardArgs {
    DeviceRmsNormArgs forward;
    const void* d_out = nullptr;
    const float* d_sum = nullptr;
    float* d_x = nullptr;
    void* d_add = nullptr;
    void* d_gate = nullptr;
    float* d_weight = nullptr;
};

/// As forward, float32 streams alone, width up to 8192.
[[nodiscard]] bool device_rms_norm_backward_supports(const DeviceRmsNormBackwardArgs& args, const DeviceLimits& limits) noexcept;
/// Bytes, aligned to 256.
[[nodiscard]] std::size_t device_rms_norm_backward_workspace(const DeviceRmsNormBackwardArgs& args) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_rms_norm_backward(const DeviceRmsNormBackwardArgs& args, void* workspace);

}  // namespace rankscope::kernels
