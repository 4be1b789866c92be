// SPDX-License-Identifier: Apache-2.0
// The kernels around the recurrence against their formulas in float64, from the inputs as the device gets them.
#include "kernels/mixer_gates_device.hpp"
#include "kernels/rms_norm_device.hpp"
#include "kernels/short_conv_device.hpp"
#include "kernels/swiglu_device.hpp"

#include "layer_numbers.hpp"

#include <array>

namespace rankscope::kernels::testing {
namespace {

struct NormShape {
    std::int64_t tokens = 1, heads = 1, width = 1;
    NormGate act = NormGate::None;
    bool adds = false, in_place = false;
    std::int64_t gap = 0;  ///< elements between the gates of tokens
    double scale = 1;
    float eps = 1e-5F;

    [[nodiscard]] std::string name() const {
        return std::to_string(tokens) + "x" + std::to_string(heads) + "x" + std::to_string(width) + " gate "
               + std::to_string(static_cast<int>(act)) + (adds ? " add" : "") + (in_place ? " in place" : "") + " gap "
               + std::to_string(gap) + " scale " + std::to_string(scale);
    }
};

template <class Stream, class Element>
void check_norm(const NormShape& s, unsigned seed) {
    SCOPED_TRACE(s.name());
    std::mt19937 random(seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::int64_t rows = s.tokens * s.heads, count = rows * s.width, stride = s.heads * s.width + s.gap;
    const std::vector<Stream> x = numbers<Stream>(random, count, s.scale);
    const std::vector<Element> add = numbers<Element>(random, count, s.scale), gate = numbers<Element>(random, s.tokens * stride, 3);
    const std::vector<float> weight = numbers<float>(random, s.width);
    const auto run = [&](std::vector<Element>& out, std::vector<Stream>& sum, std::vector<float>& inverse) {
        const DeviceArray<Stream> there_x(x, side), there_sum(nothing<Stream>(count), side);
        const DeviceArray<Element> there_add(add, side), there_gate(gate, side), there_out(nothing<Element>(count), side);
        const DeviceArray<float> there_weight(weight, side), there_inverse(nothing<float>(rows), side);
        DeviceRmsNormArgs a;
        a.rows = rows;
        a.width = s.width;
        a.heads = s.heads;
        a.eps = s.eps;
        a.stream_element = kElement<Stream>;
        a.element = kElement<Element>;
        a.x = there_x.data();
        a.weight = there_weight.data();
        a.out = there_out.data();
        a.inverse = there_inverse.data();
        if (s.adds) {
            a.add = there_add.data();
            a.sum = s.in_place ? there_x.data() : there_sum.data();
        }
        if (s.act != NormGate::None) {
            a.act = s.act;
            a.gate = there_gate.data();
            if (s.gap > 0) a.gate_stride = stride;
        }
        EXPECT_TRUE(device_rms_norm_supports(a, large_device()));
        EXPECT_EQ(device_rms_norm(a, large_device()), "");
        out = there_out.values();
        sum = s.in_place ? there_x.values() : there_sum.values();
        inverse = there_inverse.values();
    };
    std::vector<Element> out;
    std::vector<Stream> sum;
    std::vector<float> inverse;
    run(out, sum, inverse);
    in_other_orders([&] {
        std::vector<Element> again;
        std::vector<Stream> sum_again;
        std::vector<float> inverse_again;
        run(again, sum_again, inverse_again);
        EXPECT_TRUE(same_bits(out, again) && same_bits(sum, sum_again) && same_bits(inverse, inverse_again));
    });
    std::vector<double> want_sum, want, want_inverse;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        want_sum.push_back(static_cast<double>(value_of(x[at])) + (s.adds ? value_of(add[at]) : 0.0F));
    }
    if (s.adds) expect_near(sum, want_sum, kRounded<Stream>, 0, "sum");
    for (std::int64_t row = 0; row < rows; ++row) {
        double square = 0;
        const auto value = [&](std::int64_t i) {
            const auto at = static_cast<std::size_t>(row * s.width + i);
            return s.adds ? static_cast<double>(value_of(sum[at])) : want_sum[at];
        };
        for (std::int64_t i = 0; i < s.width; ++i)
            square += value(i) * value(i);
        const double r = 1 / std::sqrt(square / static_cast<double>(s.width) + s.eps);
        want_inverse.push_back(r);
        for (std::int64_t i = 0; i < s.width; ++i) {
            double y = value(i) * r * weight[static_cast<std::size_t>(i)];
            if (s.act != NormGate::None) {
                const double z = value_of(gate[static_cast<std::size_t>(row / s.heads * stride + row % s.heads * s.width + i)]);
                y *= s.act == NormGate::Swish ? z * sigmoid(z) : sigmoid(z);
            }
            want.push_back(y);
        }
    }
    expect_near(inverse, want_inverse, 2e-6, 0, "inverse");
    expect_near(out, want, kRounded<Element> + 4e-6, 1e-30, "out");
}

template <class Stream, class Element>
void check_norms() {
    unsigned seed = sizeof(Stream) * 10 + sizeof(Element);
    for (const std::int64_t width : {1, 3, 8, 13, 48, 96, 100, 128, 1000, 1024, 1032, 2050}) {
        for (const bool adds : {false, true}) {
            const NormGate act = std::array{NormGate::None, NormGate::Swish, NormGate::Sigmoid}[seed % 3];
            check_norm<Stream, Element>({3, 2, width, act, adds, false, seed % 4 == 0 ? 24 : 0}, seed);
            ++seed;
        }
    }
    check_norm<Stream, Element>({5, 7, 24, NormGate::Swish, false, false, 7}, 100);
    check_norm<Stream, Element>({37, 1, 64, NormGate::None, true, true}, 102);  // several rows to a warp, the last one alone
    check_norm<Stream, Element>({1, 2, 8192, NormGate::None, true}, 106);       // all that a block holds, and more
    check_norm<Stream, Element>({1, 1, 8200, NormGate::Swish, true}, 108);
    check_norm<Stream, Element>({2, 1, 1500, NormGate::None, true, true}, 103);
    check_norm<Stream, Element>({2, 1, 32, NormGate::None, false, false, 0, 1e18}, 104);
    check_norm<Stream, Element>({2, 1, 33, NormGate::Sigmoid, false, false, 0, 1e-18}, 105);
}

TEST(DeviceRmsNorm, IsTheFormula) {
    check_norms<float, float>();
    check_norms<float, Bf16>();
    check_norms<Bf16, Bf16>();
}

TEST(DeviceRmsNorm, KeepsGatesFarFromZeroAndTellsWhatItDoesNotTake) {
    const std::vector<float> z{-3e38F, -200, -88.5F, 88.5F, 200, 3e38F}, ones(6, 1);
    for (const NormGate act : {NormGate::Swish, NormGate::Sigmoid}) {
        const DeviceArray<float> gate(z, Side::End), x(ones, Side::End), weight(ones, Side::End), out(nothing<float>(6), Side::End);
        DeviceRmsNormArgs a;
        a.rows = 1;
        a.width = 6;
        a.x = x.data();
        a.weight = weight.data();
        a.gate = gate.data();
        a.act = act;
        a.out = out.data();
        EXPECT_EQ(device_rms_norm(a, large_device()), "");
        const std::vector<float> y = out.values();
        for (std::size_t i = 0; i < y.size(); ++i) {
            const double want = (act == NormGate::Swish ? static_cast<double>(z[i]) : 1.0) * sigmoid(z[i]) / std::sqrt(1 + 1e-6);
            EXPECT_NEAR(y[i], want, std::abs(want) * 1e-4 + 1e-30) << z[i];
        }
        a.rows = 0;
        EXPECT_EQ(device_rms_norm(a, large_device()), "") << "nothing to do";
        a.width = 0;
        EXPECT_FALSE(device_rms_norm_supports(a, large_device()));
        a.width = 8;
        a.stream_element = kBf16;
        EXPECT_FALSE(device_rms_norm_supports(a, large_device())) << "a float32 product of a bfloat16 stream";
        a.element = kBf16;
        EXPECT_TRUE(device_rms_norm_supports(a, large_device()));
        EXPECT_FALSE(device_rms_norm_supports(a, DeviceLimits{}));
    }
}

struct ConvShape {
    std::int64_t B = 1, T = 1, heads = 1, width = 1, W = 4;
    bool normalised = true, silu = true, tail = false;
    std::int64_t gap = 0;
    double scale = 1;
    bool rounded_weights = false;

    [[nodiscard]] std::string name() const {
        return "B" + std::to_string(B) + " T" + std::to_string(T) + " " + std::to_string(heads) + "x" + std::to_string(width) + " W"
               + std::to_string(W) + (normalised ? " norm" : "") + (silu ? " silu" : "") + (tail ? " tail" : "") + " gap "
               + std::to_string(gap) + " scale " + std::to_string(scale);
    }
};

// A call, its inputs, and where its outputs are.
template <class In, class Out>
struct ConvRun {
    ConvShape s;
    std::int64_t C = s.heads * s.width, stride = C + s.gap;
    std::vector<In> x, tail;
    std::vector<float> weight;

    ConvRun(const ConvShape& shape, unsigned seed) : s(shape) {
        std::mt19937 random(seed);
        x = numbers<In>(random, s.B * s.T * stride, s.scale);
        tail = numbers<In>(random, s.B * (s.W - 1) * stride, s.scale);
        weight = numbers<float>(random, C * s.W, 0.7);
        if (s.rounded_weights) {
            for (float& w : weight)
                w = bf16_value(bf16_bits(w));
        }
    }

    [[nodiscard]] std::vector<Out> run(Side side, const DeviceLimits& limits = large_device()) const {
        const DeviceArray<In> there(x, side), before(tail, side);
        std::vector<Bf16> short_weight;
        for (const float w : weight)
            short_weight.push_back({bf16_bits(w)});
        const DeviceArray<float> taps(weight, side);
        const DeviceArray<Bf16> short_taps(short_weight, side);
        const DeviceArray<Out> out(nothing<Out>(s.B * s.T * C), side);
        DeviceShortConvArgs a;
        a.B = s.B;
        a.T = s.T;
        a.C = C;
        a.W = s.W;
        a.stride = stride;
        a.element = kElement<In>;
        a.out_element = kElement<Out>;
        a.x = there.data();
        if (s.tail) a.tail = before.data();
        a.tail_stride = stride;
        a.weight = s.rounded_weights ? static_cast<const void*>(short_taps.data()) : taps.data();
        a.weight_element = s.rounded_weights ? kBf16 : kF32;
        a.silu = s.silu;
        a.norm_width = s.normalised ? s.width : 0;
        a.out = out.data();
        EXPECT_TRUE(device_short_conv_supports(a, limits));
        EXPECT_EQ(device_short_conv(a, limits), "");
        return out.values();
    }

    [[nodiscard]] std::vector<double> want() const {
        std::vector<double> out;
        for (std::int64_t b = 0; b < s.B; ++b) {
            for (std::int64_t t = 0; t < s.T; ++t) {
                for (std::int64_t h = 0; h < s.heads; ++h) {
                    double square = 0;
                    const std::size_t first = out.size();
                    for (std::int64_t c = h * s.width; c < (h + 1) * s.width; ++c) {
                        double y = 0;
                        for (std::int64_t j = 0; j < s.W; ++j) {
                            const std::int64_t at = t - s.W + 1 + j;
                            const double input = at >= 0 ? value_of(x[static_cast<std::size_t>((b * s.T + at) * stride + c)])
                                                 : s.tail
                                                     ? value_of(tail[static_cast<std::size_t>((b * (s.W - 1) + s.W - 1 + at) * stride + c)])
                                                     : 0.0F;
                            y += weight[static_cast<std::size_t>(c * s.W + j)] * input;
                        }
                        if (s.silu) y *= sigmoid(y);
                        square += y * y;
                        out.push_back(y);
                    }
                    if (!s.normalised) continue;
                    for (std::size_t i = first; i < out.size(); ++i)
                        out[i] /= std::sqrt(square + 1e-6);
                }
            }
        }
        return out;
    }
};

template <class In, class Out>
void check_conv(const ConvShape& shape, unsigned seed) {
    SCOPED_TRACE(shape.name());
    const ConvRun<In, Out> run(shape, seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::vector<Out> got = run.run(side);
    const std::vector<double> want = run.want();
    double largest = 1e-300;
    for (const double y : want)
        largest = std::max(largest, std::abs(y));
    expect_near(got, want, kRounded<Out>, 2e-6 * largest, "out");
    in_other_orders([&] { EXPECT_TRUE(same_bits(run.run(side), got)); });
    // A device with one multiprocessor walks longer stretches: other cuts, the same bits.
    DeviceLimits small = large_device();
    small.multiprocessors = 1;
    EXPECT_TRUE(same_bits(run.run(side, small), got));
}

template <class In, class Out>
void check_convs() {
    unsigned seed = 10 * sizeof(In) + sizeof(Out);
    std::mt19937 random(seed);
    for (const std::int64_t width : {1, 2, 3, 13, 16, 48, 96, 100, 128, 132, 255, 256}) {
        ConvShape s;
        s.B = 1 + below(random, 2);
        s.T = one_of(random, {1, 2, 5, 33, 40});
        s.heads = one_of(random, {1, 2, 3, 9});
        s.width = width;
        s.W = one_of(random, {1, 2, 3, 4, 4, 4, 5, 8});
        s.tail = below(random, 2) == 0;
        s.normalised = below(random, 3) > 0;
        s.silu = below(random, 4) > 0;
        s.gap = one_of(random, {0, 4, 5});
        s.rounded_weights = sizeof(In) == 2;
        check_conv<In, Out>(s, seed++);
    }
    check_conv<In, Out>({1, 300, 2, 8, 4, true, true, false, 8}, 50);
    check_conv<In, Out>({2, 37, 3, 130, 4, false, true, true, 4}, 51);  // pieces of channels, the last one short
    check_conv<In, Out>({1, 6, 2, 32, 4, true, true, true, 0, 1e17}, 52);
    check_conv<In, Out>({1, 6, 2, 32, 4, true, true, true, 0, 1e-18}, 54);  // beside eps next to nothing
    check_conv<In, Out>({2, 1, 4, 128, 4, true, true, true}, 56);           // decoding
}

TEST(DeviceShortConv, IsTheFormula) {
    check_convs<float, float>();
    check_convs<Bf16, float>();
    check_convs<Bf16, Bf16>();
}

TEST(DeviceShortConv, GoesOnFromATailAsIfItHadNotStopped) {
    const ConvRun<float, float> whole({1, 50, 3, 20, 4, true, true, false}, 7);
    const std::vector<float> all = whole.run(Side::End);
    for (const std::int64_t cut : {1, 2, 3, 31}) {
        ConvRun<float, float> rest = whole;
        rest.s.T = 50 - cut;
        rest.s.tail = true;
        rest.x.assign(whole.x.begin() + cut * whole.C, whole.x.end());
        for (std::int64_t j = 0; j < 3; ++j) {
            for (std::int64_t c = 0; c < whole.C; ++c) {
                const std::int64_t t = cut - 3 + j;
                rest.tail[static_cast<std::size_t>(j * whole.C + c)] = t >= 0 ? whole.x[static_cast<std::size_t>(t * whole.C + c)] : 0;
            }
        }
        const std::vector<float> behind = rest.run(Side::End);
        EXPECT_TRUE(same_bits(behind, std::vector<float>(all.begin() + cut * whole.C, all.end()))) << cut;
    }
}

TEST(DeviceShortConv, TellsWhatItDoesNotTake) {
    DeviceShortConvArgs a;
    a.B = a.T = 1;
    a.C = 64;
    a.W = 4;
    EXPECT_TRUE(device_short_conv_supports(a, large_device()));
    for (const auto& spoil : std::initializer_list<void (*)(DeviceShortConvArgs&)>{
             [](DeviceShortConvArgs& s) { s.W = 9; }, [](DeviceShortConvArgs& s) { s.W = 0; },
             [](DeviceShortConvArgs& s) { s.norm_width = 48; }, [](DeviceShortConvArgs& s) { s.C = s.norm_width = 257; },
             [](DeviceShortConvArgs& s) { s.out_element = kBf16; }, [](DeviceShortConvArgs& s) { s.T = std::int64_t{1} << 40; }}) {
        DeviceShortConvArgs other = a;
        spoil(other);
        EXPECT_FALSE(device_short_conv_supports(other, large_device()));
    }
    EXPECT_FALSE(device_short_conv_supports(a, DeviceLimits{}));
    a.T = 0;
    EXPECT_EQ(device_short_conv(a, large_device()), "") << "nothing to do";
}

template <class Element>
void check_swiglu(std::int64_t rows, std::int64_t width, unsigned seed) {
    SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(width));
    std::mt19937 random(seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::vector<Element> x = numbers<Element>(random, rows * 2 * width, 4);
    const DeviceArray<Element> there(x, side), out(nothing<Element>(rows * width), side);
    const DeviceSwigluArgs a{rows, width, kElement<Element>, there.data(), out.data(), nullptr};
    EXPECT_TRUE(device_swiglu_supports(a, large_device()));
    EXPECT_EQ(device_swiglu(a, large_device()), "");
    std::vector<double> want;
    for (std::int64_t i = 0; i < rows * width; ++i) {
        const auto at = static_cast<std::size_t>(i / width * 2 * width + i % width);
        const double z = value_of(x[at]), up = value_of(x[at + static_cast<std::size_t>(width)]);
        want.push_back(z * sigmoid(z) * up);
    }
    expect_near(out.values(), want, kRounded<Element> + 2e-6, 1e-30, "out");
}

TEST(DeviceSwiglu, IsTheFormula) {
    unsigned seed = 0;
    for (const std::int64_t width : {1, 7, 8, 256, 257, 2048, 2056, 5000}) {
        check_swiglu<float>(3, width, seed);
        check_swiglu<Bf16>(3, width, seed++);
    }
    check_swiglu<float>(1, 512, 1);
    check_swiglu<Bf16>(2, 8, 1);
    DeviceSwigluArgs a;
    EXPECT_FALSE(device_swiglu_supports(a, large_device())) << "no width";
    a.width = 8;
    EXPECT_EQ(device_swiglu(a, large_device()), "") << "nothing to do";
    a.rows = a.width = std::int64_t{1} << 31;
    EXPECT_FALSE(device_swiglu_supports(a, large_device()));
}

template <class Element>
void check_gates(std::int64_t tokens, std::int64_t HV, bool writes, bool decays, unsigned seed) {
    SCOPED_TRACE(std::to_string(tokens) + "x" + std::to_string(HV) + (writes ? " beta" : "") + (decays ? " g" : ""));
    std::mt19937 random(seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::int64_t stride = 2 * HV + 3;
    std::vector<Element> x = numbers<Element>(random, tokens * stride - 3, 6);
    if (tokens > 4) {  // far from zero
        x[0] = element_of(-1e30F, Element{});
        x[static_cast<std::size_t>(stride)] = element_of(1e30F, Element{});
        x[static_cast<std::size_t>(HV)] = element_of(-1e30F, Element{});
        x[static_cast<std::size_t>(stride + HV)] = element_of(1e30F, Element{});
        x[static_cast<std::size_t>(2 * stride + HV)] = element_of(-40.0F, Element{});
    }
    const std::vector<float> A_log = numbers<float>(random, HV), dt_bias = numbers<float>(random, HV);
    const DeviceArray<Element> there(x, side);
    const DeviceArray<float> rates(A_log, side), biases(dt_bias, side), beta(nothing<float>(tokens * HV), side),
        g(nothing<float>(tokens * HV), side);
    DeviceMixerGatesArgs a;
    a.tokens = tokens;
    a.HV = HV;
    a.stride = stride;
    a.element = kElement<Element>;
    if (writes) a.b = there.data();
    if (decays) a.a = there.data() + HV;
    a.beta_factor = 2;
    a.A_log = rates.data();
    a.dt_bias = biases.data();
    a.beta = beta.data();
    a.g = g.data();
    EXPECT_TRUE(device_mixer_gates_supports(a, large_device()));
    EXPECT_EQ(device_mixer_gates(a, large_device()), "");
    std::vector<double> want_beta, want_g;
    for (std::int64_t i = 0; i < tokens * HV; ++i) {
        const auto at = static_cast<std::size_t>(i / HV * stride + i % HV), head = static_cast<std::size_t>(i % HV);
        want_beta.push_back(2 * sigmoid(value_of(x[at])));
        const double z = static_cast<double>(value_of(x[at + static_cast<std::size_t>(HV)]) + dt_bias[head]);
        want_g.push_back(-std::exp(static_cast<double>(A_log[head])) * (z > 40 ? z : std::log1p(std::exp(z))));
    }
    if (writes) expect_near(beta.values(), want_beta, 2e-6, 1e-37, "beta");
    if (decays) expect_near(g.values(), want_g, 4e-6, 1e-37, "g");
    for (const float untouched : (writes ? std::vector<float>{} : beta.values()))
        EXPECT_TRUE(is_gap(untouched));
    for (const float untouched : (decays ? std::vector<float>{} : g.values()))
        EXPECT_TRUE(is_gap(untouched));
}

TEST(DeviceMixerGates, AreTheFormula) {
    unsigned seed = 0;
    for (const auto& [tokens, HV] : {std::pair(1, 1), std::pair(37, 16), std::pair(256, 3), std::pair(5, 64)}) {
        for (const bool writes : {true, false}) {
            check_gates<float>(tokens, HV, writes, true, seed);
            check_gates<Bf16>(tokens, HV, true, writes, seed++);
        }
    }
    DeviceMixerGatesArgs a;
    EXPECT_FALSE(device_mixer_gates_supports(a, large_device())) << "no heads";
    a.HV = 2;
    EXPECT_TRUE(device_mixer_gates_supports(a, large_device()));
    EXPECT_EQ(device_mixer_gates(a, large_device()), "") << "no tokens";
    EXPECT_FALSE(device_mixer_gates_supports(a, DeviceLimits{}));
}

}  // namespace
}  // namespace rankscope::kernels::testing
