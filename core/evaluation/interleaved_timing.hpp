// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace rankscope {

/// Two works timed in turn, so that whatever else the machine does hits both. `ratio` is theirs / ours, one for each round.
struct InterleavedTimes {
    double ours = 0, theirs = 0;                         ///< seconds, the best of all rounds
    double ratio = 0, ratio_lower = 0, ratio_upper = 0;  ///< median and quartiles
    int rounds = 0;
};

/// Rounds until `seconds` are over, at least `least` (>= 1). Neither work is warmed up: run both once before, as comparing their
/// results does.
template <class Ours, class Theirs>
[[nodiscard]] InterleavedTimes time_in_turn(double seconds, int least, const Ours& ours, const Theirs& theirs) {
    using Clock = std::chrono::steady_clock;
    const auto since = [](Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    const auto begin = Clock::now();
    InterleavedTimes times;
    std::vector<double> ratios;
    while (times.rounds < least || since(begin) < seconds) {
        auto start = Clock::now();
        ours();
        const double a = since(start);
        start = Clock::now();
        theirs();
        const double b = since(start);
        times.ours = times.rounds == 0 ? a : std::min(times.ours, a);
        times.theirs = times.rounds == 0 ? b : std::min(times.theirs, b);
        ratios.push_back(b / std::max(a, 1e-9));
        ++times.rounds;
    }
    std::sort(ratios.begin(), ratios.end());
    times.ratio = ratios[ratios.size() / 2];
    times.ratio_lower = ratios[ratios.size() / 4];
    times.ratio_upper = ratios[ratios.size() - 1 - ratios.size() / 4];
    return times;
}

}  // namespace rankscope
