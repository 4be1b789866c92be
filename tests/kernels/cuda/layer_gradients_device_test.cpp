// SPDX-License-Identifier: Apache-2.0
// Gradients of the kernels around the recurrence against their formulas in float64, from the inputs as the device gets them.
#include "kernels/rms_norm_device.hpp"
#include "kernels/short_conv_device.hpp"
#include "kernels/swiglu_device.hpp"

#include "layer_numbers.hpp"

#include <array>

namespace rankscope::kernels::testing {
namespace {

double largest(const std::vector<double>& x) {
    double most = 1e-300;
    for (const double v : x)
        most = std::max(most, std::abs(v));
    return most;
}

// Rounding of the element relative to each number, that of the sums relative to the largest.
template <class Element>
void expect_gradient(const std::vector<Element>& got, const std::vector<double>& want, const std::string& what) {
    expect_near(got, want, kRounded<Element>, 1e-5 * largest(want), what);
}

// Aligned to 256 bytes, and up to the guard page where its size allows both.
DeviceArray<float> workspace_of(std::size_t bytes) {
    return {nothing<float>(static_cast<std::int64_t>(bytes / sizeof(float))), bytes % 256 == 0 ? Side::End : Side::Begin};
}

struct NormShape {
    std::int64_t tokens = 1, heads = 1, width = 1;
    NormGate act = NormGate::None;
    bool adds = false;
    std::int64_t gap = 0;
};

template <class Element>
struct NormResults {
    std::vector<float> d_x, d_weight;
    std::vector<Element> d_add, d_gate;

    [[nodiscard]] bool same(const NormResults& o) const {
        return same_bits(d_x, o.d_x) && same_bits(d_weight, o.d_weight) && same_bits(d_add, o.d_add) && same_bits(d_gate, o.d_gate);
    }
};

template <class Element>
void check_norm(const NormShape& s, unsigned seed) {
    SCOPED_TRACE(std::to_string(s.tokens) + "x" + std::to_string(s.heads) + "x" + std::to_string(s.width) + (s.adds ? " add" : "")
                 + " gate " + std::to_string(static_cast<int>(s.act)));
    std::mt19937 random(seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::int64_t rows = s.tokens * s.heads, count = rows * s.width, stride = s.heads * s.width + s.gap;
    const std::vector<float> x = numbers<float>(random, count), weight = numbers<float>(random, s.width),
                             d_sum = numbers<float>(random, count);
    const std::vector<Element> gate = numbers<Element>(random, s.tokens * stride, 3), d_out = numbers<Element>(random, count);
    constexpr double kEps = 1e-5;
    std::vector<float> inverse;
    for (std::int64_t row = 0; row < rows; ++row) {
        double square = 0;
        for (std::int64_t i = 0; i < s.width; ++i)
            square += std::pow(x[static_cast<std::size_t>(row * s.width + i)], 2);
        inverse.push_back(static_cast<float>(1 / std::sqrt(square / static_cast<double>(s.width) + kEps)));
    }
    const auto run = [&] {
        const DeviceArray<float> there_x(x, side), there_weight(weight, side), there_inverse(inverse, side), there_sum(d_sum, side),
            d_x(nothing<float>(count), side), d_weight(nothing<float>(s.width), side);
        const DeviceArray<Element> there_gate(gate, side), there_out(d_out, side), d_add(nothing<Element>(count), side),
            d_gate(nothing<Element>(count), side);
        DeviceRmsNormBackwardArgs b;
        DeviceRmsNormArgs& a = b.forward;
        a.rows = rows;
        a.width = s.width;
        a.heads = s.heads;
        a.eps = static_cast<float>(kEps);
        a.element = kElement<Element>;
        a.x = there_x.data();
        a.weight = there_weight.data();
        a.inverse = there_inverse.data();
        b.d_out = there_out.data();
        b.d_x = d_x.data();
        b.d_weight = d_weight.data();
        if (s.adds) {
            b.d_sum = there_sum.data();
            b.d_add = d_add.data();
        }
        if (s.act != NormGate::None) {
            a.act = s.act;
            a.gate = there_gate.data();
            if (s.gap > 0) a.gate_stride = stride;
            b.d_gate = d_gate.data();
        }
        EXPECT_TRUE(device_rms_norm_backward_supports(b, large_device()));
        const DeviceArray<float> workspace = workspace_of(device_rms_norm_backward_workspace(b));
        EXPECT_EQ(device_rms_norm_backward(b, workspace.data()), "");
        return NormResults<Element>{d_x.values(), d_weight.values(), d_add.values(), d_gate.values()};
    };
    const NormResults<Element> got = run();
    in_other_orders([&] { EXPECT_TRUE(run().same(got)); });
    std::vector<double> want_x, want_gate, want_weight(static_cast<std::size_t>(s.width));
    for (std::int64_t row = 0; row < rows; ++row) {
        const double r = inverse[static_cast<std::size_t>(row)];
        double dot = 0;
        std::vector<double> through, y;
        for (std::int64_t i = 0; i < s.width; ++i) {
            const auto at = static_cast<std::size_t>(row * s.width + i);
            double d = value_of(d_out[at]);
            const double w = weight[static_cast<std::size_t>(i)];
            y.push_back(x[at] * r);
            if (s.act != NormGate::None) {
                const double z = value_of(gate[static_cast<std::size_t>(row / s.heads * stride + row % s.heads * s.width + i)]),
                             g = sigmoid(z);
                const double slope = s.act == NormGate::Swish ? g * (1 + z * (1 - g)) : g * (1 - g);
                want_gate.push_back(d * w * y.back() * slope);
                d *= s.act == NormGate::Swish ? z * g : g;
            }
            want_weight[static_cast<std::size_t>(i)] += d * y.back();
            through.push_back(d * w);
            dot += d * w * y.back();
        }
        for (std::int64_t i = 0; i < s.width; ++i) {
            const auto n = static_cast<std::size_t>(i);
            want_x.push_back(r * (through[n] - y[n] * dot / static_cast<double>(s.width))
                             + (s.adds ? d_sum[static_cast<std::size_t>(row * s.width + i)] : 0.0F));
        }
    }
    expect_gradient(got.d_x, want_x, "d_x");
    expect_gradient(got.d_weight, want_weight, "d_weight");
    if (s.adds) expect_gradient(got.d_add, want_x, "d_add");
    if (s.act != NormGate::None) expect_gradient(got.d_gate, want_gate, "d_gate");
}

template <class Element>
void check_norms() {
    unsigned seed = sizeof(Element);
    constexpr std::array gates{NormGate::None, NormGate::Swish, NormGate::Sigmoid};
    for (const std::int64_t width : {1, 3, 13, 48, 96, 100, 128, 256, 264, 1000, 1024, 1032, 2050, 8192}) {
        check_norm<Element>({3, 2, width, gates[seed % 3], seed % 2 == 1, seed % 4 == 0 ? 24 : 0}, seed);
        ++seed;
    }
    check_norm<Element>({70, 5, 16, NormGate::Swish, false, 8}, 41);  // more than one block of warps
    check_norm<Element>({129, 1, 24, NormGate::None, true}, 42);
    check_norm<Element>({385, 1, 48, NormGate::None, true}, 43);      // sums of columns that fill no block, up to the end of the workspace
    check_norm<Element>({37, 1, 1040, NormGate::Sigmoid, true}, 44);  // more than one block of rows
}

TEST(DeviceRmsNormGradient, IsTheFormula) {
    check_norms<float>();
    check_norms<Bf16>();
}

TEST(DeviceRmsNormGradient, OfNoRowsIsZeroAndWiderRowsAreNotTaken) {
    const DeviceArray<float> d_weight(nothing<float>(40), Side::End), workspace(nothing<float>(1), Side::Begin);
    DeviceRmsNormBackwardArgs b;
    b.forward.width = 40;
    b.d_weight = d_weight.data();
    EXPECT_EQ(device_rms_norm_backward(b, workspace.data()), "");
    EXPECT_TRUE(same_bits(d_weight.values(), std::vector<float>(40, 0.0F)));
    b.forward.width = 8193;
    EXPECT_FALSE(device_rms_norm_backward_supports(b, large_device()));
    b.forward.width = 64;
    b.forward.stream_element = b.forward.element = kBf16;
    EXPECT_FALSE(device_rms_norm_backward_supports(b, large_device()));
}

struct ConvShape {
    std::int64_t B = 1, T = 1, heads = 1, width = 1, W = 4;
    bool normalised = true, silu = true;
    std::int64_t gap = 0;
};

template <class In>
void check_conv(const ConvShape& s, unsigned seed) {
    SCOPED_TRACE("B" + std::to_string(s.B) + " T" + std::to_string(s.T) + " " + std::to_string(s.heads) + "x" + std::to_string(s.width)
                 + " W" + std::to_string(s.W) + (s.normalised ? " norm" : "") + (s.silu ? " silu" : "") + " gap " + std::to_string(s.gap));
    std::mt19937 random(seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::int64_t C = s.heads * s.width, stride = C + s.gap, rows = s.B * s.T;
    const std::vector<In> x = numbers<In>(random, rows * stride - s.gap);
    const std::vector<float> weight = numbers<float>(random, C * s.W, 0.7), d_out = numbers<float>(random, rows * C);
    std::vector<In> d_x;
    std::vector<float> d_weight;
    const auto run = [&] {
        const DeviceArray<In> there(x, side), to(nothing<In>(std::ssize(x)), side);
        const DeviceArray<float> taps(weight, side), d(d_out, side), d_taps(nothing<float>(C * s.W), side);
        DeviceShortConvBackwardArgs b;
        DeviceShortConvArgs& a = b.forward;
        a.B = s.B;
        a.T = s.T;
        a.C = C;
        a.W = s.W;
        a.stride = stride;
        a.element = kElement<In>;
        a.x = there.data();
        a.weight = taps.data();
        a.silu = s.silu;
        a.norm_width = s.normalised ? s.width : 0;
        b.d_out = d.data();
        b.d_x = to.data();
        b.d_weight = d_taps.data();
        EXPECT_TRUE(device_short_conv_backward_supports(b, large_device()));
        const DeviceArray<float> workspace = workspace_of(device_short_conv_backward_workspace(b));
        EXPECT_EQ(device_short_conv_backward(b, workspace.data()), "");
        d_x = to.values();
        d_weight = d_taps.values();
    };
    run();
    const std::vector<In> first_x = d_x;
    const std::vector<float> first_weight = d_weight;
    in_other_orders([&] {
        run();
        EXPECT_TRUE(same_bits(d_x, first_x) && same_bits(d_weight, first_weight));
    });
    std::vector<double> d_c(d_out.size()), want_x, want_weight(weight.size());
    std::vector<In> got_x;
    const auto input = [&](std::int64_t b, std::int64_t t, std::int64_t c) {
        return t < 0 ? 0.0 : static_cast<double>(value_of(x[static_cast<std::size_t>((b * s.T + t) * stride + c)]));
    };
    const auto tap = [&](std::int64_t c, std::int64_t j) { return static_cast<double>(weight[static_cast<std::size_t>(c * s.W + j)]); };
    for (std::int64_t b = 0; b < s.B; ++b) {
        for (std::int64_t t = 0; t < s.T; ++t) {
            for (std::int64_t h = 0; h < s.heads; ++h) {
                std::vector<double> y, slope;
                double square = 0, dot = 0;
                const auto at = [&](std::int64_t i) { return static_cast<std::size_t>((b * s.T + t) * C + h * s.width + i); };
                for (std::int64_t i = 0; i < s.width; ++i) {
                    double v = 0;
                    for (std::int64_t j = 0; j < s.W; ++j)
                        v += tap(h * s.width + i, j) * input(b, t - s.W + 1 + j, h * s.width + i);
                    const double g = s.silu ? sigmoid(v) : 1;
                    slope.push_back(s.silu ? g * (1 + v * (1 - g)) : 1);
                    y.push_back(v * g);
                    square += y.back() * y.back();
                    dot += y.back() * d_out[at(i)];
                }
                const double r = s.normalised ? 1 / std::sqrt(square + 1e-6) : 1, along = s.normalised ? dot * r * r : 0;
                for (std::int64_t i = 0; i < s.width; ++i)
                    d_c[at(i)] = r * (d_out[at(i)] - y[static_cast<std::size_t>(i)] * along) * slope[static_cast<std::size_t>(i)];
            }
        }
        for (std::int64_t t = 0; t < s.T; ++t) {
            for (std::int64_t c = 0; c < C; ++c) {
                double sum = 0;
                for (std::int64_t j = 0; j < s.W; ++j) {
                    want_weight[static_cast<std::size_t>(c * s.W + j)] +=
                        d_c[static_cast<std::size_t>((b * s.T + t) * C + c)] * input(b, t - s.W + 1 + j, c);
                    if (t + s.W - 1 - j < s.T) sum += tap(c, j) * d_c[static_cast<std::size_t>((b * s.T + t + s.W - 1 - j) * C + c)];
                }
                want_x.push_back(sum);
                got_x.push_back(d_x[static_cast<std::size_t>((b * s.T + t) * stride + c)]);
            }
            for (std::int64_t c = C; c < stride && (b * s.T + t) * stride + c < std::ssize(d_x); ++c)
                EXPECT_TRUE(is_gap(d_x[static_cast<std::size_t>((b * s.T + t) * stride + c)])) << "somebody else's column was written";
        }
    }
    expect_gradient(got_x, want_x, "d_x");
    expect_gradient(d_weight, want_weight, "d_weight");
}

template <class In>
void check_convs() {
    unsigned seed = sizeof(In);
    std::mt19937 random(seed);
    for (const std::int64_t width : {1, 2, 3, 13, 16, 48, 96, 100, 128, 132, 255, 256}) {
        ConvShape s;
        s.B = 1 + below(random, 2);
        s.T = one_of(random, {1, 2, 5, 33, 70});
        s.heads = one_of(random, {1, 2, 3, 9});
        s.width = width;
        s.W = one_of(random, {1, 2, 3, 4, 4, 4});
        s.normalised = below(random, 3) > 0;
        s.silu = below(random, 4) > 0;
        s.gap = one_of(random, {0, 4, 5});
        check_conv<In>(s, seed++);
    }
    check_conv<In>({1, 300, 2, 8}, 50);
    check_conv<In>({2, 64, 3, 20, 4, true, true, 5}, 51);  // one stretch, to its end
    check_conv<In>({2, 62, 2, 20, 4, true, true, 4}, 55);  // nearly one
    check_conv<In>({2, 66, 2, 20, 4, true, true, 4}, 52);  // what lies behind a stretch is shorter than its taps
    check_conv<In>({2, 130, 3, 130, 3, false, true}, 53);  // pieces of channels, the last one short
}

TEST(DeviceShortConvGradient, IsTheFormula) {
    check_convs<float>();
    check_convs<Bf16>();
}

TEST(DeviceShortConvGradient, OfNoTokensIsZeroAndTellsWhatItDoesNotTake) {
    const DeviceArray<float> d_weight(nothing<float>(32), Side::End), workspace(nothing<float>(1), Side::Begin);
    DeviceShortConvBackwardArgs b;
    b.forward.B = 1;
    b.forward.C = 8;
    b.forward.W = 4;
    b.d_weight = d_weight.data();
    EXPECT_EQ(device_short_conv_backward(b, workspace.data()), "");
    EXPECT_TRUE(same_bits(d_weight.values(), std::vector<float>(32, 0.0F)));
    b.forward.T = 3;
    EXPECT_TRUE(device_short_conv_backward_supports(b, large_device()));
    const float some = 0;
    for (const auto& spoil : std::initializer_list<void (*)(DeviceShortConvArgs&, const float*)>{
             [](DeviceShortConvArgs&a, const float*) { a.W = 5; }, [](DeviceShortConvArgs&a, const float*p) { a.tail = p; },
             [](DeviceShortConvArgs&a, const float*) { a.element = a.out_element = kBf16; },
             [](DeviceShortConvArgs&a, const float*) { a.weight_element = kBf16; }}) {
        DeviceShortConvBackwardArgs other = b;
        spoil(other.forward, &some);
        EXPECT_FALSE(device_short_conv_backward_supports(other, large_device()));
    }
}

template <class Element>
void check_swiglu(std::int64_t rows, std::int64_t width, unsigned seed) {
    SCOPED_TRACE(std::to_string(rows) + "x" + std::to_string(width));
    std::mt19937 random(seed);
    const Side side = seed % 2 == 0 ? Side::Begin : Side::End;
    const std::vector<Element> x = numbers<Element>(random, rows * 2 * width, 4), d_out = numbers<Element>(random, rows * width);
    const DeviceArray<Element> there(x, side), d(d_out, side), to(nothing<Element>(rows * 2 * width), side);
    const DeviceSwigluBackwardArgs b{{rows, width, kElement<Element>, there.data(), nullptr, nullptr}, d.data(), to.data()};
    EXPECT_TRUE(device_swiglu_backward_supports(b, large_device()));
    EXPECT_EQ(device_swiglu_backward(b, large_device()), "");
    std::vector<double> want(x.size());
    for (std::int64_t i = 0; i < rows * width; ++i) {
        const auto at = static_cast<std::size_t>(i / width * 2 * width + i % width), behind = at + static_cast<std::size_t>(width);
        const double z = value_of(x[at]), up = value_of(x[behind]), dy = value_of(d_out[static_cast<std::size_t>(i)]), s = sigmoid(z);
        want[at] = dy * up * s * (1 + z * (1 - s));
        want[behind] = dy * z * s;
    }
    expect_gradient(to.values(), want, "d_gate_up");
}

TEST(DeviceSwigluGradient, IsTheFormula) {
    unsigned seed = 0;
    for (const std::int64_t width : {1, 7, 8, 256, 257, 2048, 2056, 5000}) {
        check_swiglu<float>(3, width, seed);
        check_swiglu<Bf16>(3, width, seed++);
    }
    check_swiglu<float>(1, 512, 1);
    check_swiglu<Bf16>(2, 8, 1);
}

}  // namespace
}  // namespace rankscope::kernels::testing
