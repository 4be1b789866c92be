// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rankscope::kernels {

/// (Gated) delta rule, S [K, V] per value head, key channel = row:
///   S̄ = e^g S,   S <- S̄ + k ⊗ beta (v − S̄ᵀ k),   o = scale · Sᵀ q      (S after the update; decay before the read)
/// (Yang et al. 2024, arXiv 2406.06484 and 2412.06464.) Without gate: g = nullptr.
///
/// `B` sequences lie one behind the other on the token axis. Without `offsets` they have T tokens each, `tokens` = B · T. With
/// `offsets` (B + 1 numbers in host memory, never decreasing) sequence b is tokens offsets[b] to offsets[b + 1] − 1, T the longest
/// and `tokens` at least offsets[B]; tokens before offsets[0] and from offsets[B] on are neither read nor written. Sequences never
/// meet, and one without tokens ends in the state it began with. (The packed batch of delta_rule_device.hpp: projections and norms
/// know no sequences, so nothing is filled up, and positions are the windows' own.)
///
///   q, k   [tokens, H, K]    as the recurrence sees them: after convolution, activation and norm, before the scale
///   v      [tokens, HV, V]   HV % H == 0; value head j uses key head j / (HV/H)
///   beta   [tokens, HV]      0..2
///   g      [tokens, HV]      log decay, natural logarithm, <= 0; may be nullptr
///   initial_state [B, HV, K, V]   may be nullptr (zeros)
///   out    [tokens, HV, V]
///   final_state   [B, HV, K, V]   may be nullptr; may alias initial_state
///   states [P, B, HV, K, V]       the state after each token of state_positions (ascending, 0-based in every sequence, < T);
///                                 a sequence that ends before a position leaves its place untouched
///
/// Everything contiguous, row-major, T real (float; double for the reference). Any T >= 0, any B, H, HV, K, V >= 1.
/// Deterministic: the same arguments give the same bits whatever the number of threads, and one implementation gives a sequence the
/// same bits alone, beside others and packed.
template <class Real>
struct DeltaRuleArgs {
    std::int64_t B = 0, T = 0, H = 0, HV = 0, K = 0, V = 0;
    const std::int64_t* offsets = nullptr;  ///< [B + 1], or sequences of T tokens
    Real scale = 1;
    const Real* q = nullptr;
    const Real* k = nullptr;
    const Real* v = nullptr;
    const Real* beta = nullptr;
    const Real* g = nullptr;
    const Real* initial_state = nullptr;
    Real* out = nullptr;
    Real* final_state = nullptr;
    std::span<const std::int64_t> state_positions;
    Real* states = nullptr;
};

/// Gradients of a scalar loss. Inputs as in the forward call; `d_out` [tokens, HV, V] and optionally `d_final_state`
/// [B, HV, K, V] come in, the rest goes out (overwritten, never accumulated). d_g and d_initial_state may be nullptr.
template <class Real>
struct DeltaRuleBackwardArgs {
    DeltaRuleArgs<Real> forward;  ///< out, final_state, states are ignored
    const Real* d_out = nullptr;
    const Real* d_final_state = nullptr;
    Real* d_q = nullptr;     ///< [tokens, H, K], summed over the value heads of a key head
    Real* d_k = nullptr;     ///< [tokens, H, K]
    Real* d_v = nullptr;     ///< [tokens, HV, V]
    Real* d_beta = nullptr;  ///< [tokens, HV]
    Real* d_g = nullptr;     ///< [tokens, HV]
    Real* d_initial_state = nullptr;
};

/// An implementation: its idea, whether it takes these arguments (false for sizes below those above, heads that do not divide, and
/// offsets that decrease or span more than T tokens), and how to run it.
struct DeltaRuleImplementation {
    std::string_view name;  ///< "chunked-avx512", "recurrent-avx2", "recurrent-portable", …
    bool (*supports)(const DeltaRuleArgs<float>&) noexcept;
    void (*run)(const DeltaRuleArgs<float>&);
    void (*run_backward)(const DeltaRuleBackwardArgs<float>&);
};

/// Every implementation this processor can run, the portable one last.
[[nodiscard]] std::span<const DeltaRuleImplementation> delta_rule_implementations() noexcept;

/// The one `delta_rule` would take for these arguments: chunked or recurrent by width and (mean) length. The environment
/// variable RANKSCOPE_KERNEL=<name> forces one (for tests and bug reports).
[[nodiscard]] const DeltaRuleImplementation& choose_delta_rule(const DeltaRuleArgs<float>& args) noexcept;

/// The same for the gradient, where the two meet at other widths.
[[nodiscard]] const DeltaRuleImplementation& choose_delta_rule_backward(const DeltaRuleArgs<float>& args) noexcept;

/// Runs the chosen implementation.
void delta_rule(const DeltaRuleArgs<float>& args);
void delta_rule_backward(const DeltaRuleBackwardArgs<float>& args);

/// The plain recurrence, one token after the other, in Real precision: the fp64 reference every other one is checked with.
template <class Real>
void delta_rule_reference(const DeltaRuleArgs<Real>& args);
template <class Real>
void delta_rule_reference_backward(const DeltaRuleBackwardArgs<Real>& args);

extern template void delta_rule_reference<float>(const DeltaRuleArgs<float>&);
extern template void delta_rule_reference<double>(const DeltaRuleArgs<double>&);
extern template void delta_rule_reference_backward<float>(const DeltaRuleBackwardArgs<float>&);
extern template void delta_rule_reference_backward<double>(const DeltaRuleBackwardArgs<double>&);

}  // namespace rankscope::kernels
