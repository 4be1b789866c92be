// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rankscope {

/// Consecutive windows of equal length, at most `max_tokens` tokens together (at least one window).
struct Batch {
    std::size_t first = 0;
    std::size_t count = 0;
};

[[nodiscard]] std::vector<Batch> make_batches(std::span<const std::vector<std::int32_t>> rows, std::int64_t max_tokens);

}  // namespace rankscope
