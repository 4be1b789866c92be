// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_layout.hpp"
#include "core/capture/capture_writer.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rankscope::testing_support {

/// A made-up capture: three layers (2, 10, 100) that differ in heads and widths, states whose rank is known to vary.
struct Sample {
    CaptureLayout layout;
    std::vector<std::vector<std::int32_t>> tokens;
    /// "t" and the id; tokens 1 and 2 of each window are half a character and a Greek letter.
    [[nodiscard]] static std::string text_of(std::int32_t id);

    explicit Sample(std::int64_t windows = 3, std::int64_t window_tokens = 8);

    [[nodiscard]] CaptureTexts texts() const;
    /// States [P, head, K, V] of one layer and window. Head 0 of window 0 at the first position is exactly zero.
    [[nodiscard]] std::vector<float> states(std::size_t layer, std::int64_t window) const;
    /// Some numbers, different for each (name, layer, window).
    [[nodiscard]] std::vector<float> numbers(char name, std::size_t layer, std::int64_t window, std::int64_t count) const;
    /// Writes everything of these windows, as a capture does.
    void write(CaptureWriter& writer, std::int64_t first, std::int64_t end) const;
};

/// A folder of its own for each test, removed afterwards.
class CaptureFolder : public testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    std::filesystem::path folder_;
};

[[nodiscard]] std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

/// Runs a shell command; its exit code, and what it printed in `output`.
int run_command(const std::string& command, std::string* output);

}  // namespace rankscope::testing_support
