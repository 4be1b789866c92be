// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace rankscope::kernels {

/// Cuts the heads of a batch into shares of about as many tokens, which sequences of different lengths need: an item (a head, or a
/// part of one) weighs the tokens of its sequence and one more. parallel_for runs over the total weight, and whoever gets a range of
/// it does the items that begin there, item_at(begin) to item_at(end) − 1: every item once, whatever the cut. Not in a header of
/// an instruction set, so that it is compiled for the baseline alone.
class TokenShares {
public:
    /// Items 0 … B · per_sequence − 1, sequence after sequence. Keeps the address of `offsets`.
    TokenShares(std::int64_t B, std::int64_t T, const std::int64_t* offsets, std::int64_t per_sequence) noexcept;

    [[nodiscard]] std::int64_t total() const noexcept;

    /// The first item that begins at this weight or behind it.
    [[nodiscard]] std::int64_t item_at(std::int64_t weight) const noexcept;

    /// Of all sequences together.
    [[nodiscard]] std::int64_t tokens() const noexcept;

    /// The sum of the tokens of all items before this one.
    [[nodiscard]] std::int64_t tokens_before(std::int64_t item) const noexcept;

private:
    // Tokens of all sequences before the b-th.
    [[nodiscard]] std::int64_t before(std::int64_t b) const noexcept;

    std::int64_t B_, T_;
    const std::int64_t* offsets_;
    std::int64_t per_sequence_;
};

}  // namespace rankscope::kernels
