// SPDX-License-Identifier: Apache-2.0
#include "core/capture/spectra_block.hpp"

#include "core/base/error.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/singular_values.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace rankscope {
namespace {

// Without channel_energy.
SpectraBlock block_of(std::span<const double> sigma, std::int64_t rank) {
    SpectraBlock block;
    block.states = std::ssize(sigma) / rank;
    block.singular_values.assign(sigma.begin(), sigma.end());

    const auto table = rank_metrics_table();
    block.metrics.resize(table.size());
    for (std::int64_t i = 0; i < block.states; ++i) {
        const RankMetrics metrics =
            rank_metrics(std::span(sigma).subspan(static_cast<std::size_t>(i * rank), static_cast<std::size_t>(rank)));
        for (std::size_t m = 0; m < table.size(); ++m) block.metrics[m].push_back(static_cast<float>(metrics.*table[m].value));
    }
    return block;
}

}  // namespace

SpectraBlock spectra_block(std::span<const float> states, std::int64_t key_dim, std::int64_t value_dim) {
    const std::int64_t rank = std::min(key_dim, value_dim), count = std::ssize(states) / (key_dim * value_dim);
    std::vector<double> sigma(static_cast<std::size_t>(count * rank));
    singular_values(states, count, key_dim, value_dim, sigma);
    SpectraBlock block = block_of(sigma, rank);
    block.channel_energy.reserve(static_cast<std::size_t>(block.states * key_dim));
    for (auto row = states.begin(); row != states.end(); row += value_dim) {
        double sum = 0;
        for (auto x = row; x != row + value_dim; ++x) sum += static_cast<double>(*x) * *x;
        block.channel_energy.push_back(static_cast<float>(sum));
    }
    return block;
}

SpectraBlock spectra_block(std::span<const double> singular_values, std::span<const float> row_energy, std::int64_t key_dim,
                           std::int64_t value_dim) {
    const std::int64_t rank = std::min(key_dim, value_dim);
    const auto bad = std::find_if_not(singular_values.begin(), singular_values.end(), [](double x) { return std::isfinite(x); });
    if (bad != singular_values.end())
        throw_input("singular values: matrix " + std::to_string((bad - singular_values.begin()) / rank) + ": found NaN or infinity, expected finite entries");
    SpectraBlock block = block_of(singular_values, rank);
    block.channel_energy.assign(row_energy.begin(), row_energy.end());
    return block;
}

}  // namespace rankscope
