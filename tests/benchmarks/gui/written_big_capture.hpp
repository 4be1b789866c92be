// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/capture/capture_writer.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace rankscope::gui {

/// Writes a capture of a 24-layer model with 16 heads of 128 × 128 (two windows, four state positions,
/// sixteen positions with spectra): 8 × 25 MB of states. The values follow a formula; nothing is decomposed.
/// Returns the file's bytes.
inline std::int64_t writeBigCapture(const std::filesystem::path& path) {
    constexpr std::int64_t kLayers = 24, kHeads = 16, kDim = 128, kWindows = 2, kPositions = 16,
                           kTokens = 512;
    CaptureLayout layout;
    std::vector<std::int32_t> heads(kHeads), channels;
    std::iota(heads.begin(), heads.end(), 0);
    for (std::int64_t head = 0; head < kHeads; ++head) {
        for (std::int32_t c = 0; c < kDim; ++c)
            channels.push_back(c);
    }
    for (std::int64_t layer = 0; layer < kLayers; ++layer)
        layout.layers.push_back(
            {layer, "delta_rule", kHeads, kHeads, kDim, kDim, false, heads, heads, channels});
    for (std::int64_t p = 0; p < kPositions; ++p)
        layout.positions.push_back((p + 1) * kTokens / kPositions - 1);
    layout.state_positions = {127, 255, 383, 511};
    layout.window_tokens = kTokens;
    std::vector<std::vector<std::int32_t>> tokens(kWindows, std::vector<std::int32_t>(kTokens));
    for (std::int64_t w = 0; w < kWindows; ++w) {
        layout.window_start.push_back(w * kTokens);
        std::iota(tokens[static_cast<std::size_t>(w)].begin(), tokens[static_cast<std::size_t>(w)].end(), 0);
    }
    TokenWindows read;
    read.rows = std::move(tokens);
    read.start = layout.window_start;
    const CaptureTexts texts{WindowStream(std::move(read)), [](std::int32_t id) { return "t" + std::to_string(id); }, "{}",
                             "window_benchmark"};
    auto writer = CaptureWriter::create(path, layout, texts);

    std::vector<float> states(static_cast<std::size_t>(kHeads * kDim * kDim));
    for (std::size_t i = 0; i < states.size(); ++i)
        states[i] = std::sin(0.37F * static_cast<float>(i % 9973));
    SpectraBlock block;
    block.states = kHeads;
    for (std::int64_t head = 0; head < kHeads; ++head) {
        for (std::int64_t i = 0; i < kDim; ++i)
            block.singular_values.push_back(std::exp(-0.03F * static_cast<float>(i * (head + 4)) / 4));
        for (std::int64_t c = 0; c < kDim; ++c)
            block.channel_energy.push_back(1.0F + static_cast<float>(c % 7));
    }
    for (std::size_t m = 0; m < rank_metrics_table().size(); ++m)
        block.metrics.emplace_back(static_cast<std::size_t>(kHeads), 4.0F + static_cast<float>(m));
    for (std::int64_t w = 0; w < kWindows; ++w) {
        for (std::size_t layer = 0; layer < kLayers; ++layer) {
            for (std::int64_t p = 0; p < std::ssize(layout.state_positions); ++p)
                writer.write_states(layer, w, p, states);
            for (std::int64_t p = 0; p < kPositions; ++p)
                writer.write_spectra(layer, w, p, block);
        }
        writer.finish_window(w);
    }
    return writer.commit();
}

}  // namespace rankscope::gui
