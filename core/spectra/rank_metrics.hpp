// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rankscope {

/// What one spectrum says about the rank of its state; every value is 0 for the zero matrix. Formulas: rank_metrics_table().
struct RankMetrics {
    double stable = 0;
    double utilisation = 0;
    double entropy = 0;
    double energy = 0;
    double participation = 0;
    double threshold = 0;
    double at_99 = 0;
    double norm_frobenius = 0;
    double norm_spectral = 0;

    bool operator==(const RankMetrics&) const = default;
};

/// A metric as files, tables and charts name it.
struct RankMetric {
    std::string_view name;         ///< public name, e.g. "rank_stable"
    std::string_view description;  ///< its formula
    double RankMetrics::*value;
    bool of_norms = false;         ///< needs no spectrum: rank_metrics_of_norms gives it
};

/// Every metric, in the order in which it is printed. Whoever writes metrics takes names and order from here.
[[nodiscard]] std::span<const RankMetric> rank_metrics_table() noexcept;

/// The ε of rank_threshold. Whoever shows that number says 10⁻⁴ beside it.
inline constexpr double kRankThreshold = 1e-4;

/// Metrics of a spectrum, falling and complete (min(K, V) values, zeros included: rank_utilisation divides by their number).
/// Works on σ/σ₁, so squares neither overflow nor vanish.
[[nodiscard]] RankMetrics rank_metrics(std::span<const double> sigma_falling);

/// What the two norms alone say of a state with min(K, V) = `limit`: the metrics marked of_norms; the others are NaN.
[[nodiscard]] RankMetrics rank_metrics_of_norms(double frobenius, double spectral, std::int64_t limit);

/// #{σ_i > ε σ₁}, strictly; 0 for the zero matrix.
[[nodiscard]] std::int64_t rank_threshold(std::span<const double> sigma_falling, double epsilon = kRankThreshold);

/// The least r with σ₁² + … + σ_r² >= share · Σσ² (with 1e-12 of slack for rounding); share in (0, 1]. 0 for the zero matrix.
[[nodiscard]] std::int64_t rank_at(std::span<const double> sigma_falling, double share);

}  // namespace rankscope
