// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace rankscope {

/// Windows with those of one length side by side, so that they share batches (make_batches): a short window alone takes several
/// times as long per token as in a batch. Windows of equal length, those of every text, are not copied.
class LengthOrder {
public:
    /// `rows` outlives it.
    explicit LengthOrder(std::span<const std::vector<std::int32_t>> rows);
    LengthOrder(const LengthOrder&) = delete;
    LengthOrder& operator=(const LengthOrder&) = delete;

    /// Shortest first; of one length in the order in which they came.
    [[nodiscard]] std::span<const std::vector<std::int32_t>> rows() const noexcept { return rows_; }

    /// Where row `i` of rows() was.
    [[nodiscard]] std::size_t place(std::size_t i) const noexcept { return places_.empty() ? i : places_[i]; }

private:
    std::span<const std::vector<std::int32_t>> rows_;
    std::vector<std::vector<std::int32_t>> sorted_;
    std::vector<std::size_t> places_;  ///< empty: all where they were
};

}  // namespace rankscope
