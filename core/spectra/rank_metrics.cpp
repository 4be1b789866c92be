// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/rank_metrics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace rankscope {
namespace {

constexpr std::array<RankMetric, 9> kTable{{
    {"rank_stable", "‖S‖_F² / ‖S‖_2²", &RankMetrics::stable, true},
    {"rank_utilisation", "rank_stable / min(K, V)", &RankMetrics::utilisation, true},
    {"rank_entropy", "exp H(σ / Σσ)", &RankMetrics::entropy},
    {"rank_energy", "exp H(σ² / Σσ²)", &RankMetrics::energy},
    {"rank_participation", "(Σσ²)² / Σσ⁴", &RankMetrics::participation},
    {"rank_threshold", "#{σ_i > 10⁻⁴ σ_1}", &RankMetrics::threshold},
    {"rank_at_99", "directions that hold 99 % of Σσ²", &RankMetrics::at_99},
    {"norm_frobenius", "‖S‖_F = (Σσ²)^1/2", &RankMetrics::norm_frobenius, true},
    {"norm_spectral", "‖S‖_2 = σ_1", &RankMetrics::norm_spectral, true},
}};

constexpr double kShareSlack = 1e-12;

bool is_zero(std::span<const double> sigma) {
    return sigma.empty() || !(sigma.front() > 0);
}

// Sums of x, x² and x⁴ and the two entropy sums over x = σ/σ₁ in (0, 1].
struct Sums {
    double x = 0, x2 = 0, x4 = 0, x_log = 0, x2_log = 0;
};

Sums relative_sums(std::span<const double> sigma) {
    Sums s;
    for (const double value : sigma) {
        const double x = value / sigma.front();
        if (!(x > 0)) continue;  // lim x log x = 0
        const double x2 = x * x;
        const double log_x = std::log(x);
        s.x += x;
        s.x2 += x2;
        s.x4 += x2 * x2;
        s.x_log += x * log_x;
        s.x2_log += x2 * 2 * log_x;
    }
    return s;
}

// exp H(w / Σw), H = log Σw − Σ w log w / Σw.
double exp_entropy(double sum, double sum_log) {
    return sum * std::exp(-sum_log / sum);
}

}  // namespace

std::span<const RankMetric> rank_metrics_table() noexcept {
    return kTable;
}

RankMetrics rank_metrics(std::span<const double> sigma_falling) {
    RankMetrics m;
    if (is_zero(sigma_falling)) return m;
    const Sums s = relative_sums(sigma_falling);
    const double sigma_1 = sigma_falling.front();
    m.stable = s.x2;
    m.utilisation = s.x2 / static_cast<double>(sigma_falling.size());
    m.entropy = exp_entropy(s.x, s.x_log);
    m.energy = exp_entropy(s.x2, s.x2_log);
    m.participation = s.x2 * s.x2 / s.x4;
    m.threshold = static_cast<double>(rank_threshold(sigma_falling));
    m.at_99 = static_cast<double>(rank_at(sigma_falling, 0.99));
    m.norm_frobenius = sigma_1 * std::sqrt(s.x2);
    m.norm_spectral = sigma_1;
    return m;
}

RankMetrics rank_metrics_of_norms(double frobenius, double spectral, std::int64_t limit) {
    RankMetrics m;
    for (const RankMetric& metric : kTable) {
        if (!metric.of_norms) m.*metric.value = std::numeric_limits<double>::quiet_NaN();
    }
    if (!(frobenius > 0) || !(spectral > 0)) return m;
    const double ratio = frobenius / spectral;
    m.stable = ratio * ratio;
    m.utilisation = m.stable / static_cast<double>(limit);
    m.norm_frobenius = frobenius;
    m.norm_spectral = spectral;
    return m;
}

std::int64_t rank_threshold(std::span<const double> sigma_falling, double epsilon) {
    if (is_zero(sigma_falling)) return 0;
    const double sigma_1 = sigma_falling.front();
    // Divided by σ₁ rather than ε σ₁, which may be subnormal.
    return std::count_if(sigma_falling.begin(), sigma_falling.end(), [&](double value) { return value / sigma_1 > epsilon; });
}

std::int64_t rank_at(std::span<const double> sigma_falling, double share) {
    if (is_zero(sigma_falling)) return 0;
    const double sigma_1 = sigma_falling.front();
    double total = 0;
    for (const double value : sigma_falling) total += value / sigma_1 * (value / sigma_1);
    const double wanted = (share - kShareSlack) * total;
    double held = 0;
    std::int64_t rank = 0;
    for (const double value : sigma_falling) {
        held += value / sigma_1 * (value / sigma_1);
        ++rank;
        if (held >= wanted) return rank;
    }
    return rank;
}

}  // namespace rankscope
