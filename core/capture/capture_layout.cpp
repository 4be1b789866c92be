// SPDX-License-Identifier: Apache-2.0
#include "core/capture/capture_layout.hpp"

#include "core/base/utf8.hpp"
#include "core/spectra/rank_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rankscope {
namespace {

constexpr std::int64_t kLargeWrite = 1 << 20;  // between 256 KiB and 4 MiB; a partial chunk stays above half of it
constexpr std::int64_t kSmallWrite = 1 << 18;
constexpr std::int64_t kLargestWrite = 4 << 20;

template <class T>
bool ascending(const std::vector<T>& values, T end) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] < 0 || values[i] >= end || (i > 0 && values[i] <= values[i - 1])) return false;
    }
    return true;
}

std::string defect_of(const CaptureLayer& layer) {
    if (layer.key_heads < 1 || layer.value_heads < 1 || layer.value_heads % layer.key_heads != 0) {
        return fmt::format("found {} value heads on {} key heads, expected a multiple", layer.value_heads, layer.key_heads);
    }
    if (layer.key_dim < 1 || layer.value_dim < 1) {
        return fmt::format("found state of {} x {}, expected positive sizes", layer.key_dim, layer.value_dim);
    }
    if (layer.heads.empty() || !ascending(layer.heads, static_cast<std::int32_t>(layer.value_heads))) {
        return fmt::format("bad value heads: expected ascending indices below {}", layer.value_heads);
    }
    if (layer.captured_key_heads != key_heads_of(layer.heads, layer.value_heads, layer.key_heads)) {
        return "bad key heads: expected those that the value heads use";
    }
    if (std::ssize(layer.channels) != layer.key_head_count() * layer.key_dim) {
        return fmt::format("found {} channels, expected {} x {}", layer.channels.size(), layer.key_head_count(), layer.key_dim);
    }
    return {};
}

template <class T>
std::string list_difference(const char* what, const std::vector<T>& found, const std::vector<T>& expected) {
    if (found == expected) return {};
    if (found.size() != expected.size()) return fmt::format("{}: found {} of them, expected {}", what, found.size(), expected.size());
    const auto at = std::mismatch(found.begin(), found.end(), expected.begin());
    return fmt::format("{}: found {}, expected {} at {}", what, *at.first, *at.second, at.first - found.begin());
}

std::string number_difference(const char* what, std::int64_t found, std::int64_t expected) {
    return found == expected ? std::string() : fmt::format("{}: found {}, expected {}", what, found, expected);
}

std::string layer_difference(const CaptureLayer& found, const CaptureLayer& expected) {
    for (const std::string& text :
         {number_difference("index", found.index, expected.index),
          found.mixer == expected.mixer ? std::string() : fmt::format("mixer: found another one, expected {}", expected.mixer),
          number_difference("key_heads", found.key_heads, expected.key_heads),
          number_difference("value_heads", found.value_heads, expected.value_heads),
          number_difference("key_dim", found.key_dim, expected.key_dim),
          number_difference("value_dim", found.value_dim, expected.value_dim),
          number_difference("gate", found.gate ? 1 : 0, expected.gate ? 1 : 0),
          list_difference("value heads", found.heads, expected.heads),
          list_difference("key heads", found.captured_key_heads, expected.captured_key_heads),
          list_difference("channels", found.channels, expected.channels)}) {
        if (!text.empty()) return text;
    }
    return {};
}

}  // namespace

std::vector<std::int32_t> key_heads_of(std::span<const std::int32_t> value_heads, std::int64_t value_head_count,
                                       std::int64_t key_head_count) {
    const auto group = static_cast<std::int32_t>(value_head_count / key_head_count);
    std::vector<std::int32_t> heads;
    for (const std::int32_t head : value_heads) heads.push_back(head / group);
    std::sort(heads.begin(), heads.end());
    heads.erase(std::unique(heads.begin(), heads.end()), heads.end());
    return heads;
}

std::string layer_name(std::int64_t index) {
    return fmt::format("layer_{:02}", index);
}

std::int64_t data_bytes(const CaptureLayout& layout) {
    const std::int64_t W = layout.windows(), P = std::ssize(layout.positions), Ps = std::ssize(layout.state_positions);
    const std::int64_t T = layout.window_tokens;
    const auto metrics = std::ssize(rank_metrics_table());
    const auto norm_metrics = std::ranges::count_if(rank_metrics_table(), &RankMetric::of_norms);
    std::int64_t numbers = W * T;
    for (const CaptureLayer& layer : layout.layers) {
        const std::int64_t heads = layer.head_count();
        if (layout.states) numbers += W * Ps * heads * layer.key_dim * layer.value_dim;
        if (layout.spectra) numbers += W * P * heads * (layer.rank_limit() + layer.key_dim + metrics);
        if (layout.ranks) numbers += W * P * heads * norm_metrics;
        if (layout.inputs) {
            numbers += W * T * (2 * layer.key_head_count() * layer.key_dim + heads * (layer.value_dim + (layer.gate ? 2 : 1)));
        }
    }
    return numbers * static_cast<std::int64_t>(sizeof(float));
}

std::int64_t file_bytes(const CaptureLayout& layout) {
    // Of its datasets and their attributes; a reference, a heap entry and a short text.
    constexpr std::int64_t kPerLayer = 20 << 10, kPerToken = 48;
    return data_bytes(layout) + std::ssize(layout.layers) * kPerLayer + layout.windows() * layout.window_tokens * kPerToken;
}

std::vector<std::int64_t> state_chunk(std::span<const std::int64_t> shape) {
    // From the innermost dimension outwards, as much as one write may hold.
    const auto grown = [&](std::int64_t limit, std::size_t outermost) {
        std::vector<std::int64_t> chunk(shape.size(), 1);
        std::int64_t bytes = sizeof(float);
        for (std::size_t i = shape.size(); i-- > outermost;) {
            chunk[i] = std::clamp<std::int64_t>(limit / bytes, 1, shape[i]);
            bytes *= chunk[i];
            if (chunk[i] < shape[i]) break;
        }
        return chunk;
    };
    const std::int64_t state = shape[3] * shape[4] * static_cast<std::int64_t>(sizeof(float));
    // A chunk of several windows is rewritten at each flush until it is full, so it is kept small.
    const std::int64_t window = shape[1] * shape[2] * state;
    if (window < kSmallWrite) {
        std::vector<std::int64_t> chunk(shape.begin(), shape.end());
        const std::int64_t least = std::clamp<std::int64_t>((kSmallWrite + window - 1) / window, 1, shape[0]);
        // Chunks of the same length, or the last one could be nearly empty and still take its whole place on disk.
        const std::int64_t chunks = shape[0] / least;
        chunk[0] = (shape[0] + chunks - 1) / chunks;
        return chunk;
    }
    return grown(state > kLargeWrite && state <= kLargestWrite ? state : kLargeWrite, 1);
}

std::string defect_of(const CaptureLayout& layout) {
    if (layout.layers.empty()) return "found no layer, expected at least one";
    if (layout.windows() < 1) return "found no window, expected at least one";
    if (layout.window_tokens < 1) return fmt::format("found windows of {} tokens, expected at least 1", layout.window_tokens);
    for (std::size_t i = 0; i < layout.layers.size(); ++i) {
        const CaptureLayer& layer = layout.layers[i];
        if (layer.index < 0 || (i > 0 && layer.index <= layout.layers[i - 1].index)) return "bad layers: expected ascending indices";
        if (const std::string text = defect_of(layer); !text.empty()) return fmt::format("layer {}: {}", layer.index, text);
    }
    if (!ascending(layout.positions, layout.window_tokens)) {
        return fmt::format("bad positions: expected ascending numbers below {}", layout.window_tokens);
    }
    if (!ascending(layout.state_positions, layout.window_tokens)
        || !std::includes(layout.positions.begin(), layout.positions.end(), layout.state_positions.begin(), layout.state_positions.end())) {
        return "bad state positions: expected an ascending selection of the positions";
    }
    if (layout.spectra && layout.ranks) return "found both spectra and ranks, expected one of them: spectra hold the ranks too";
    if ((layout.spectra || layout.ranks) && layout.positions.empty()) return "found no position, expected at least one for spectra or ranks";
    if (layout.states && layout.state_positions.empty()) return "found no state position, expected at least one for states";
    return {};
}

std::string difference_of(const CaptureLayout& found, const CaptureLayout& expected) {
    for (const std::string& text : {number_difference("layers", std::ssize(found.layers), std::ssize(expected.layers)),
                                    number_difference("window", found.window_tokens, expected.window_tokens),
                                    list_difference("windows", found.window_start, expected.window_start),
                                    list_difference("positions", found.positions, expected.positions),
                                    list_difference("state positions", found.state_positions, expected.state_positions),
                                    number_difference("states", found.states ? 1 : 0, expected.states ? 1 : 0),
                                    number_difference("spectra", found.spectra ? 1 : 0, expected.spectra ? 1 : 0),
                                    number_difference("ranks", found.ranks ? 1 : 0, expected.ranks ? 1 : 0),
                                    number_difference("inputs", found.inputs ? 1 : 0, expected.inputs ? 1 : 0)}) {
        if (!text.empty()) return text;
    }
    for (std::size_t i = 0; i < found.layers.size(); ++i) {
        const std::string text = layer_difference(found.layers[i], expected.layers[i]);
        if (!text.empty()) return fmt::format("layer {}: {}", expected.layers[i].index, text);
    }
    return {};
}

std::string readable_token(const std::string& bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t length = bytes[i] == '\0' ? 0 : utf8_sequence_length(std::string_view(bytes).substr(i));
        if (length == 0) {
            text += fmt::format("\\x{:02X}", static_cast<unsigned char>(bytes[i++]));
        } else {
            text.append(bytes, i, length);
            i += length;
        }
    }
    return text;
}

}  // namespace rankscope
