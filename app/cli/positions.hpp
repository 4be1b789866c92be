// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rankscope::cli {

/// Which token positions of a window `capture` looks at, as the user writes them; empty texts were not given.
struct PositionOptions {
    std::int64_t every = 0;  ///< 0 = not given
    std::string at;          ///< index list
    std::string states_at;   ///< index list, "every:N" or "all"
};

struct Positions {
    std::vector<std::int64_t> spectra;  ///< ascending; spectra and metrics
    std::vector<std::int64_t> states;   ///< ⊆ spectra
};

/// `--every N` means N−1, 2N−1, …; without --every and --at it is every 64th (the last token of a shorter window), or what
/// --states-at names. Full states: --states-at, else all of --at, else the last position. Error{Usage}: both --every and
/// --at, a position outside the window, or a state position without spectra.
[[nodiscard]] Positions resolve_positions(const PositionOptions& options, std::int64_t window_tokens);

}  // namespace rankscope::cli
