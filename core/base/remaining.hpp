// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace rankscope {

/// Before this nothing can be said about the rest, and what ends sooner needs no progress. Seconds.
constexpr double kSilentSeconds = 0.5;

/// Seconds that are left when `done` of `total` took `passed` seconds, if the rest goes as fast; -1 (ProgressUpdate: not known yet) in
/// the first half second and before anything is done.
constexpr double remaining_seconds(double passed, double done, double total) {
    return passed > kSilentSeconds && done > 0 ? passed * (total - done) / done : -1;
}

}  // namespace rankscope
