// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/capture/capture_writer.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace rankscope::gui::test {

/// A capture with two layers (1 and 4) of different shape and random states; head 0 of layer 1 is exactly
/// zero at the first position of window 0.
struct WrittenCapture {
    CaptureLayout layout;
    std::vector<std::vector<std::int32_t>> tokens;
    std::vector<std::vector<std::vector<float>>> states;  ///< [layer][window] of [P, head, K, V]

    explicit WrittenCapture(std::uint64_t seed = 1, std::int64_t windows = 3);

    /// State [K, V] after a position (its number).
    [[nodiscard]] std::vector<float> state(std::size_t layer, std::size_t window, std::size_t position,
                                           std::size_t head) const;

    /// Writes the first `windows` of it; all of them: a finished file, otherwise `path`.part stays.
    void write(const std::filesystem::path& path, std::int64_t windows) const;
};

}  // namespace rankscope::gui::test
