// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule_device.hpp"

namespace rankscope::kernels {

/// The recurrence and, after every token of `recurrence.positions`, ‖S‖_F and ‖S‖₂ of every head, without writing a state: the
/// stable rank ‖S‖_F² / ‖S‖₂² of any token costs next to nothing beside a capture.
///   norms [P, B, HV, 2]  float32, device memory: Frobenius norm, spectral norm
/// States of Frobenius norm 1e-18 … 1e18 (their squares are float32). Of `recurrence`, q, out and states are ignored, final_state
/// may be nullptr. Float32 arithmetic. The spectral norm comes from Lanczos bidiagonalisation, which stops when four steps change
/// it by less than 1e-6 (at most 64 steps); it does not depend on which other tokens were asked for. One block for each head and
/// sequence: heads, not tokens, are what runs side by side.
struct DeviceStateNormsArgs {
    DeviceDeltaRuleArgs recurrence;
    float* norms = nullptr;
};

/// 1 <= K, V <= 256, compute capability 8.0 and later.
[[nodiscard]] bool device_state_norms_supports(const DeviceStateNormsArgs& args, const DeviceLimits& limits) noexcept;
/// Bytes, aligned to 256: states, where they do not fit shared memory.
[[nodiscard]] std::size_t device_state_norms_workspace(const DeviceStateNormsArgs& args, const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_state_norms(const DeviceStateNormsArgs& args, const DeviceLimits& limits, void* workspace);

}  // namespace rankscope::kernels
