// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rankscope::kernels {

enum class DeviceElement { Float32, BFloat16 };

/// The (gated) delta rule of kernels/delta_rule.hpp on a GPU. Every pointer is device memory.
///
/// `B` sequences lie one behind the other on the token axis: T tokens each where `offsets` is null, else tokens offsets[b] to
/// offsets[b+1] − 1 with T the longest (empty ones are allowed) and `tokens` their sum. ("cuda-chunked" takes such a batch;
/// "cuda-decode" refuses `offsets` in supports(), and the next in order of preference is asked.)
///
///   q, k   [tokens, H, K]     `element`; q_stride, k_stride elements from token to token, heads contiguous
///   v      [tokens, HV, V]    `element`; HV % H == 0, value head j uses key head j / (HV/H)
///   beta   [tokens, HV]       float32, contiguous, 0..2
///   g      [tokens, HV]       float32, contiguous, log decay <= 0 (−inf is allowed); may be nullptr
///   initial_state [B, HV, K, V]  float32; may be nullptr (zeros)
///   out    [tokens, HV, V]    `element`
///   final_state   [B, HV, K, V]  float32; may be nullptr; may alias initial_state
///   positions     [P]         ascending, 0-based in every sequence
///   states [P, B, HV, K, V]   float32; a sequence that ends before a position leaves its place untouched
///
/// A stride of 0 means contiguous; pointers are aligned to their element. Inputs and outputs do not overlap except as said.
/// Arithmetic: states and sums float32. With BFloat16 what enters a tensor core is rounded to bfloat16, the state for its two
/// products included; with Float32 every product is that of float32 numbers (three bfloat16 parts each).
/// Asynchronous on `stream` (a cudaStream_t). Deterministic.
struct DeviceDeltaRuleArgs {
    std::int64_t B = 0, T = 0, tokens = 0, H = 0, HV = 0, K = 0, V = 0;
    float scale = 1;
    DeviceElement element = DeviceElement::Float32;
    const void* q = nullptr;
    const void* k = nullptr;
    const void* v = nullptr;
    std::int64_t q_stride = 0, k_stride = 0, v_stride = 0, out_stride = 0;
    const float* beta = nullptr;
    const float* g = nullptr;
    const std::int64_t* offsets = nullptr;
    const float* initial_state = nullptr;
    void* out = nullptr;
    float* final_state = nullptr;
    const std::int64_t* positions = nullptr;
    std::int64_t P = 0;
    float* states = nullptr;
    void* stream = nullptr;
};

/// One way to compute it. `workspace` bytes of device memory aligned to 256 come with a call; nothing else is allocated.
struct DeviceDeltaRule {
    std::string_view name;  ///< "cuda-chunked", "cuda-decode"
    bool (*supports)(const DeviceDeltaRuleArgs&, const DeviceLimits&) noexcept;
    std::size_t (*workspace)(const DeviceDeltaRuleArgs&, const DeviceLimits&) noexcept;
    /// Empty, or what CUDA says.
    std::string (*run)(const DeviceDeltaRuleArgs&, const DeviceLimits&, void* workspace);
};

/// In order of preference. Ask supports() first.
[[nodiscard]] std::span<const DeviceDeltaRule> device_delta_rules() noexcept;

}  // namespace rankscope::kernels
