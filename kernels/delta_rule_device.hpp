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
///   final_state   [B, HV, K, V]  float32; may be nullptr; may be initial_state (a long sequence is not split then)
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

/// Gradients of a scalar loss, the twin of DeltaRuleBackwardArgs. Of `forward`, out, final_state, positions and states are ignored.
/// Comes in:
///   d_out          [tokens, HV, V]    `element`
///   d_final_state  [B, HV, K, V]      float32; may be nullptr (zeros)
/// Goes out, overwritten and never accumulated; tokens between sequences do not exist:
///   d_q, d_k       [tokens, H, K]     `element`, summed over the value heads of a key head, in their order
///   d_v            [tokens, HV, V]    `element`
///   d_beta, d_g    [tokens, HV]       float32; d_g may be nullptr
///   d_initial_state [B, HV, K, V]     float32; may be nullptr; may alias d_final_state
/// All contiguous, aligned to their element. Arithmetic as forward. Asynchronous on forward.stream. Deterministic: no sum depends on
/// the order in which threads run. Where no product leaves the range of float32, finite inputs give no NaN; gates 0 and −inf are allowed.
struct DeviceDeltaRuleBackwardArgs {
    DeviceDeltaRuleArgs forward;
    const void* d_out = nullptr;
    const float* d_final_state = nullptr;
    void* d_q = nullptr;
    void* d_k = nullptr;
    void* d_v = nullptr;
    float* d_beta = nullptr;
    float* d_g = nullptr;
    float* d_initial_state = nullptr;
};

/// One way to compute them. The workspace holds, for each chunk of C = 32 (float32) or 64 tokens (bfloat16) and value head, a state
/// before it and the gradient of one behind it, and two rows for each token: about tokens · HV · V · (2 K / C + 2) elements
/// (B · HV chunks more where sequences end inside of one).
struct DeviceDeltaRuleBackward {
    std::string_view name;  ///< "cuda-chunked-backward"
    bool (*supports)(const DeviceDeltaRuleBackwardArgs&, const DeviceLimits&) noexcept;
    std::size_t (*workspace)(const DeviceDeltaRuleBackwardArgs&, const DeviceLimits&) noexcept;
    /// Empty, or what CUDA says.
    std::string (*run)(const DeviceDeltaRuleBackwardArgs&, const DeviceLimits&, void* workspace);
};

/// In order of preference. Ask supports() first.
[[nodiscard]] std::span<const DeviceDeltaRuleBackward> device_delta_rule_backwards() noexcept;

}  // namespace rankscope::kernels
