// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/captured_ranks.hpp"

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/singular_values.hpp"
#include "kernels/delta_rule.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace rankscope {
namespace {

struct MadeUp {
    std::int64_t T, H, HV, K, V;
    std::vector<float> k, v, beta, g;

    MadeUp(std::int64_t tokens, std::int64_t key_heads, std::int64_t value_heads, std::int64_t key_dim, std::int64_t value_dim)
        : T(tokens), H(key_heads), HV(value_heads), K(key_dim), V(value_dim) {
        Random random(5, 6);
        const auto normal = [&](std::int64_t count, double factor) {
            std::vector<float> x(static_cast<std::size_t>(count));
            for (float& value : x) value = static_cast<float>(factor * random.normal());
            return x;
        };
        k = normal(T * H * K, 1 / std::sqrt(static_cast<double>(K)));
        v = normal(T * HV * V, 1);
        beta = normal(T * HV, 0.2);
        for (float& x : beta) x = std::min(1.0F, std::abs(x));
        g = normal(T * HV, 0.1);
        for (float& x : g) x = -std::abs(x);
    }

    [[nodiscard]] MixerTrace trace() const {
        MixerTrace seen;
        seen.B = 1, seen.T = T, seen.H = H, seen.HV = HV, seen.K = K, seen.V = V;
        seen.k = k, seen.v = v, seen.beta = beta, seen.g = g;
        return seen;
    }

    [[nodiscard]] CaptureLayer layer(std::vector<std::int32_t> heads) const {
        CaptureLayer l;
        l.index = 3;
        l.key_heads = H, l.value_heads = HV, l.key_dim = K, l.value_dim = V;
        l.heads = std::move(heads);
        return l;
    }

    // States [P, HV, K, V] of the recurrence in float64.
    [[nodiscard]] std::vector<float> states(const std::vector<std::int64_t>& positions) const {
        const auto wide = [](const std::vector<float>& x) { return std::vector<double>(x.begin(), x.end()); };
        const auto k64 = wide(k), v64 = wide(v), beta64 = wide(beta), g64 = wide(g);
        std::vector<double> out(v.size()), found(positions.size() * static_cast<std::size_t>(HV * K * V));
        kernels::DeltaRuleArgs<double> a;
        a.B = 1, a.T = T, a.H = H, a.HV = HV, a.K = K, a.V = V;
        a.q = a.k = k64.data(), a.v = v64.data(), a.beta = beta64.data(), a.g = g64.data();
        a.out = out.data(), a.states = found.data(), a.state_positions = positions;
        kernels::delta_rule_reference(a);
        return {found.begin(), found.end()};
    }
};

void expect_ranks_of_states(const MadeUp& layer, const std::vector<std::int32_t>& heads, const std::vector<std::int64_t>& positions) {
    int checks = 0;
    const auto found = captured_ranks(layer.layer(heads), layer.trace(), positions, [&] { ++checks; });
    EXPECT_GT(checks, 0);
    const std::vector<float> states = layer.states(positions);
    const auto size = static_cast<std::size_t>(layer.K * layer.V);
    std::size_t place = 0;
    for (const RankMetric& metric : rank_metrics_table()) {
        if (!metric.of_norms) continue;
        ASSERT_LT(place, found.size());
        const std::vector<float>& values = found[place++];
        ASSERT_EQ(values.size(), positions.size() * heads.size());
        for (std::size_t p = 0; p < positions.size(); ++p) {
            for (std::size_t h = 0; h < heads.size(); ++h) {
                const std::size_t state = p * static_cast<std::size_t>(layer.HV) + static_cast<std::size_t>(heads[h]);
                std::vector<double> sigma(static_cast<std::size_t>(std::min(layer.K, layer.V)));
                singular_values(std::span(states).subspan(state * size, size), 1, layer.K, layer.V, sigma);
                const double expected = rank_metrics(sigma).*metric.value;
                EXPECT_NEAR(values[p * heads.size() + h], expected, 1e-4 * expected) << metric.name << " head " << heads[h] << " position " << positions[p];
            }
        }
    }
    EXPECT_EQ(place, found.size());
}

TEST(CapturedRanks, AreThoseOfTheStates) {
    const MadeUp layer(60, 2, 6, 12, 20);
    std::vector<std::int64_t> all(60);
    for (std::size_t t = 0; t < all.size(); ++t) all[t] = static_cast<std::int64_t>(t);
    expect_ranks_of_states(layer, {0, 1, 2, 3, 4, 5}, all);
    // Heads that do not share their key heads evenly.
    expect_ranks_of_states(layer, {0, 1, 4}, {3, 17, 59});
    expect_ranks_of_states(layer, {5}, {0});
}

// More work than one piece: the state carries over, and positions lie in several of them, at their ends and behind a gap.
TEST(CapturedRanks, CarryTheStateOverFromPieceToPiece) {
    expect_ranks_of_states(MadeUp(600, 2, 4, 128, 128), {0, 1, 2, 3}, {5, 255, 256, 257, 599});
    expect_ranks_of_states(MadeUp(600, 2, 4, 128, 128), {1, 2}, {599});
}

TEST(CapturedRanks, NameTheStateThatIsNotFinite) {
    MadeUp layer(20, 1, 2, 8, 8);
    layer.v[static_cast<std::size_t>((7 * 2 + 1) * 8 + 3)] = std::numeric_limits<float>::quiet_NaN();  // token 7, head 1
    EXPECT_EQ(captured_ranks(layer.layer({0, 1}), layer.trace(), {6}, [] {}).front().size(), 2U);
    try {
        (void)captured_ranks(layer.layer({0, 1}), layer.trace(), {6, 9}, [] {});
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), ErrorKind::Input);
        EXPECT_NE(std::string(e.what()).find("layer 3, head 1, position 9"), std::string::npos) << e.what();
    }
}

TEST(CapturedRanks, StopWhereTheCheckThrows) {
    const MadeUp layer(20, 1, 2, 8, 8);
    EXPECT_THROW((void)captured_ranks(layer.layer({0, 1}), layer.trace(), {19}, [] { throw Cancelled(); }), Cancelled);
}

}  // namespace
}  // namespace rankscope
