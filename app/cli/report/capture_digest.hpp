// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/progress.hpp"

namespace rankscope::cli::report {

/// Mean and quartiles of a sample.
struct Spread {
    double mean = 0, low = 0, high = 0;
};

/// Of values in any order; zeros for none.
[[nodiscard]] Spread spread_of(std::vector<double> values);

/// What the page shows of one captured layer. Samples are windows x value heads.
struct LayerDigest {
    std::int64_t index = 0, key_dim = 0, value_dim = 0, heads = 0;
    std::vector<Spread> singular_values;   ///< [min(K, V)] after the last captured position
    std::vector<Spread> stable, entropy;   ///< [position] ranks
    Spread mean_stable, mean_entropy;      ///< over all positions
    std::vector<std::int32_t> key_heads;   ///< captured ones
    std::vector<std::vector<double>> energy;  ///< [captured key head][channel] mean ‖S[c, :]‖² after the last position
};

struct CaptureDigest {
    std::vector<std::int64_t> positions;
    std::int64_t windows = 0, window_tokens = 0;
    std::string model_hash;  ///< of its provenance; empty if it has none
    std::vector<LayerDigest> layers;

    [[nodiscard]] const LayerDigest* layer(std::int64_t index) const;
};

/// Reads the spectra of a capture, complete windows only. Errors as CaptureReader; Error{Input} also where it holds no spectra.
[[nodiscard]] CaptureDigest digest_capture(const std::filesystem::path& path, const Progress& progress);

/// Share of the states' energy in these channels, mean over the captured key heads; `keep` is [key head][kept], all key heads.
/// Nothing where the capture does not know all channels (one of a pruned model) or holds no energy.
[[nodiscard]] std::optional<double> energy_kept(const LayerDigest& layer, const std::vector<std::vector<std::int32_t>>& keep, std::int64_t key_dim);

}  // namespace rankscope::cli::report
