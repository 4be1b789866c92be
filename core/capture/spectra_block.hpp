// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rankscope {

/// What a capture keeps of consecutive states, as its datasets hold it.
struct SpectraBlock {
    std::int64_t states = 0;                  ///< n
    std::vector<float> singular_values;       ///< [n, min(K, V)] falling; exact zeros stay exact
    std::vector<std::vector<float>> metrics;  ///< [n] for each entry of rank_metrics_table()
    std::vector<float> channel_energy;        ///< [n, K] ‖S[c, :]‖²
};

/// `states` row-major float32 [n, K, V]. Computed in float64. Error{Input}: NaN or infinity in a state.
[[nodiscard]] SpectraBlock spectra_block(std::span<const float> states, std::int64_t key_dim, std::int64_t value_dim);

/// The same from what was computed elsewhere: singular values [n, min(K, V)] falling, row energies [n, K]. Error{Input}: a value
/// that is not finite, as states with a NaN have.
[[nodiscard]] SpectraBlock spectra_block(std::span<const double> singular_values, std::span<const float> row_energy, std::int64_t key_dim,
                                         std::int64_t value_dim);

}  // namespace rankscope
