// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD and RANKSCOPE_LANES.
#include "kernels/cpu/delta_rule_chunked.hpp"
#include "kernels/cpu/delta_rule_chunked_backward.hpp"
#include "kernels/cpu/delta_rule_recurrent.hpp"
#include "kernels/cpu/delta_rule_recurrent_backward.hpp"
#include "kernels/cpu/delta_rule_table.hpp"

#define RANKSCOPE_STRING_OF(x) #x
#define RANKSCOPE_STRING(x) RANKSCOPE_STRING_OF(x)

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

// All widths, heads and lengths.
bool well_formed(const DeltaRuleArgs<float>& a) noexcept {
    if (a.B < 1 || a.T < 0 || a.H < 1 || a.HV < 1 || a.HV % a.H != 0 || a.K < 1 || a.V < 1) return false;
    if (a.offsets == nullptr) return true;
    if (a.offsets[0] < 0) return false;
    for (std::int64_t b = 0; b < a.B; ++b) {
        const std::int64_t length = a.offsets[b + 1] - a.offsets[b];
        if (length < 0 || length > a.T) return false;
    }
    return true;
}

// Of all sequences.
std::int64_t tokens(const DeltaRuleArgs<float>& a) noexcept {
    return TokenShares(a.B, a.T, a.offsets, a.HV).tokens();
}

// Measured (kernels/README.md). Chunks read S once for all their tokens and take rows of neighbouring heads together; for that they need
// whole chunks, between requested states as well, and columns enough to share what a chunk computes without them. The recurrence
// spends four operations on an element of S and token with a gate, three without, chunks a little more than three: with vectors
// of 8 lanes it is the gate that makes them pay, with 4 lanes nothing does. Where rows come from memory chunks, which ask for
// them in time, win earlier.
bool chunks_pay(const DeltaRuleArgs<float>& a) noexcept {
    if (kLanes < 8) return false;
    const auto pieces = static_cast<std::int64_t>(a.state_positions.size()) + 1;
    if (tokens(a) < 2 * kHalfTokens * pieces * a.B) return false;
    const bool far = traffic_bytes(a) >= kPastFrom;
    if (kLanes == 16) return far ? a.K >= 16 : (a.K >= 32 && a.V >= 64) || (a.K >= 16 && a.V >= 96);
    if (a.g == nullptr) return far && a.K >= 112;
    return far ? a.K >= 16 : (a.K >= 16 && a.V >= 64) || (a.K >= 8 && a.V >= 96);
}

// Also measured: less than a chunk of tokens is filled up to a whole one, and few columns leave most of a panel empty.
bool chunks_pay_backward(const DeltaRuleArgs<float>& a) noexcept {
    return tokens(a) >= kTokens * a.B && a.V >= 24;
}

}  // namespace

extern const DeltaRuleTable kDeltaRuleTable{
    {"chunked-" RANKSCOPE_STRING(RANKSCOPE_SIMD), &well_formed, &chunked_forward, &chunked_backward},
    {"recurrent-" RANKSCOPE_STRING(RANKSCOPE_SIMD), &well_formed, &recurrent_forward, &recurrent_backward},
    &chunks_pay,
    &chunks_pay_backward};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
