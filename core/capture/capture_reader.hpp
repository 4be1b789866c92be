// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_layout.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace rankscope {

/// Opens a capture file, also a .part up to its last flush and also one that is still being written. The file is untrusted:
/// sizes, types and shapes of everything are checked before anything is read, and one call never takes more than about
/// 256 MiB. One thread at a time (HDF5). Error{Input}: no HDF5, truncated, no capture, or inconsistent, naming the dataset;
/// Error{Unsupported}: another format_version.
class CaptureReader {
public:
    explicit CaptureReader(const std::filesystem::path& path);
    ~CaptureReader();
    CaptureReader(CaptureReader&&) noexcept;

    [[nodiscard]] const CaptureLayout& layout() const noexcept;
    /// Windows that can be read: those before the last flush. All of them in a finished file.
    [[nodiscard]] std::int64_t windows_done() const noexcept;

    [[nodiscard]] bool complete() const noexcept { return windows_done() == layout().windows(); }

    /// Names of the metric datasets, in the order of rank_metrics_table(): all with spectra, those of two norms with ranks. Those this
    /// program does not know are left out.
    [[nodiscard]] const std::vector<std::string>& metrics() const noexcept;
    [[nodiscard]] std::string creator() const;
    [[nodiscard]] std::string created() const;
    /// A JSON object as text; not checked further.
    [[nodiscard]] std::string provenance() const;

    /// Whether a dataset of a layer ("channel_energy", "states", …) is there.
    [[nodiscard]] bool has(const std::string& name, std::size_t layer) const;

    // Below, `layer` counts the captured layers, and a window beyond windows_done() is Error{Usage}; tokens are there for all.

    /// [T]
    [[nodiscard]] std::vector<std::int32_t> tokens(std::int64_t window) const;
    /// [T]; empty if the file has none.
    [[nodiscard]] std::vector<std::string> token_text(std::int64_t window) const;
    /// [P, head, min(K, V)]
    [[nodiscard]] std::vector<float> singular_values(std::size_t layer, std::int64_t window) const;
    /// [P, head]
    [[nodiscard]] std::vector<float> metric(const std::string& name, std::size_t layer, std::int64_t window) const;
    /// [P, head, K]
    [[nodiscard]] std::vector<float> channel_energy(std::size_t layer, std::int64_t window) const;
    /// [K, V] after the state position of this number; `head` counts the captured heads.
    [[nodiscard]] std::vector<float> state(std::size_t layer, std::int64_t window, std::size_t state_position, std::size_t head) const;
    /// "q", "k" [T, captured key head, K], "v" [T, head, V], "beta", "g" [T, head]
    [[nodiscard]] std::vector<float> input(const std::string& name, std::size_t layer, std::int64_t window) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rankscope
