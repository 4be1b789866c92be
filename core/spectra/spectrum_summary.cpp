// SPDX-License-Identifier: Apache-2.0
#include "core/spectra/spectrum_summary.hpp"

#include <cmath>
#include <string>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

// Moves `mean`, the mean of `n` spectra, to that of `n + other_n`.
void merge_means(std::vector<double>& mean, std::int64_t n, std::span<const double> other, std::int64_t other_n) {
    if (other_n == 0) return;
    if (n == 0) mean.assign(other.size(), 0.0);
    if (mean.size() != other.size()) {
        throw_input("spectra: singular values of one head: found " + std::to_string(other.size()) + ", expected " + std::to_string(mean.size()));
    }
    const double weight = static_cast<double>(other_n) / static_cast<double>(n + other_n);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += (other[i] - mean[i]) * weight;
}

}  // namespace

void RunningMoments::add(double value) noexcept {
    ++n_;
    const double before = value - mean_;
    mean_ += before / static_cast<double>(n_);
    squares_ += before * (value - mean_);
}

void RunningMoments::merge(const RunningMoments& other) noexcept {
    if (other.n_ == 0) return;
    const auto n = static_cast<double>(n_);
    const auto m = static_cast<double>(other.n_);
    const double distance = other.mean_ - mean_;
    mean_ += distance * (m / (n + m));
    squares_ += other.squares_ + distance * distance * (n * m / (n + m));
    n_ += other.n_;
}

std::optional<double> RunningMoments::sd() const {
    if (n_ < 2) return std::nullopt;
    return std::sqrt(squares_ / static_cast<double>(n_ - 1));
}

HeadSummary::HeadSummary() : metrics_(rank_metrics_table().size()) {}

void HeadSummary::add(std::span<const double> sigma_falling, const RankMetrics& metrics) {
    merge_means(mean_sigma_, samples_, sigma_falling, 1);
    const auto table = rank_metrics_table();
    for (std::size_t i = 0; i < table.size(); ++i) metrics_[i].add(metrics.*table[i].value);
    ++samples_;
}

void HeadSummary::merge(const HeadSummary& other) {
    merge_means(mean_sigma_, samples_, other.mean_sigma_, other.samples_);
    for (std::size_t i = 0; i < metrics_.size(); ++i) metrics_[i].merge(other.metrics_[i]);
    samples_ += other.samples_;
}

void SpectrumSummary::add(std::int64_t layer, std::int64_t head, std::span<const double> sigma_falling) {
    add(layer, head, sigma_falling, rank_metrics(sigma_falling));
}

void SpectrumSummary::add(std::int64_t layer, std::int64_t head, std::span<const double> sigma_falling, const RankMetrics& metrics) {
    layers_[layer][head].add(sigma_falling, metrics);
}

void SpectrumSummary::merge(const SpectrumSummary& other) {
    for (const auto& [layer, heads] : other.layers_) {
        for (const auto& [head, summary] : heads) layers_[layer][head].merge(summary);
    }
}

std::vector<double> SpectrumSummary::mean_singular_values(std::int64_t layer) const {
    const auto found = layers_.find(layer);
    if (found == layers_.end()) throw_usage("spectra: layer " + std::to_string(layer) + ": found no samples");
    std::vector<double> mean;
    std::int64_t samples = 0;
    for (const auto& [head, summary] : found->second) {
        merge_means(mean, samples, summary.mean_singular_values(), summary.samples());
        samples += summary.samples();
    }
    return mean;
}

}  // namespace rankscope
