// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/base/progress.hpp"

namespace rankscope {

/// Consecutive windows of equal length, at most `max_tokens` tokens together (at least one window).
struct Batch {
    std::size_t first = 0;
    std::size_t count = 0;
};

[[nodiscard]] std::vector<Batch> make_batches(std::span<const std::vector<std::int32_t>> rows, std::int64_t max_tokens);

/// Runs `body`. False where memory ran out in it: Error{Resource} or std::bad_alloc.
[[nodiscard]] bool fits_in_memory(const std::function<void()>& body);

/// Calls `body` for every batch, in order. Where memory runs out in it (Error{Resource}, std::bad_alloc), the batch is done in
/// halves, and so are all later ones, with a warning; a single window that does not fit is the error. Windows do not depend on
/// their neighbours, so the results are the same up to rounding. `body` must overwrite what a failed attempt left behind.
void for_each_batch(std::span<const Batch> batches, const Progress& progress, const std::function<void(const Batch&)>& body);

}  // namespace rankscope
