// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/channel_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.hpp"
#include "core/base/random.hpp"

namespace rankscope {

std::vector<std::int32_t> order_of(std::span<const double> scores, const std::string& where) {
    for (std::size_t c = 0; c < scores.size(); ++c) {
        if (!std::isfinite(scores[c])) {
            throw_input(fmt::format("bad channel scores: {}: channel {}: found {}, expected a finite number", where, c, scores[c]),
                        "the weights or the activations hold NaN or infinite values");
        }
    }
    std::vector<std::int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
        return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
    });
    return order;
}

std::vector<std::int32_t> kept_channels(std::span<const std::int32_t> order, std::int64_t count) {
    const auto first = order.first(static_cast<std::size_t>(count));
    std::vector<std::int32_t> keep(first.begin(), first.end());
    std::sort(keep.begin(), keep.end());
    return keep;
}

std::vector<double> weight_scores(std::span<const float> q_proj, std::span<const float> k_proj, std::int64_t columns,
                                  std::span<const double> input_norms) {
    const auto width = static_cast<std::size_t>(columns);
    std::vector<double> scores(q_proj.size() / width);
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const float* q = q_proj.data() + i * width;
        const float* k = k_proj.data() + i * width;
        double sum = 0;
        for (std::size_t j = 0; j < width; ++j) {
            const double magnitude = std::abs(static_cast<double>(q[j])) + std::abs(static_cast<double>(k[j]));
            sum += input_norms.empty() ? magnitude : magnitude * input_norms[j];
        }
        scores[i] = sum;
    }
    return scores;
}

std::vector<std::int32_t> random_order(std::uint64_t seed, std::int64_t layer, std::int64_t head, std::int64_t key_dim) {
    std::vector<std::int32_t> order(static_cast<std::size_t>(key_dim));
    std::iota(order.begin(), order.end(), 0);
    Random random(seed, (static_cast<std::uint64_t>(layer) << 32) | static_cast<std::uint64_t>(head));
    random.shuffle(order);
    return order;
}

}  // namespace rankscope
