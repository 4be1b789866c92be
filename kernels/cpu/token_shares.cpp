// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu/token_shares.hpp"

namespace rankscope::kernels {

TokenShares::TokenShares(std::int64_t B, std::int64_t T, const std::int64_t* offsets, std::int64_t per_sequence) noexcept
    : B_(B), T_(T), offsets_(offsets), per_sequence_(per_sequence) {}

std::int64_t TokenShares::before(std::int64_t b) const noexcept {
    return offsets_ != nullptr ? offsets_[b] - offsets_[0] : b * T_;
}

std::int64_t TokenShares::tokens() const noexcept {
    return before(B_);
}

std::int64_t TokenShares::total() const noexcept {
    return (before(B_) + B_) * per_sequence_;
}

std::int64_t TokenShares::item_at(std::int64_t weight) const noexcept {
    if (weight >= total()) return B_ * per_sequence_;
    if (weight < 0) return 0;
    std::int64_t low = 0, high = B_;  // the last sequence that begins at `weight` or before it lies in [low, high)
    while (high - low > 1) {
        const std::int64_t middle = low + (high - low) / 2;
        ((before(middle) + middle) * per_sequence_ <= weight ? low : high) = middle;
    }
    const std::int64_t each = before(low + 1) - before(low) + 1;
    return low * per_sequence_ + (weight - (before(low) + low) * per_sequence_ + each - 1) / each;
}

std::int64_t TokenShares::tokens_before(std::int64_t item) const noexcept {
    const std::int64_t b = item / per_sequence_;
    if (b >= B_) return before(B_) * per_sequence_;
    return before(b) * per_sequence_ + item % per_sequence_ * (before(b + 1) - before(b));
}

}  // namespace rankscope::kernels
