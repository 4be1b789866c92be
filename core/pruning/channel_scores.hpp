// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rankscope {

/// What a method says about the channels of one key head.
struct HeadScores {
    /// [K] per channel, higher = keep. DRRQR: |R_jj| of the step j at which pivoted QR took the channel.
    std::vector<double> scores;
    std::vector<std::int32_t> order;  ///< [K] all channels, best first; a method keeps the first K' (DRRQR before swaps)

    bool operator==(const HeadScores&) const = default;
};

/// [layer][key head]; empty for attention layers.
using ModelScores = std::vector<std::vector<HeadScores>>;

/// All channels by falling score; equal scores: lower index first. Error{Input} if a score is NaN or infinite; `where`
/// names the head.
[[nodiscard]] std::vector<std::int32_t> order_of(std::span<const double> scores, const std::string& where);

/// The first `count` of an order, ascending.
[[nodiscard]] std::vector<std::int32_t> kept_channels(std::span<const std::int32_t> order, std::int64_t count);

/// Σ_j (|Wq_ij| + |Wk_ij|) n_j per row i of two projections [rows, columns]: the structured Wanda score (row sums of
/// Sun et al. 2023); with all n_j = 1 (an empty span) the L1 score. Sums in float64.
[[nodiscard]] std::vector<double> weight_scores(std::span<const float> q_proj, std::span<const float> k_proj, std::int64_t columns,
                                                std::span<const double> input_norms);

/// A permutation of [0, key_dim) that depends on (seed, layer, head) alone.
[[nodiscard]] std::vector<std::int32_t> random_order(std::uint64_t seed, std::int64_t layer, std::int64_t head, std::int64_t key_dim);

}  // namespace rankscope
