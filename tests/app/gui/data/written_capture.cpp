// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/data/written_capture.hpp"

#include "core/base/random.hpp"
#include "core/capture/spectra_block.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <algorithm>
#include <string>

namespace rankscope::gui::test {

WrittenCapture::WrittenCapture(std::uint64_t seed, std::int64_t windows) {
    layout.layers = {
        {1, "delta_rule", 2, 2, 6, 4, false, {0, 1}, {0, 1}, {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5}},
        {4, "gated_delta_rule", 2, 4, 3, 5, true, {1, 3}, {0, 1}, {0, 2, 5, 1, 2, 7}},
    };
    layout.positions = {3, 5, 7};
    layout.state_positions = {3, 7};
    layout.window_tokens = 8;
    Random random(seed, 0);
    states.resize(layout.layers.size());
    for (std::int64_t w = 0; w < windows; ++w) {
        layout.window_start.push_back(w * layout.window_tokens);
        tokens.emplace_back();
        for (std::int32_t t = 0; t < 8; ++t)
            tokens.back().push_back(static_cast<std::int32_t>(w) * 10 + t);
        for (std::size_t l = 0; l < layout.layers.size(); ++l) {
            const CaptureLayer& layer = layout.layers[l];
            std::vector<float> values(
                static_cast<std::size_t>(3 * layer.head_count() * layer.key_dim * layer.value_dim));
            for (float& value : values)
                value = static_cast<float>(random.normal());
            if (w == 0 && l == 0) std::fill_n(values.begin(), layer.key_dim * layer.value_dim, 0.0F);
            states[l].push_back(std::move(values));
        }
    }
}

std::vector<float> WrittenCapture::state(std::size_t layer, std::size_t window, std::size_t position,
                                         std::size_t head) const {
    const CaptureLayer& shape = layout.layers[layer];
    const auto size = static_cast<std::ptrdiff_t>(shape.key_dim * shape.value_dim);
    const auto at = states[layer][window].begin()
                    + static_cast<std::ptrdiff_t>(position * shape.heads.size() + head) * size;
    return {at, at + size};
}

void WrittenCapture::write(const std::filesystem::path& path, std::int64_t windows) const {
    TokenWindows read;
    read.rows = tokens;
    read.start = layout.window_start;
    const CaptureTexts texts{WindowStream(std::move(read)),
                             [](std::int32_t id) { return std::string("t").append(std::to_string(id)); },
                             R"({"device": "cpu"})", "rankscope test"};
    auto writer = CaptureWriter::create(path, layout, texts);
    for (std::int64_t w = 0; w < windows; ++w) {
        for (std::size_t l = 0; l < layout.layers.size(); ++l) {
            const CaptureLayer& layer = layout.layers[l];
            const auto size = static_cast<std::size_t>(layer.head_count() * layer.key_dim * layer.value_dim);
            const std::span all(states[l][static_cast<std::size_t>(w)]);
            const SpectraBlock block = spectra_block(all, layer.key_dim, layer.value_dim);
            if (layout.spectra) writer.write_spectra(l, w, 0, block);
            if (layout.ranks) {
                std::vector<std::vector<float>> metrics;
                for (std::size_t m = 0; m < rank_metrics_table().size(); ++m) {
                    if (rank_metrics_table()[m].of_norms) metrics.push_back(block.metrics[m]);
                }
                writer.write_ranks(l, w, 0, metrics);
            }
            writer.write_states(l, w, 0, all.subspan(0, size));
            writer.write_states(l, w, 1, all.subspan(2 * size, size));
        }
        writer.finish_window(w);
    }
    if (windows == layout.windows()) writer.commit();
}

}  // namespace rankscope::gui::test
