// SPDX-License-Identifier: Apache-2.0
// The gradient of the CUDA kernels against that of the fp64 recurrence, on the emulator or on a GPU.
#include "device_case.hpp"
#include "device_elements.hpp"
#include "kernels/delta_rule.hpp"
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace rankscope::kernels::testing {
namespace {

constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();

struct Gradients {
    std::vector<double> q, k, v, beta, g, initial;
};

/// What comes in beside the forward inputs, and what is asked for.
struct BackwardCase : DeviceCase {
    std::vector<float> d_out, d_final;
    bool of_final_state = true, wants_gate = true, wants_initial = true;

    BackwardCase(const DeviceShape& s, unsigned seed) : DeviceCase(s, seed) {
        std::mt19937 random(seed + 77);
        std::normal_distribution<float> draw;
        d_out.resize(v.size());
        d_final.resize(static_cast<std::size_t>(std::ssize(s.lengths) * s.HV * s.K * s.V));
        for (float& x : d_out)
            x = draw(random);
        for (float& x : d_final)
            x = draw(random);
        if (s.element == DeviceElement::BFloat16) {
            for (float& x : d_out)
                x = bf16_value(bf16_bits(x));
        }
    }

    [[nodiscard]] std::vector<std::int64_t> offsets() const {
        std::vector<std::int64_t> begins = {0};
        for (const std::int64_t length : shape.lengths)
            begins.push_back(begins.back() + length);
        return begins;
    }

    [[nodiscard]] Gradients reference() const {
        const auto wide = [](const std::vector<float>& x) { return std::vector<double>(x.begin(), x.end()); };
        const auto q64 = wide(q), k64 = wide(k), v64 = wide(v), beta64 = wide(beta), g64 = wide(g), initial64 = wide(initial),
                   d_out64 = wide(d_out), d_final64 = wide(d_final);
        const std::vector<std::int64_t> begins = offsets();
        Gradients r;
        r.q.resize(q.size());
        r.k.resize(k.size());
        r.v.resize(v.size());
        r.beta.resize(beta.size());
        r.g.resize(g.size());
        r.initial.resize(d_final.size());
        DeltaRuleBackwardArgs<double> w;
        DeltaRuleArgs<double>& a = w.forward;
        a.B = std::ssize(shape.lengths);
        a.T = shape.longest();
        a.H = shape.H;
        a.HV = shape.HV;
        a.K = shape.K;
        a.V = shape.V;
        a.offsets = begins.data();
        a.scale = scale;
        a.q = q64.data();
        a.k = k64.data();
        a.v = v64.data();
        a.beta = beta64.data();
        a.g = shape.gate ? g64.data() : nullptr;
        a.initial_state = shape.initial ? initial64.data() : nullptr;
        w.d_out = d_out64.data();
        w.d_final_state = of_final_state ? d_final64.data() : nullptr;
        w.d_q = r.q.data();
        w.d_k = r.k.data();
        w.d_v = r.v.data();
        w.d_beta = r.beta.data();
        w.d_g = shape.gate && wants_gate ? r.g.data() : nullptr;
        w.d_initial_state = r.initial.data();
        delta_rule_reference_backward(w);
        if (!wants_initial) r.initial.clear();
        if (!wants_gate) r.g.clear();
        return r;
    }

    // False where the GPU lacks nothing but shared memory; always true on the emulator.
    [[nodiscard]] bool fits() const {
        DeviceDeltaRuleBackwardArgs w;
        DeviceDeltaRuleArgs& a = w.forward;
        a.B = a.T = a.tokens = a.H = a.HV = 1;
        a.K = shape.K;
        a.V = shape.V;
        a.element = shape.element;
        DeviceLimits large = large_device();
        large.shared_bytes = 227 << 10;
        const DeviceDeltaRuleBackward& rule = device_delta_rule_backwards().front();
        return rule.supports(w, large_device()) || !rule.supports(w, large);
    }

    [[nodiscard]] Gradients run(Side side, const DeviceLimits& limits = large_device(), bool alias = false) const {
        return shape.element == DeviceElement::Float32 ? run_as<float>(side, limits, alias) : run_as<Bf16>(side, limits, alias);
    }

private:
    template <class Element>
    [[nodiscard]] static std::vector<double> back(const DeviceArray<Element>& x) {
        std::vector<double> values;
        for (const Element& e : x.values())
            values.push_back(value_of(e));
        return values;
    }

    template <class Element>
    [[nodiscard]] Gradients run_as(Side side, const DeviceLimits& limits, bool alias) const {
        const DeviceShape& s = shape;
        const auto in_q = rows_on_device<Element>(q, s.H * s.K, s.gap, side), in_k = rows_on_device<Element>(k, s.H * s.K, s.gap, side),
                   in_v = rows_on_device<Element>(v, s.HV * s.V, s.gap, side), in_out = rows_on_device<Element>(d_out, s.HV * s.V, 0, side);
        const DeviceArray<float> in_beta(beta, side), in_g(g, side), in_initial(initial, side), in_final(d_final, side);
        const DeviceArray<std::int64_t> begins(offsets(), side);
        const auto nothing = [&](const std::vector<float>& like) {
            return rows_on_device<Element>(std::vector<float>(like.size(), kNothing), 1, 0, side);
        };
        const auto out_q = nothing(q), out_k = nothing(k), out_v = nothing(v);
        const DeviceArray<float> out_beta(beta.size(), side, kNothing), out_g(wants_gate ? g.size() : 0, side, kNothing),
            out_initial(wants_initial ? d_final.size() : 0, side, kNothing);
        DeviceDeltaRuleBackwardArgs w;
        DeviceDeltaRuleArgs& a = w.forward;
        a.B = std::ssize(s.lengths);
        a.T = s.longest();
        a.tokens = s.tokens();
        a.H = s.H;
        a.HV = s.HV;
        a.K = s.K;
        a.V = s.V;
        a.scale = scale;
        a.element = s.element;
        a.q = in_q.data();
        a.k = in_k.data();
        a.v = in_v.data();
        a.q_stride = a.k_stride = s.gap > 0 ? s.H * s.K + s.gap : 0;
        a.v_stride = s.gap > 0 ? s.HV * s.V + s.gap : 0;
        a.beta = in_beta.data();
        a.g = s.gate ? in_g.data() : nullptr;
        a.offsets = s.ragged ? begins.data() : nullptr;
        a.initial_state = s.initial ? in_initial.data() : nullptr;
        w.d_out = in_out.data();
        w.d_final_state = of_final_state ? in_final.data() : nullptr;
        w.d_q = out_q.data();
        w.d_k = out_k.data();
        w.d_v = out_v.data();
        w.d_beta = out_beta.data();
        w.d_g = s.gate && wants_gate ? out_g.data() : nullptr;
        w.d_initial_state = !wants_initial ? nullptr : alias ? in_final.data() : out_initial.data();
        const DeviceDeltaRuleBackward& rule = device_delta_rule_backwards().front();
        if (!rule.supports(w, limits)) return {};
        hold_to(limits);
        // NaNs, so that nothing is read before it was written; a size that is not enough ends at a page that cannot be touched.
        const DeviceArray<float> workspace(rule.workspace(w, limits) / 4, Side::Begin, kNothing);
        EXPECT_EQ(rule.run(w, limits, workspace.data()), "");
        return {back(out_q), back(out_k), back(out_v), back(out_beta), back(out_g), alias ? back(in_final) : back(out_initial)};
    }
};

// Rounding of one product, times the sums it goes through, there and back.
double backward_bound(const DeviceShape& s) {
    return 2 * bound(s);
}

void expect_close(const Gradients& got, const Gradients& want, double limit) {
    EXPECT_LE(distance(got.q, want.q), limit) << "d_q";
    EXPECT_LE(distance(got.k, want.k), limit) << "d_k";
    EXPECT_LE(distance(got.v, want.v), limit) << "d_v";
    EXPECT_LE(distance(got.beta, want.beta), limit) << "d_beta";
    EXPECT_LE(distance(got.g, want.g), limit) << "d_g";
    EXPECT_LE(distance(got.initial, want.initial), limit) << "d_initial_state";
}

void expect_equal(const Gradients& a, const Gradients& b) {
    EXPECT_EQ(a.q, b.q);
    EXPECT_EQ(a.k, b.k);
    EXPECT_EQ(a.v, b.v);
    EXPECT_EQ(a.beta, b.beta);
    EXPECT_EQ(a.g, b.g);
    EXPECT_EQ(a.initial, b.initial);
}

void check(const DeviceShape& shape, unsigned seed) {
    SCOPED_TRACE(shape.name());
    BackwardCase problem(shape, seed);
    problem.of_final_state = seed % 4 != 3;
    problem.wants_initial = seed % 5 != 4;
    problem.wants_gate = seed % 7 != 6;
    if (!problem.fits()) return;
    expect_close(problem.run(seed % 2 == 0 ? Side::Begin : Side::End), problem.reference(), backward_bound(shape));
}

DeviceShape random_shape(std::mt19937& random) {
    DeviceShape s;
    s.element = below(random, 2) == 0 ? DeviceElement::Float32 : DeviceElement::BFloat16;
    s.H = 1 + below(random, 2);
    s.HV = s.H * (1 + below(random, 3));
    s.K = below(random, 2) == 0 ? one_of(random, {1, 2, 8, 13, 15, 16, 17, 32, 33, 48, 64, 80, 96, 128}) : 1 + below(random, 256);
    s.V = below(random, 2) == 0 ? one_of(random, {1, 2, 7, 8, 16, 31, 32, 33, 64, 65, 96}) : 1 + below(random, 130);
    s.ragged = below(random, 2) == 0;
    const std::int64_t sequences = 1 + below(random, 3), length = one_of(random, {0, 1, 2, 31, 32, 33, 63, 64, 65, 128, 130});
    s.lengths.assign(static_cast<std::size_t>(sequences), length);
    if (s.ragged) {
        for (std::int64_t& l : s.lengths)
            l = one_of(random, {0, 1, 15, 31, 32, 33, 64, 65, 100});
    }
    s.gate = below(random, 4) != 0;
    s.initial = below(random, 2) == 0;
    s.decay = static_cast<double>(one_of(random, {1, 1, 30}));
    s.closed_gates = below(random, 6) == 0;
    s.zero_keys = below(random, 6) == 0;
    s.gap = one_of(random, {0, 0, 8, 3});
    while (s.tokens() * s.HV * s.K * ((s.V + 31) / 32) > 40'000) {
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
    return s;
}

TEST(DeviceDeltaRuleBackward, FollowsTheReferenceAtRandomShapes) {
    std::mt19937 random(5);
    for (unsigned i = 0; i < 60; ++i)
        check(random_shape(random), i);
}

TEST(DeviceDeltaRuleBackward, FollowsTheReferenceAtEveryKindOfKeyWidth) {
    for (const std::int64_t K : {1, 5, 16, 17, 31, 32, 33, 48, 64, 65, 80, 96, 97, 128, 129, 192, 255, 256}) {
        for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
            DeviceShape s;
            s.K = K;
            s.V = 24;
            s.lengths = {70};
            s.element = element;
            check(s, static_cast<unsigned>(K));
        }
    }
}

TEST(DeviceDeltaRuleBackward, FollowsAnyNumberOfColumns) {
    for (const std::int64_t V : {1, 8, 31, 32, 33, 63, 64, 65, 96, 97, 128, 200}) {
        for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
            DeviceShape s;
            s.K = 20;
            s.V = V;
            s.H = 1;
            s.HV = 2;
            s.lengths = {70};
            s.element = element;
            check(s, static_cast<unsigned>(V));
        }
    }
}

TEST(DeviceDeltaRuleBackward, SumsTheValueHeadsOfAKeyHeadInPackedBatches) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        DeviceShape s;
        s.element = element;
        s.K = 40;
        s.V = 20;
        s.H = 2;
        s.HV = 8;
        s.ragged = true;
        s.lengths = {65, 0, 1, 33, 130, 0};
        check(s, 0);
        check(s, 1);
    }
}

TEST(DeviceDeltaRuleBackward, ForgetsAndKeepsAsGatesAndStrengthsSay) {
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
                s.closed_gates = decay > 1;
                check(s, 8);
            }
        }
    }
}

// The forward walk is split there.
TEST(DeviceDeltaRuleBackward, FollowsLongSequencesOfFewHeads) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        DeviceShape s;
        s.element = element;
        s.K = 20;
        s.V = 12;
        s.ragged = true;
        s.lengths = {element == DeviceElement::Float32 ? 700 : 1200, 40};
        s.decay = 0.1;
        check(s, 2);
    }
}

TEST(DeviceDeltaRuleBackward, KeepsTheDigitsOfEveryTokensDecay) {
    // Not relative to the largest of them: where much is forgotten they span many powers of ten.
    DeviceShape s;
    s.K = s.V = 16;
    s.lengths = {48};
    BackwardCase problem(s, 32);
    for (std::size_t i = 0; i < problem.g.size(); ++i)
        problem.g[i] = i % 4 == 3 ? -12.0F : -0.1F;
    const Gradients got = problem.run(Side::Begin), want = problem.reference();
    for (std::size_t i = 0; i < want.g.size(); ++i)
        EXPECT_NEAR(got.g[i], want.g[i], 1e-3 * std::abs(want.g[i])) << i;
}

TEST(DeviceDeltaRuleBackward, StaysFiniteWithLargeAndSmallNumbers) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        for (const double magnitude : {1e-30, 1e15, 1e30}) {
            DeviceShape s;
            s.element = element;
            s.K = 20;
            s.V = 24;
            s.lengths = {80};
            s.magnitude = magnitude;
            s.closed_gates = true;
            s.zero_keys = true;
            check(s, 8);
        }
    }
}

TEST(DeviceDeltaRuleBackward, ChangesNoBitWithTheOrderOfThreads) {
    for (const DeviceElement element : {DeviceElement::Float32, DeviceElement::BFloat16}) {
        DeviceShape s;
        s.element = element;
        s.K = 40;
        s.V = 72;
        s.H = 1;
        s.HV = 3;
        s.ragged = true;
        s.lengths = {70, 33};
        const BackwardCase problem(s, 4);
        const Gradients first = problem.run(Side::Begin);
        ASSERT_FALSE(first.q.empty());
        in_other_orders([&] { expect_equal(first, problem.run(Side::End)); });
        expect_equal(first, problem.run(Side::Begin, large_device(), true));
    }
}

TEST(DeviceDeltaRuleBackward, GivesASequenceTheBitsItGetsAlone) {
    DeviceShape s;
    s.K = 24;
    s.V = 40;
    s.initial = false;
    s.lengths = {45};
    const BackwardCase alone(s, 6);
    s.ragged = true;
    s.lengths = {45, 70, 3};
    BackwardCase packed(s, 7);
    const auto copy = [](const std::vector<float>& from, std::vector<float>& to) { std::copy(from.begin(), from.end(), to.begin()); };
    copy(alone.q, packed.q), copy(alone.k, packed.k), copy(alone.v, packed.v), copy(alone.beta, packed.beta);
    copy(alone.g, packed.g), copy(alone.d_out, packed.d_out), copy(alone.d_final, packed.d_final);
    const Gradients a = alone.run(Side::Begin), b = packed.run(Side::Begin);
    const auto begins_with = [](const std::vector<double>& whole, const std::vector<double>& part) {
        return std::equal(part.begin(), part.end(), whole.begin());
    };
    EXPECT_TRUE(begins_with(b.q, a.q) && begins_with(b.k, a.k) && begins_with(b.v, a.v));
    EXPECT_TRUE(begins_with(b.beta, a.beta) && begins_with(b.g, a.g) && begins_with(b.initial, a.initial));
}

TEST(DeviceDeltaRuleBackward, SaysWhatItDoesNotTake) {
    DeviceLimits large = large_device();
    large.shared_bytes = 227 << 10;  // whatever GPU this runs on
    DeviceDeltaRuleBackwardArgs w;
    DeviceDeltaRuleArgs& a = w.forward;
    a.B = a.H = a.HV = a.T = a.tokens = 1;
    a.K = a.V = 64;
    const DeviceDeltaRuleBackward& rule = device_delta_rule_backwards().front();
    EXPECT_TRUE(rule.supports(w, large));
    a.K = 257;
    EXPECT_FALSE(rule.supports(w, large));
    a.K = 256;
    EXPECT_TRUE(rule.supports(w, large));
    // Consumer cards have 99 KiB a block.
    DeviceLimits small = large;
    small.shared_bytes = 99 << 10;
    EXPECT_FALSE(rule.supports(w, small));
    a.K = 128;
    EXPECT_TRUE(rule.supports(w, small));
    a.element = DeviceElement::BFloat16;
    EXPECT_TRUE(rule.supports(w, small));
    a.H = 2;
    a.HV = 3;
    EXPECT_FALSE(rule.supports(w, large));
}

}  // namespace
}  // namespace rankscope::kernels::testing
