// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numbers>
#include <cmath>
#include <utility>
#include <vector>

namespace rankscope {

/// Deterministic random numbers that are the same on every machine and standard library (those of <random>'s
/// distributions are not). splitmix64 (Steele, Lea & Flood 2014): the n-th value of a stream is a pure function of
/// (seed, stream, n), so streams can be drawn in any order.
class Random {
public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) noexcept : state_(mix(seed) ^ mix(~stream)) {}

    [[nodiscard]] std::uint64_t next() noexcept { return mix(state_ += 0x9e3779b97f4a7c15ULL); }

    /// Uniform in [0, 1).
    [[nodiscard]] double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    /// Uniform in [0, bound), without modulo bias.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept {
        const std::uint64_t limit = bound * (~std::uint64_t{0} / bound);
        std::uint64_t value = next();
        while (value >= limit) value = next();
        return value % bound;
    }

    /// Standard normal (Box-Muller, one of the pair).
    [[nodiscard]] double normal() noexcept {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(2.0 * std::numbers::pi * uniform());
    }

    template <class T>
    void shuffle(std::vector<T>& values) noexcept {
        for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
    }

private:
    [[nodiscard]] static std::uint64_t mix(std::uint64_t z) noexcept {
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    std::uint64_t state_;
};

}  // namespace rankscope
