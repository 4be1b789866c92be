// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/spectra/rank_metrics.hpp"

namespace rankscope {

/// Mean and standard deviation of a stream of values, without cancellation (Welford's update).
class RunningMoments {
public:
    void add(double value) noexcept;
    /// As if all values of `other` had been added here.
    void merge(const RunningMoments& other) noexcept;

    [[nodiscard]] std::int64_t n() const noexcept { return n_; }

    /// 0 before the first value.
    [[nodiscard]] double mean() const noexcept { return mean_; }

    /// Of the sample (divides by n − 1); empty below two values.
    [[nodiscard]] std::optional<double> sd() const;

private:
    std::int64_t n_ = 0;
    double mean_ = 0;
    double squares_ = 0;  // Σ (x − mean)²
};

/// One value head of one layer over its samples (windows × positions).
class HeadSummary {
public:
    HeadSummary();

    /// Adds one sample, `sigma_falling` as singular_values gives it, `metrics` its rank_metrics. Every sample of a head must
    /// have as many values as the first one: Error{Input} otherwise.
    void add(std::span<const double> sigma_falling, const RankMetrics& metrics);
    void merge(const HeadSummary& other);

    [[nodiscard]] std::int64_t samples() const noexcept { return samples_; }

    /// One entry for each of rank_metrics_table(), in that order.
    [[nodiscard]] std::span<const RunningMoments> metrics() const noexcept { return metrics_; }

    /// σ_i averaged over the samples; empty before the first one.
    [[nodiscard]] const std::vector<double>& mean_singular_values() const noexcept { return mean_sigma_; }

private:
    std::int64_t samples_ = 0;
    std::vector<RunningMoments> metrics_;
    std::vector<double> mean_sigma_;
};

/// What a capture says about ranks: for each layer and value head moments of every metric and the mean spectrum. Memory does
/// not grow with the number of samples.
class SpectrumSummary {
public:
    /// Adds one sample and computes its metrics.
    void add(std::int64_t layer, std::int64_t head, std::span<const double> sigma_falling);
    /// Adds one sample whose metrics are at hand.
    void add(std::int64_t layer, std::int64_t head, std::span<const double> sigma_falling, const RankMetrics& metrics);
    void merge(const SpectrumSummary& other);

    using Heads = std::map<std::int64_t, HeadSummary>;

    /// layer index -> head index -> summary; both rise.
    [[nodiscard]] const std::map<std::int64_t, Heads>& layers() const noexcept { return layers_; }

    /// σ_i averaged over windows, positions and heads, each sample with the same weight. Error{Usage} for a layer without
    /// samples.
    [[nodiscard]] std::vector<double> mean_singular_values(std::int64_t layer) const;

private:
    std::map<std::int64_t, Heads> layers_;
};

}  // namespace rankscope
