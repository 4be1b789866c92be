// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/amplification.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/random.hpp"
#include "core/spectra/singular_values.hpp"

namespace rankscope {
namespace {

std::vector<float> random_values(std::size_t size, Random& random) {
    std::vector<float> out(size);
    for (float& x : out) x = static_cast<float>(random.normal());
    return out;
}

double sigma_1(const std::vector<float>& state, std::int64_t rows, std::int64_t columns) {
    std::vector<double> sigma(static_cast<std::size_t>(std::min(rows, columns)));
    singular_values(state, 1, rows, columns, sigma);
    return sigma[0];
}

// ‖Sᵀ e‖²
double output_square(const std::vector<float>& state, const std::vector<double>& query, std::size_t value_dim) {
    double sum = 0;
    for (std::size_t v = 0; v < value_dim; ++v) {
        double out = 0;
        for (std::size_t k = 0; k < query.size(); ++k) out += static_cast<double>(state[k * value_dim + v]) * query[k];
        sum += out * out;
    }
    return sum;
}

void scale_to(std::vector<float>& query, double length) {
    double square = 0;
    for (const float x : query) square += static_cast<double>(x) * static_cast<double>(x);
    for (float& x : query) x = static_cast<float>(static_cast<double>(x) * length / std::sqrt(square));
}

TEST(Amplification, IsWhatSampledNoiseCauses) {
    constexpr std::size_t kKeys = 12;
    constexpr std::size_t kValues = 9;
    constexpr double kLevel = 0.1;
    constexpr int kSamples = 40000;
    Random random(1);
    std::vector<float> state = random_values(kKeys * kValues, random);
    for (std::size_t v = 0; v < kValues; ++v) state[v] *= 5;  // one strong direction
    for (const bool normalised : {true, false}) {
        std::vector<float> query = random_values(kKeys, random);
        const double length = normalised ? 1.0 : 3.0;
        scale_to(query, length);
        const Amplification closed = amplification_of(state, query, kValues, sigma_1(state, kKeys, kValues), normalised);
        ASSERT_TRUE(closed.defined);
        double sum = 0;
        std::vector<double> noise(kKeys);
        for (int sample = 0; sample < kSamples; ++sample) {
            // E‖e‖² = level² ‖q̂‖²
            for (double& x : noise) x = random.normal() * kLevel * length / std::sqrt(static_cast<double>(kKeys));
            sum += output_square(state, noise, kValues);
        }
        const double sampled = sum / kSamples / output_square(state, {query.begin(), query.end()}, kValues);
        const double expected = kLevel * kLevel * closed.expected * closed.expected;
        // Relative standard error of the mean: at most sqrt(2 / 40000) = 0.7 %.
        EXPECT_NEAR(sampled, expected, 0.03 * expected) << (normalised ? "unit queries" : "free queries");
    }
}

TEST(Amplification, HasItsWorstCaseInTheFirstSingularDirection) {
    // Rows are orthogonal with norms 3, 2, 1: the worst direction is the first key channel.
    const std::vector<float> state{3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0};
    const std::vector<float> query{0, 0.6F, 0.8F};
    const Amplification found = amplification_of(state, query, 4, 3.0, true);
    const double output = std::sqrt(1.2 * 1.2 + 0.8 * 0.8);
    EXPECT_NEAR(found.worst, 3.0 / output, 1e-6);
    EXPECT_NEAR(found.expected, std::sqrt(14.0 / 3) / output, 1e-6);
    EXPECT_NEAR(found.rank_stable, 14.0 / 9, 1e-14);
    EXPECT_GE(found.worst * found.worst, found.expected * found.expected);
}

TEST(Amplification, DoesNotDependOnTheScaleOfStateOrFreeQuery) {
    Random random(2);
    std::vector<float> state = random_values(30, random);
    std::vector<float> query = random_values(6, random);
    const Amplification before = amplification_of(state, query, 5, sigma_1(state, 6, 5), false);
    for (float& x : state) x *= 1024;
    for (float& x : query) x /= 4;
    const Amplification after = amplification_of(state, query, 5, sigma_1(state, 6, 5), false);
    EXPECT_NEAR(after.expected, before.expected, 1e-12);
    EXPECT_NEAR(after.worst, before.worst, 1e-12);
    EXPECT_NEAR(after.rank_stable, before.rank_stable, 1e-12);
}

TEST(Amplification, IsUndefinedWithoutOutput) {
    EXPECT_FALSE(amplification_of(std::vector<float>(6, 0.0F), std::vector<float>{1, 0}, 3, 0.0, true).defined);
    EXPECT_FALSE(amplification_of(std::vector<float>{1, 2, 3, 0, 0, 0}, std::vector<float>{0, 1}, 3, std::sqrt(14.0), true).defined);
}

TEST(AccumulateAmplification, PairsEveryStateWithTheQueryOfItsTokenAndKeyHead) {
    MixerTrace trace;
    trace.B = 2;
    trace.T = 5;
    trace.H = 2;
    trace.HV = 4;
    trace.K = 3;
    trace.V = 4;
    const std::vector<std::int64_t> positions{1, 4};
    Random random(3);
    const std::vector<float> q = random_values(static_cast<std::size_t>(trace.B * trace.T * trace.H * trace.K), random);
    std::vector<float> states = random_values(static_cast<std::size_t>(2 * trace.B * trace.HV * trace.K * trace.V), random);
    // One state is zero: head 3, window 1, position 0. It must not count.
    const std::size_t size = 12;
    std::fill_n(states.begin() + static_cast<std::ptrdiff_t>((0 * 8 + 1 * 4 + 3) * size), size, 0.0F);
    trace.q = q;
    trace.states = states;
    std::vector<AmplificationMean> heads(4);
    accumulate_amplification(trace, positions, false, heads);
    for (std::size_t head = 0; head < 4; ++head) {
        double expected = 0;
        double worst = 0;
        int n = 0;
        for (std::size_t p = 0; p < 2; ++p) {
            for (std::size_t b = 0; b < 2; ++b) {
                const auto first = states.begin() + static_cast<std::ptrdiff_t>(((p * 2 + b) * 4 + head) * size);
                const std::vector<float> state(first, first + size);
                const auto token = static_cast<std::size_t>(positions[p]);
                const auto query_at = q.begin() + static_cast<std::ptrdiff_t>(((b * 5 + token) * 2 + head / 2) * 3);
                const Amplification one = amplification_of(state, std::vector<float>(query_at, query_at + 3), 4, sigma_1(state, 3, 4), false);
                if (!one.defined) continue;
                expected += one.expected;
                worst += one.worst;
                ++n;
            }
        }
        EXPECT_EQ(n, head == 3 ? 3 : 4);
        EXPECT_NEAR(heads[head].amplification(), expected / n, 1e-12);
        EXPECT_NEAR(heads[head].worst(), worst / n, 1e-12);
    }
}

}  // namespace
}  // namespace rankscope
