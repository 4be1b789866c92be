// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "core/base/progress.hpp"
#include "core/model/internal/network.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope::internal {

/// Sums over scored tokens.
struct HeldOutScore {
    double nats = 0;
    std::int64_t tokens = 0;
    std::int64_t bytes = 0;  ///< text the scored tokens stand for; 0 when not all windows were scored

    HeldOutScore& operator+=(const HeldOutScore& other) noexcept;
    [[nodiscard]] double perplexity() const;
    [[nodiscard]] double bits_per_byte() const;  ///< NaN without bytes
};

/// Scores the first `most` windows as `evaluate` does: each from the zero state, its first token context only.
[[nodiscard]] HeldOutScore score_held_out(const Network& network, const TokenWindows& windows, bool bf16,
                                          const Progress& progress,
                                          std::int64_t most = std::numeric_limits<std::int64_t>::max());

}  // namespace rankscope::internal
