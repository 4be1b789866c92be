// SPDX-License-Identifier: Apache-2.0
#include "core/training/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rankscope {

double Schedule::factor(std::int64_t step) const noexcept {
    if (step < warmup_steps) return static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
    if (total_steps == 0) return 1;
    const auto done = static_cast<double>(step + 1 - warmup_steps);
    const auto whole = static_cast<double>(std::max<std::int64_t>(1, total_steps + 1 - warmup_steps));
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * std::min(1.0, done / whole)));
    return final_fraction + (1 - final_fraction) * cosine;
}

}  // namespace rankscope
