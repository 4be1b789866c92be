// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/delta_rule.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace rankscope::kernels {

/// The recurrence and, after every token of `recurrence.state_positions`, ‖S‖_F and ‖S‖₂ of every head, without writing a state:
/// what the stable rank ‖S‖_F² / ‖S‖₂² needs. On the CPU; state_norms_device.hpp is its twin.
///   norms    [P, B, HV, 2]  Frobenius norm, spectral norm
///   residual [P, B, HV]     ‖SᵀS x − σ² x‖ / σ² of the unit vector x that the spectral norm σ comes from: σ² is that close,
///                           relative, to the square of a singular value of S. May be nullptr.
/// Of `recurrence`, q, out, scale and states are ignored; final_state may be nullptr and may alias initial_state. Sequences may be
/// packed (`offsets`); one that ends before a position leaves its place untouched. Any T >= 0, any B, H, HV, K, V >= 1, float32
/// arithmetic, states of Frobenius norm 0 or 1e-18 … 1e18 (their squares are float32). A state that is not finite gives NaNs or
/// infinities.
///
/// σ₁: Lanczos on SᵀS (Lanczos 1950; one pass over S a step), begun with the first two directions of the token before, the one that
/// was written since, and a good part of everything else, so that hardly a direction can hide; ended when the residual is below 2e-5,
/// when four steps add less than 1e-6 to σ², or after 64 steps. σ is never too large but for rounding (1e-6); within 1e-4 of the truth
/// on all states tested, flat spectra and overtaken directions included (tests/kernels/state_norms_test.cpp), not proved for all. A
/// value may move within that by what other positions are asked for; the number of threads changes no bit.
struct StateNormsArgs {
    DeltaRuleArgs<float> recurrence;
    float* norms = nullptr;
    float* residual = nullptr;
};

/// Runs on parallel_for, a head of a sequence at a time. Throws std::bad_alloc before anything runs; a thread needs about
/// 4 · (K · V + 70 · V) bytes.
void state_norms(const StateNormsArgs& args);

/// The instruction sets this processor has, widest (the one in use) first: "avx512", "avx2", "portable".
[[nodiscard]] std::span<const std::string_view> state_norms_implementations() noexcept;
/// Same as state_norms with one of them by name (tests, measurements); false where there is none of that name.
[[nodiscard]] bool state_norms_with(std::string_view implementation, const StateNormsArgs& args);

}  // namespace rankscope::kernels
