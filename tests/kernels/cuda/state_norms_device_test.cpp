// SPDX-License-Identifier: Apache-2.0
// The fused recurrence and norms against the states of the fp64 recurrence and their singular values.
#include "kernels/state_norms_device.hpp"

#include "kernels/bf16.hpp"
#include "kernels/singular_values.hpp"

#include "device_case.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace rankscope::kernels::testing {
namespace {

constexpr double kFrobeniusBound = 1e-5, kSpectralBound = 1e-5;  // relative; the fp32 recurrence included

// Runs the kernel; norms [P, B, HV, 2]. `final_state` on request.
std::vector<float> norms(const DeviceCase& problem, Side side, const DeviceLimits& limits,
                         std::vector<double>* final_state = nullptr) {
    const DeviceShape& s = problem.shape;
    const std::int64_t B = std::ssize(s.lengths), P = std::ssize(s.positions);
    constexpr float nothing = std::numeric_limits<float>::quiet_NaN();
    const DeviceArray<float> k(problem.k, side), v(problem.v, side), beta(problem.beta, side), g(problem.g, side),
        initial(problem.initial, side);
    const DeviceArray<float> out(static_cast<std::size_t>(P * B * s.HV * 2), side, nothing),
        last(static_cast<std::size_t>(B * s.HV * s.K * s.V), side, nothing);
    const DeviceArray<std::int64_t> positions(s.positions, side);
    std::vector<std::int64_t> begins = {0};
    for (const std::int64_t length : s.lengths)
        begins.push_back(begins.back() + length);
    const DeviceArray<std::int64_t> offsets(begins, side);
    DeviceStateNormsArgs args;
    DeviceDeltaRuleArgs& a = args.recurrence;
    a.B = B;
    a.T = s.longest();
    a.tokens = s.tokens();
    a.H = s.H;
    a.HV = s.HV;
    a.K = s.K;
    a.V = s.V;
    a.k = k.data();
    a.v = v.data();
    a.beta = beta.data();
    a.g = s.gate ? g.data() : nullptr;
    a.offsets = s.ragged ? offsets.data() : nullptr;
    a.initial_state = s.initial ? initial.data() : nullptr;
    a.positions = positions.data();
    a.P = P;
    a.final_state = final_state != nullptr ? last.data() : nullptr;
    args.norms = out.data();
    EXPECT_TRUE(device_state_norms_supports(args, limits));
    hold_to(limits);
    const DeviceArray<float> workspace(device_state_norms_workspace(args, limits) / 4, Side::Begin, nothing);
    EXPECT_EQ(device_state_norms(args, limits, workspace.data()), "");
    if (final_state != nullptr) {
        const std::vector<float> values = last.values();
        final_state->assign(values.begin(), values.end());
    }
    return out.values();
}

void check(const DeviceShape& shape, unsigned seed, const DeviceLimits& limits = large_device()) {
    SCOPED_TRACE(shape.name());
    const DeviceCase problem(shape, seed);
    const DeviceResult want = problem.reference();
    std::vector<double> last;
    const std::vector<float> got = norms(problem, seed % 2 == 0 ? Side::Begin : Side::End, limits, &last);
    EXPECT_LE(distance(last, want.final_state), bound(shape));
    const std::int64_t cells = shape.K * shape.V, side = std::min(shape.K, shape.V), matrices = std::ssize(got) / 2;
    std::vector<float> states(want.states.begin(), want.states.end());
    for (float& x : states)
        x = std::isnan(x) ? 0 : x;
    std::vector<double> values(static_cast<std::size_t>(matrices * side));
    ASSERT_EQ(singular_values({matrices, shape.K, shape.V, states.data(), values.data()}), -1);
    for (std::int64_t i = 0; i < matrices; ++i) {
        if (std::isnan(want.states[static_cast<std::size_t>(i * cells)])) {
            EXPECT_TRUE(std::isnan(got[static_cast<std::size_t>(2 * i)]) && std::isnan(got[static_cast<std::size_t>(2 * i + 1)]));
            continue;
        }
        double squares = 0;
        for (std::int64_t c = 0; c < side; ++c)
            squares += std::pow(values[static_cast<std::size_t>(i * side + c)], 2);
        const double frobenius = std::sqrt(squares), spectral = values[static_cast<std::size_t>(i * side)];
        EXPECT_NEAR(got[static_cast<std::size_t>(2 * i)], frobenius, frobenius * kFrobeniusBound) << "state " << i;
        EXPECT_NEAR(got[static_cast<std::size_t>(2 * i + 1)], spectral, spectral * kSpectralBound) << "state " << i;
    }
}

TEST(DeviceStateNorms, AreThoseOfTheStates) {
    unsigned seed = 0;
    for (const auto& [K, V] : std::vector<std::pair<int, int>>{
             {1, 1}, {1, 40}, {40, 1}, {13, 20}, {48, 64}, {96, 33}, {64, 128}, {20, 256}, {200, 30}}) {
        DeviceShape s;
        s.K = K;
        s.V = V;
        s.H = 1;
        s.HV = 2;
        s.lengths = {30, 30};
        s.gate = seed % 2 == 0;
        s.initial = seed % 3 == 0;
        s.positions = {0, 1, 2, 17, 29};
        check(s, ++seed);
    }
}

TEST(DeviceStateNorms, FollowSequencesOfDifferentLengths) {
    DeviceShape s;
    s.K = 24;
    s.V = 20;  // not 32: who writes the last state is not who made it
    s.ragged = true;
    s.lengths = {20, 0, 7, 40};
    s.positions = {0, 6, 7, 19, 30};  // the last state is written with no norms before it
    s.zero_keys = true;
    s.closed_gates = true;
    check(s, 3);
}

TEST(DeviceStateNorms, WorkOutsideSharedMemoryWhereItIsTooSmall) {
    DeviceShape s;
    s.K = 50;
    s.V = 70;
    s.HV = 3;
    s.lengths = {12, 12};
    s.positions = {5, 11};
    DeviceLimits small = large_device();
    small.shared_bytes = 16 << 10;
    check(s, 5, small);
}

// Flat spectra converge slowly: a random state, and the identity, which every vector spans at once.
TEST(DeviceStateNorms, FindTheLargestOfAFlatSpectrum) {
    DeviceShape s;
    s.K = 64;
    s.V = 64;
    s.gate = true;
    s.decay = 0;
    s.beta_low = s.beta_high = 0;
    s.lengths = {1};
    s.positions = {0};
    for (unsigned seed = 0; seed < 4; ++seed)
        check(s, seed);
    DeviceCase identity(s, 0);
    for (std::size_t i = 0; i < identity.initial.size(); ++i)
        identity.initial[i] = i / 64 == i % 64 ? 3.0F : 0.0F;
    const std::vector<float> got = norms(identity, Side::End, large_device());
    EXPECT_NEAR(got[0], 24, 1e-4);
    EXPECT_NEAR(got[1], 3, 1e-5);
    std::fill(identity.initial.begin(), identity.initial.end(), 0.0F);
    const std::vector<float> zero = norms(identity, Side::End, large_device());
    EXPECT_EQ(zero, (std::vector<float>{0, 0}));
}

TEST(DeviceStateNorms, DoNotDependOnTheOrderOfThreadsOrOnOtherPositions) {
    DeviceShape s;
    s.K = 40;
    s.V = 48;
    s.lengths = {25};
    s.positions = {3, 9, 24};
    const DeviceCase problem(s, 2);
    const std::vector<float> first = norms(problem, Side::Begin, large_device());
    in_other_orders([&] { EXPECT_EQ(first, norms(problem, Side::Begin, large_device())); });
    s.positions = {24};
    const std::vector<float> alone = norms(DeviceCase(s, 2), Side::Begin, large_device());
    EXPECT_EQ(first[4], alone[0]);
    EXPECT_EQ(first[5], alone[1]);
}

}  // namespace
}  // namespace rankscope::kernels::testing
