// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace rankscope {

/// Learning rate over a training run: linear warm-up, then half a cosine down to `final_fraction`.
struct Schedule {
    std::int64_t warmup_steps = 30;
    std::int64_t total_steps = 0;  ///< 0 = not known yet: the factor stays 1 after the warm-up
    double final_fraction = 0;

    /// Factor of the learning rate for step `step` (0-based): (step + 1) / warmup_steps while warming up, then
    /// f + (1 - f) (1 + cos(pi (step + 1 - warmup_steps) / (total_steps + 1 - warmup_steps))) / 2, so that 1 is reached
    /// with the last warm-up step and f would be reached one step after the last.
    [[nodiscard]] double factor(std::int64_t step) const noexcept;
};

}  // namespace rankscope
