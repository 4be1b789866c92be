// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule_device.hpp"

#include <cstdint>
#include <string>

namespace rankscope::kernels {

/// The gates of a recurrent layer on a GPU, from columns b and a of its joint projection (Yang et al. 2024, arXiv 2412.06464; the decay
/// as Mamba2 has it, arXiv 2405.21060):
///   beta = beta_factor · sigmoid(b),   g = −e^{A_log} · softplus(a + dt_bias)
///
///   b, a      [tokens, HV]   `element`, `stride` elements from token to token; either may be nullptr, then its result is not written
///   A_log, dt_bias [HV]      float32; with a
///   beta, g   [tokens, HV]   float32, contiguous
///
/// softplus(x) is x from 20 on, as LibTorch has it. float32 arithmetic. Pointers are aligned to their element; no overlap. Asynchronous on
/// `stream_handle` (a cudaStream_t).
struct DeviceMixerGatesArgs {
    std::int64_t tokens = 0, HV = 0, stride = 0;
    DeviceElement element = DeviceElement::Float32;
    const void* b = nullptr;
    const void* a = nullptr;
    float beta_factor = 1;
    const float* A_log = nullptr;
    const float* dt_bias = nullptr;
    float* beta = nullptr;
    float* g = nullptr;
    void* stream_handle = nullptr;
};

/// HV >= 1, fewer than 2^31 blocks of 256 gates; compute capability 8.0 and later.
[[nodiscard]] bool device_mixer_gates_supports(const DeviceMixerGatesArgs& args, const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_mixer_gates(const DeviceMixerGatesArgs& args, const DeviceLimits& limits);

}  // namespace rankscope::kernels
