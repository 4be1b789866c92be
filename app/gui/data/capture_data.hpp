// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/capture/capture_layout.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rankscope::gui {

/// What a capture says about one of its layers, states left out. `head` counts the captured value heads.
struct CapturedLayerData {
    std::vector<float> singularValues;  ///< [window, position, head, rank limit]; empty without spectra
    std::map<std::string, std::vector<float>> metrics;  ///< name → [window, position, head]; those captured
    std::vector<float> channelShare;  ///< [head, K]: mean over windows and positions of ‖S[c,:]‖² / ‖S‖²,
                                      ///< zero states left out
};

/// A capture in memory: everything but states and inputs. Immutable once made; shared by all views.
struct CaptureData {
    std::string path, creator, created, provenance;
    CaptureLayout layout;
    std::int64_t windows = 0;                         ///< that can be read
    std::vector<std::vector<std::int32_t>> tokens;    ///< [window][T]
    std::vector<std::vector<std::string>> tokenText;  ///< [window][T]; empty without a tokenizer
    std::vector<CapturedLayerData> layers;            ///< as layout.layers

    /// Number of a model layer among the captured ones; −1 if it was not captured.
    [[nodiscard]] int captured(int modelLayer) const;
    /// Number of a model's value head among the captured ones; −1 if it was not.
    [[nodiscard]] int capturedHead(std::size_t layer, int head) const;
    /// Number of the captured position nearest to a token (the later one of two equally near).
    [[nodiscard]] std::size_t nearestPosition(std::int64_t token) const;
    /// Number of the state position nearest to a token; −1 without states.
    [[nodiscard]] int nearestState(std::int64_t token) const;

    /// Singular values [rank limit] of one state, falling; empty if the capture has none.
    [[nodiscard]] std::span<const float> spectrum(std::size_t layer, std::int64_t window,
                                                  std::size_t position, std::size_t head) const;
    /// Mean over windows and positions, every value by itself; [rank limit].
    [[nodiscard]] std::vector<float> meanSpectrum(std::size_t layer, std::size_t head) const;
    /// Whether every captured layer has this metric: not each capture has all.
    [[nodiscard]] bool hasMetric(const std::string& name) const;
    /// NaN for an unknown metric.
    [[nodiscard]] float metric(const std::string& name, std::size_t layer, std::int64_t window,
                               std::size_t position, std::size_t head) const;

    struct Summary {
        double mean = 0, sd = 0;  ///< sd over the windows' means; NaN with one window
    };

    /// Over windows and positions; NaN for an unknown metric.
    [[nodiscard]] Summary metricSummary(const std::string& name, std::size_t layer, std::size_t head) const;
    /// Share of ‖S‖² in the rows that stay, mean over states: rows as channels of the captured states. NaN
    /// without data.
    [[nodiscard]] double keptEnergy(std::size_t layer, std::size_t head,
                                    std::span<const std::int32_t> keptRows) const;
    /// Share that the best `count` directions hold, mean over states; NaN without spectra.
    [[nodiscard]] double bestDirections(std::size_t layer, std::size_t head, std::int64_t count) const;
};

}  // namespace rankscope::gui
