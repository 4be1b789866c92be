// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_layout.hpp"
#include "core/capture/spectra_block.hpp"
#include "core/text/window_stream.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// The version this program writes and reads.
inline constexpr std::int64_t kCaptureVersion = 1;

/// What a capture says beside its numbers.
struct CaptureTexts {
    WindowStream windows;
    /// UTF-8 text of an id; empty = no texts are written.
    std::function<std::string(std::int32_t)> token_text;
    std::string provenance;  ///< a JSON object
    std::string creator;     ///< program and version
};

/// What the recurrence of one layer saw in one window, row-major float32; empty spans are not written.
struct CaptureInputs {
    std::span<const float> q, k;     ///< [T, captured key head, K]
    std::span<const float> v;        ///< [T, captured head, V]
    std::span<const float> beta, g;  ///< [T, captured head]
};

/// Writes a capture file (core/README.md): `NAME.part` first, one flush per window, then sync and rename. All space is
/// allocated and, where the file system can, reserved in create(), and no structure of the file changes after that: a process
/// killed at any moment leaves a file that opens up to its last flush. Until commit() the means in /entry are NaN.
/// Destroyed without commit(): the .part stays, for resume(). One thread at a time.
class CaptureWriter {
public:
    /// Begins anew, over a .part that may be there. Error{Usage}: the layout makes no sense, the place cannot be written or
    /// another process writes it; Error{Resource}: the disk has no room (nothing is left behind then).
    [[nodiscard]] static CaptureWriter create(const std::filesystem::path& path, const CaptureLayout& layout, const CaptureTexts& texts);
    /// Goes on from `NAME.part`; without one, or with one that was never flushed, begins anew. Error{Input}: it belongs to
    /// another capture, with the first difference named. The file keeps the provenance it was begun with.
    [[nodiscard]] static CaptureWriter resume(const std::filesystem::path& path, const CaptureLayout& layout, const CaptureTexts& texts);

    CaptureWriter(CaptureWriter&&) noexcept;
    ~CaptureWriter();

    /// Windows that are complete; the next one to write.
    [[nodiscard]] std::int64_t windows_done() const noexcept;
    /// Token ids of a window, read back from the file: all windows are in it from the start.
    [[nodiscard]] std::vector<std::int32_t> tokens(std::int64_t window) const;

    /// `layer` counts the captured layers. States [n, head, K, V] of the state positions first, first + 1, …
    void write_states(std::size_t layer, std::int64_t window, std::int64_t first, std::span<const float> states);
    /// Spectra of the positions first, first + 1, …, head by head: block.states = n · heads.
    void write_spectra(std::size_t layer, std::int64_t window, std::int64_t first, const SpectraBlock& block);
    /// The metrics of a capture with ranks, of the positions first, first + 1, …: [n] [head] numbers for each metric that is marked
    /// of_norms, in the order of rank_metrics_table().
    void write_ranks(std::size_t layer, std::int64_t window, std::int64_t first, const std::vector<std::vector<float>>& metrics);
    void write_inputs(std::size_t layer, std::int64_t window, const CaptureInputs& inputs);
    /// Everything of the window has been written: flush.
    void finish_window(std::int64_t window);
    /// Writes the means, closes, syncs and gives the file its final name. Returns its bytes.
    std::int64_t commit();

private:
    struct State;
    explicit CaptureWriter(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

/// Complete windows of the unfinished capture beside `path`; nothing if there is none or it cannot be read.
[[nodiscard]] std::optional<std::int64_t> unfinished_windows(const std::filesystem::path& path);

}  // namespace rankscope
