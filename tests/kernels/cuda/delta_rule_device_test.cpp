// SPDX-License-Identifier: Apache-2.0
// The CUDA kernels of the delta rule against the fp64 recurrence: compiled as C++ and run thread by thread, or on a GPU.
#include "device_case.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace rankscope::kernels::testing {
namespace {

using Kernel = DeviceCase::Kernel;

void expect_close(const DeviceResult& got, const DeviceResult& want, double limit) {
    EXPECT_LE(distance(got.out, want.out), limit) << "out";
    EXPECT_LE(distance(got.final_state, want.final_state), limit) << "final state";
    EXPECT_LE(distance(got.states, want.states), limit) << "states";
}

void check(const DeviceShape& shape, unsigned seed, Kernel kernel = Kernel::Chunked, int segments = 0) {
    SCOPED_TRACE(shape.name() + " segments " + std::to_string(segments));
    if (kernel == Kernel::Chunked && !fits(shape, large_device())) return;
    const DeviceCase problem(shape, seed);
    expect_close(problem.run(kernel, seed % 2 == 0 ? Side::Begin : Side::End, segments), problem.reference(), bound(shape));
}

DeviceShape random_shape(std::mt19937& random) {
    DeviceShape s;
    s.element = below(random, 2) == 0 ? DeviceElement::Float32 : DeviceElement::BFloat16;
    s.H = 1 + below(random, 2);
    s.HV = s.H * (1 + below(random, 2));
    s.K = below(random, 2) == 0 ? one_of(random, {1, 2, 8, 13, 15, 16, 17, 32, 48, 64, 80, 96, 128}) : 1 + below(random, 256);
    s.V = below(random, 2) == 0 ? one_of(random, {1, 2, 7, 8, 16, 31, 32, 33, 64}) : 1 + below(random, 100);
    s.ragged = below(random, 2) == 0;
    const std::int64_t sequences = 1 + below(random, 3), length = one_of(random, {0, 1, 2, 31, 32, 33, 63, 64, 65, 128, 130});
    s.lengths.assign(static_cast<std::size_t>(sequences), length);
    if (s.ragged) {
        for (std::int64_t& l : s.lengths)
            l = one_of(random, {0, 1, 15, 31, 32, 33, 64, 65, 100});
    }
    s.gate = below(random, 4) != 0;
    s.initial = below(random, 2) == 0;
    s.final_state = below(random, 4) != 0;
    s.decay = static_cast<double>(one_of(random, {1, 1, 30}));
    s.closed_gates = below(random, 6) == 0;
    s.zero_keys = below(random, 6) == 0;
    s.gap = one_of(random, {0, 0, 8, 3});
    if (below(random, 2) == 0) {
        for (std::int64_t t = below(random, 40); t < s.longest(); t += 1 + below(random, 60))
            s.positions.push_back(t);
    }
    while (s.tokens() * s.HV * s.K * ((s.V + 31) / 32) > 60'000) {
        if (s.HV > s.H) {
            s.HV = s.H;
        } else if (s.H > 1) {
            s.H = s.HV = 1;
        } else if (s.lengths.size() > 1) {
            s.lengths.pop_back();
        } else if (s.V > 32) {
            s.V = s.V % 32 + 1;
        } else {
            break;
        }
    }
    std::erase_if(s.positions, [&](std::int64_t p) { return p >= s.longest(); });
    return s;
}

TEST(DeviceDeltaRule, FollowsTheReferenceAtRandomShapes) {
    std::mt19937 random(3);
    for (unsigned i = 0; i < 60; ++i)
        check(random_shape(random), i);
}

TEST(DeviceDeltaRule, FollowsTheReferenceAtEveryKindOfKeyWidth) {
    for (const std::int64_t K : {1, 5, 16, 17, 31, 33, 48, 49, 64, 65, 80, 96, 97, 128, 129, 160, 192, 193, 255, 256}) {
        for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
            DeviceShape s;
            s.K = K;
            s.V = 24;
            s.lengths = {70};
            s.element = element;
            s.positions = {0, 40, 69};
            check(s, static_cast<unsigned>(K));
        }
    }
}

TEST(DeviceDeltaRule, SplitsALongSequenceAnywhere) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        for (const int segments : {2, 3, 5}) {
            DeviceShape s;
            s.element = element;
            s.K = 40;
            s.V = 40;
            s.H = 1;
            s.HV = 2;
            s.ragged = true;
            s.lengths = {300, 0, 65, 129};
            s.positions = {3, 63, 64, 200, 299};
            // Little is forgotten or overwritten: what a segment does to the state before it counts.
            s.decay = 0.01;
            s.beta_high = 0.2;
            check(s, static_cast<unsigned>(segments), Kernel::Chunked, segments);
            in_other_orders([&] { check(s, static_cast<unsigned>(segments), Kernel::Chunked, segments); });
        }
    }
}

TEST(DeviceDeltaRule, ForgetsAndKeepsAsGatesAndStrengthsSay) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        for (const double beta : {0.0, 1.0, 2.0}) {
            for (const double decay : {0.0, 1e-3, 200.0}) {
                DeviceShape s;
                s.element = element;
                s.K = 24;
                s.V = 16;
                s.lengths = {100};
                s.beta_low = s.beta_high = beta;
                s.decay = decay;
                check(s, 8);
            }
        }
    }
}

TEST(DeviceDeltaRule, TakesHugeAndTinyValues) {
    for (const double magnitude : {1e-30, 1e30}) {
        DeviceShape s;
        s.K = 20;
        s.V = 20;
        s.lengths = {50};
        s.magnitude = magnitude;
        check(s, 4);
        s.element = DeviceElement::BFloat16;
        check(s, 4);
    }
}

// A barrier too few shows as a result that depends on who runs first.
TEST(DeviceDeltaRule, DoesNotDependOnTheOrderOfThreads) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        DeviceShape s;
        s.element = element;
        s.K = 72;
        s.V = 40;
        s.HV = 2;
        s.lengths = {150};
        s.positions = {10, 100};
        const DeviceCase problem(s, 1);
        for (const int segments : {1, 3}) {
            for (const std::size_t shared : {std::size_t{227} << 10, std::size_t{72} << 10}) {
                DeviceLimits limits = large_device();
                limits.shared_bytes = std::min(shared, limits.shared_bytes);
                const DeviceResult first = problem.run(Kernel::Chunked, Side::Begin, segments, limits);
                ASSERT_FALSE(first.out.empty());
                in_other_orders([&] {
                    const DeviceResult other = problem.run(Kernel::Chunked, Side::End, segments, limits);
                    EXPECT_EQ(first.out, other.out);
                    EXPECT_EQ(first.final_state, other.final_state);
                    EXPECT_EQ(first.states, other.states);
                });
            }
        }
    }
}

// Blocks run in any order: the last segment may end before the first one has begun.
TEST(DeviceDeltaRule, MayWriteTheFinalStateOverTheInitialOne) {
    DeviceShape s;
    s.K = 24;
    s.V = 40;
    s.HV = 2;
    s.lengths = {300, 300};
    s.in_place = true;
    const DeviceCase problem(s, 3);
    const DeviceResult want = problem.reference();
    for (const int segments : {0, 1, 3}) {
        expect_close(problem.run(Kernel::Chunked, Side::Begin, segments), want, bound(s));
        in_other_orders([&] { expect_close(problem.run(Kernel::Chunked, Side::End, segments), want, bound(s)); });
    }
    s.lengths = {1, 1};
    check(s, 4, Kernel::Decode);
}

TEST(DeviceDeltaRule, DecodesOneToken) {
    std::mt19937 random(9);
    for (unsigned i = 0; i < 80; ++i) {
        DeviceShape s;
        s.element = i % 2 == 0 ? DeviceElement::Float32 : DeviceElement::BFloat16;
        s.lengths.assign(static_cast<std::size_t>(1 + below(random, 3)), 1);
        s.H = 1 + below(random, 2);
        s.HV = s.H * (1 + below(random, 2));
        s.K = 1 + below(random, 256);
        s.V = i % 3 == 0 ? 4 * (1 + below(random, 32)) : 1 + below(random, 130);
        s.gate = below(random, 3) != 0;
        s.closed_gates = below(random, 5) == 0;
        s.initial = below(random, 4) != 0;
        s.gap = one_of(random, {0, 5});
        if (below(random, 3) == 0) s.positions = {0};
        check(s, i / 3, Kernel::Decode);
    }
}

TEST(DeviceDeltaRule, SaysWhatItDoesNotTake) {
    DeviceLimits large = large_device();
    large.shared_bytes = 227 << 10;  // whatever GPU this runs on
    DeviceDeltaRuleArgs a;
    a.B = a.H = a.HV = a.T = a.tokens = 1;
    a.K = a.V = 64;
    const DeviceDeltaRule& chunked = device_delta_rules().back();
    EXPECT_TRUE(chunked.supports(a, large));
    DeviceLimits old = large;
    old.compute_capability = 75;
    EXPECT_FALSE(chunked.supports(a, old));
    a.K = 257;
    EXPECT_FALSE(chunked.supports(a, large));
    a.K = 256;
    // Consumer cards have 99 KiB a block.
    DeviceLimits small = large;
    small.shared_bytes = 99 << 10;
    EXPECT_FALSE(chunked.supports(a, small));
    a.K = 128;
    EXPECT_TRUE(chunked.supports(a, small));
    a.HV = 3;
    a.H = 2;
    EXPECT_FALSE(chunked.supports(a, large));
}

}  // namespace
}  // namespace rankscope::kernels::testing
