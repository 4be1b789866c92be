// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// What one layer contributes to a capture. Counts of heads are the model's; what is captured of them is in the lists.
struct CaptureLayer {
    std::int64_t index = 0;     ///< in the model
    std::string mixer;          ///< "delta_rule", "gated_delta_rule"
    std::int64_t key_heads = 0;
    std::int64_t value_heads = 0;  ///< a multiple of key_heads; value head j uses key head j // (value_heads / key_heads)
    std::int64_t key_dim = 0;   ///< K of the captured states (K' under a plan)
    std::int64_t value_dim = 0;
    bool gate = false;          ///< has g
    std::vector<std::int32_t> heads;          ///< captured value heads, original indices, ascending
    std::vector<std::int32_t> captured_key_heads;  ///< the key heads that those use, ascending
    std::vector<std::int32_t> channels;       ///< [captured key head, key_dim], original channel indices

    /// Singular values per state: min(K, V).
    [[nodiscard]] std::int64_t rank_limit() const noexcept { return key_dim < value_dim ? key_dim : value_dim; }

    [[nodiscard]] std::int64_t head_count() const noexcept { return std::ssize(heads); }

    [[nodiscard]] std::int64_t key_head_count() const noexcept { return std::ssize(captured_key_heads); }

    bool operator==(const CaptureLayer&) const = default;
};

/// What is captured: the sizes and axes of every dataset of a capture file (core/README.md describes the file).
struct CaptureLayout {
    std::vector<CaptureLayer> layers;           ///< ascending index
    std::vector<std::int64_t> positions;        ///< [P] 0-based tokens after which spectra, ranks and metrics are taken, ascending
    std::vector<std::int64_t> state_positions;  ///< [Ps] ⊆ positions: full states
    std::vector<std::int64_t> window_start;     ///< [W] token offset of each window in the text
    std::int64_t window_tokens = 0;             ///< T
    bool states = true, spectra = true, inputs = false;
    bool ranks = false;  ///< the metrics that two norms give (RankMetric::of_norms), without spectra; those have all metrics

    [[nodiscard]] std::int64_t windows() const noexcept { return std::ssize(window_start); }

    bool operator==(const CaptureLayout&) const = default;
};

/// Key heads that the value heads use, ascending.
[[nodiscard]] std::vector<std::int32_t> key_heads_of(std::span<const std::int32_t> value_heads, std::int64_t value_head_count,
                                                     std::int64_t key_head_count);

/// "layer_07", "layer_123".
[[nodiscard]] std::string layer_name(std::int64_t index);

/// Bytes of the numbers that a capture of this layout holds, without text and HDF5's own structures.
[[nodiscard]] std::int64_t data_bytes(const CaptureLayout& layout);

/// About what the file takes on disk, with the text of its tokens: for people, before it is written.
[[nodiscard]] std::int64_t file_bytes(const CaptureLayout& layout);

/// Chunk of `states` [W, Ps, head, K, V]: whole states, and whole windows where they are small, so that one chunk is one
/// write of 256 KiB to 4 MiB. A single state above 4 MiB is cut along K.
[[nodiscard]] std::vector<std::int64_t> state_chunk(std::span<const std::int64_t> shape);

/// What is wrong with a layout (not ascending, out of range, empty), or an empty text.
[[nodiscard]] std::string defect_of(const CaptureLayout& layout);

/// Where two layouts differ, for messages ("layer 3: key_dim: found 32, expected 64"); empty if they are equal.
[[nodiscard]] std::string difference_of(const CaptureLayout& found, const CaptureLayout& expected);

/// Bytes of a token as one line of UTF-8: what is no valid UTF-8 becomes \xNN, and so does the zero byte, which HDF5 takes
/// for the end of a string.
[[nodiscard]] std::string readable_token(const std::string& bytes);

}  // namespace rankscope
