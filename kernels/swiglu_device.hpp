// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule_device.hpp"

#include <cstdint>
#include <string>

namespace rankscope::kernels {

/// out = silu(gate) · up on a GPU (kernels/swiglu.hpp).
///   gate_up [rows, 2 · width]   `element`, gate before up in every row;   out [rows, width]   `element`; both contiguous
/// float32 arithmetic, rounded once. Pointers are aligned to their element; 16 bytes a lane where both are aligned to 16 bytes and width is
/// a multiple of 8. No overlap. Asynchronous on `stream`.
struct DeviceSwigluArgs {
    std::int64_t rows = 0, width = 0;
    DeviceElement element = DeviceElement::Float32;
    const void* gate_up = nullptr;
    void* out = nullptr;
    void* stream = nullptr;
};

/// Rows and width below 2^31, and fewer than 2^31 blocks of 2048 elements (of 256 where rows are not aligned); compute capability 8.0 and
/// later.
[[nodiscard]] bool device_swiglu_supports(const DeviceSwigluArgs& args, const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_swiglu(const DeviceSwigluArgs& args, const DeviceLimits& limits);

/// Its gradient: d_gate_up [rows, 2 · width] from d_out [rows, width], `element`, contiguous. out is ignored.
struct DeviceSwigluBackwardArgs {
    DeviceSwigluArgs forward;
    const void* d_out = nullptr;
    void* d_gate_up = nullptr;
};

[[nodiscard]] bool device_swiglu_backward_supports(const DeviceSwigluBackwardArgs& args, const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_swiglu_backward(const DeviceSwigluBackwardArgs& args, const DeviceLimits& limits);

}  // namespace rankscope::kernels
