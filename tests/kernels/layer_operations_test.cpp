// SPDX-License-Identifier: Apache-2.0
// Norm, short convolution and SwiGLU: every instruction set this processor has against formulas in float64,
// gradients against central differences of those formulas.
#include "core/base/random.hpp"
#include "kernels/cpu/layer_table.hpp"
#include "kernels/parallel.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace rankscope::kernels {
namespace {

struct Set {
    std::string name;
    const LayerTables* tables;
};

std::vector<Set> instruction_sets() {
    std::vector<Set> sets{{"portable", &portable::kLayerTables}};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        sets.push_back({"avx2", &avx2::kLayerTables});
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
        sets.push_back({"avx512", &avx512::kLayerTables});
    }
#endif
    return sets;
}

double value(float x) {
    return x;
}

double value(Bf16 x) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

void assign(float& to, double x) {
    to = static_cast<float>(x);
}

void assign(Bf16& to, double x) {
    to.bits = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(static_cast<float>(x)) >> 16);
}

template <class Product>
const LayerTable<Product>& table(const Set& set) {
    if constexpr (std::is_same_v<Product, float>) {
        return set.tables->single;
    } else {
        return set.tables->half;
    }
}

template <class T>
std::vector<T> draw(std::size_t count, Random& random, double scale = 1) {
    std::vector<T> out(count);
    for (T& x : out)
        assign(x, scale * random.normal());
    return out;
}

// Results of type Product carry its rounding: 2^-9 of the value for bfloat16.
template <class Product>
constexpr double kRounding = std::is_same_v<Product, float> ? 0 : 0.004;

template <class T>
void expect_near(const std::vector<T>& found, const std::vector<double>& expected, double tolerance,
                 double rounding, const std::string& what) {
    ASSERT_EQ(found.size(), expected.size());
    double largest = 1e-30;
    for (const double x : expected)
        largest = std::max(largest, std::abs(x));
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(value(found[i]), expected[i], tolerance * largest + rounding * std::abs(expected[i]))
            << what << " " << i;
    }
}

// d(Σ weight · f(x)) / dx by central differences; f is exact to float64.
std::vector<double> numeric_gradient(std::vector<double> x,
                                     const std::function<double(const std::vector<double>&)>& f) {
    std::vector<double> gradient(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double keep = x[i], step = 1e-5;
        x[i] = keep + step;
        const double above = f(x);
        x[i] = keep - step;
        gradient[i] = (above - f(x)) / (2 * step);
        x[i] = keep;
    }
    return gradient;
}

template <class T>
std::vector<double> exact(const std::vector<T>& x) {
    std::vector<double> out;
    for (const T& v : x)
        out.push_back(value(v));
    return out;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += a[i] * b[i];
    return sum;
}

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

std::vector<double> norm_formula(const std::vector<double>& s, const std::vector<double>& weight,
                                 const std::vector<double>& gate, NormGate act, double eps) {
    const std::size_t width = weight.size();
    std::vector<double> y(s.size());
    for (std::size_t row = 0; row < s.size(); row += width) {
        double square = 0;
        for (std::size_t i = row; i < row + width; ++i)
            square += s[i] * s[i];
        const double r = 1 / std::sqrt(square / static_cast<double>(width) + eps);
        for (std::size_t i = 0; i < width; ++i) {
            y[row + i] = s[row + i] * r * weight[i];
            if (act == NormGate::Sigmoid) y[row + i] *= sigmoid(gate[row + i]);
            if (act == NormGate::Swish) y[row + i] *= gate[row + i] * sigmoid(gate[row + i]);
        }
    }
    return y;
}

template <class Product>
void check_norm(const Set& set, std::size_t rows, std::size_t width, NormGate act, bool adds) {
    SCOPED_TRACE(set.name + " " + std::to_string(rows) + "x" + std::to_string(width) + (adds ? " add" : "")
                 + " act " + std::to_string(static_cast<int>(act)));
    Random random(rows * 131 + width);
    const auto x = draw<float>(rows * width, random), weight = draw<float>(width, random);
    const auto add = draw<Product>(rows * width, random), gate = draw<Product>(rows * width, random, 3);
    const auto d_out = draw<Product>(rows * width, random);
    const auto d_sum = draw<float>(rows * width, random);
    std::vector<float> sum(x.size()), inverse(rows), d_x(x.size()), d_weight(width);
    std::vector<Product> out(x.size()), d_add(x.size()), d_gate(x.size());
    RmsNormArgs<Product> a;
    a.rows = static_cast<std::int64_t>(rows);
    a.width = static_cast<std::int64_t>(width);
    a.eps = 1e-5F;
    a.x = x.data();
    a.weight = weight.data();
    a.out = out.data();
    a.inverse = inverse.data();
    a.act = act;
    if (act != NormGate::None) a.gate = gate.data();
    if (adds) {
        a.add = add.data();
        a.sum = sum.data();
    }
    table<Product>(set).rms_norm(a);
    std::vector<double> s = exact(x);
    if (adds) {
        for (std::size_t i = 0; i < s.size(); ++i)
            s[i] += value(add[i]);
        expect_near(sum, s, 1e-6, 0, "sum");
    }
    const auto w = exact(weight), z = exact(gate);
    expect_near(out, norm_formula(s, w, z, act, a.eps), 1e-6, kRounding<Product>, "out");

    RmsNormBackwardArgs<Product> b;
    b.forward = a;
    if (adds) b.forward.x = sum.data();
    b.d_out = d_out.data();
    b.d_x = d_x.data();
    b.d_weight = d_weight.data();
    if (adds) {
        b.d_sum = d_sum.data();
        b.d_add = d_add.data();
    }
    if (act != NormGate::None) b.d_gate = d_gate.data();
    table<Product>(set).rms_norm_backward(b);
    const auto d = exact(d_out);
    auto d_s = numeric_gradient(s, [&](const auto& v) { return dot(d, norm_formula(v, w, z, act, a.eps)); });
    if (adds) {
        for (std::size_t i = 0; i < d_s.size(); ++i)
            d_s[i] += value(d_sum[i]);
        expect_near(d_add, d_s, 1e-5, kRounding<Product>, "d_add");
    }
    expect_near(d_x, d_s, 1e-5, 0, "d_x");
    expect_near(d_weight,
                numeric_gradient(w, [&](const auto& v) { return dot(d, norm_formula(s, v, z, act, a.eps)); }),
                1e-5, 0, "d_weight");
    if (act != NormGate::None) {
        expect_near(
            d_gate,
            numeric_gradient(z, [&](const auto& v) { return dot(d, norm_formula(s, w, v, act, a.eps)); }),
            1e-5, kRounding<Product>, "d_gate");
    }
}

TEST(RmsNorm, AgreesWithTheFormulaAndItsDerivatives) {
    for (const Set& set : instruction_sets()) {
        for (const NormGate act : {NormGate::None, NormGate::Swish, NormGate::Sigmoid}) {
            for (const bool adds : {false, true}) {
                check_norm<float>(set, 3, 37, act, adds);
                check_norm<float>(set, 1, 3, act, adds);
                check_norm<float>(set, 130, 5, act, adds);
                check_norm<Bf16>(set, 5, 48, act, adds);
            }
        }
    }
}

// x and the sum in bfloat16: what is normalised is the rounded sum.
void check_norm_of_half(const Set& set, std::size_t rows, std::size_t width, NormGate act, bool adds) {
    SCOPED_TRACE(set.name + " " + std::to_string(rows) + "x" + std::to_string(width) + (adds ? " add" : ""));
    Random random(rows * 7 + width);
    const auto x = draw<Bf16>(rows * width, random), add = draw<Bf16>(rows * width, random), gate = draw<Bf16>(rows * width, random, 3);
    const auto weight = draw<float>(width, random);
    std::vector<Bf16> sum(x.size()), out(x.size());
    std::vector<float> inverse(rows);
    RmsNormArgs<Bf16, Bf16> a;
    a.rows = static_cast<std::int64_t>(rows);
    a.width = static_cast<std::int64_t>(width);
    a.x = x.data();
    a.weight = weight.data();
    a.out = out.data();
    a.inverse = inverse.data();
    a.act = act;
    if (act != NormGate::None) a.gate = gate.data();
    if (adds) {
        a.add = add.data();
        a.sum = sum.data();
    }
    set.tables->rms_norm_of_half(a);
    std::vector<double> s = exact(x);
    if (adds) {
        for (std::size_t i = 0; i < s.size(); ++i)
            s[i] += value(add[i]);
        expect_near(sum, s, 0, std::ldexp(1, -8), "sum");
        s = exact(sum);
    }
    expect_near(out, norm_formula(s, exact(weight), exact(gate), act, a.eps), 1e-6, kRounding<Bf16>, "out");
    for (std::size_t row = 0; row < rows; ++row) {
        double square = 0;
        for (std::size_t i = row * width; i < (row + 1) * width; ++i)
            square += s[i] * s[i];
        EXPECT_NEAR(inverse[row] * std::sqrt(square / static_cast<double>(width) + a.eps), 1, 1e-5);
    }
}

TEST(RmsNorm, TakesAStreamInBFloat16) {
    for (const Set& set : instruction_sets()) {
        for (const NormGate act : {NormGate::None, NormGate::Swish, NormGate::Sigmoid}) {
            for (const bool adds : {false, true}) {
                check_norm_of_half(set, 3, 37, act, adds);
                check_norm_of_half(set, 131, 64, act, adds);
                check_norm_of_half(set, 1, 1, act, adds);
            }
        }
    }
}

struct ConvCase {
    std::int64_t B = 1, T = 1, C = 1, W = 4, norm = 0;
    bool silu = true, tail = false;
};

std::vector<double> conv_formula(const ConvCase& c, const std::vector<double>& x,
                                 const std::vector<double>& tail, const std::vector<double>& weight,
                                 double eps) {
    std::vector<double> y(x.size());
    for (std::int64_t b = 0; b < c.B; ++b) {
        for (std::int64_t t = 0; t < c.T; ++t) {
            double* row = y.data() + (b * c.T + t) * c.C;
            for (std::int64_t i = 0; i < c.C; ++i) {
                double sum = 0;
                for (std::int64_t j = 0; j < c.W; ++j) {
                    const std::int64_t s = t - c.W + 1 + j;
                    const double input =
                        s >= 0   ? x[static_cast<std::size_t>((b * c.T + s) * c.C + i)]
                        : c.tail ? tail[static_cast<std::size_t>((b * (c.W - 1) + c.W - 1 + s) * c.C + i)]
                                 : 0;
                    sum += weight[static_cast<std::size_t>(i * c.W + j)] * input;
                }
                row[i] = c.silu ? sum * sigmoid(sum) : sum;
            }
            for (std::int64_t first = 0; c.norm > 0 && first < c.C; first += c.norm) {
                double square = 0;
                for (std::int64_t i = first; i < first + c.norm; ++i)
                    square += row[i] * row[i];
                for (std::int64_t i = first; i < first + c.norm; ++i)
                    row[i] /= std::sqrt(square + eps);
            }
        }
    }
    return y;
}

template <class Product>
void check_conv(const Set& set, const ConvCase& c) {
    SCOPED_TRACE(set.name + " B" + std::to_string(c.B) + " T" + std::to_string(c.T) + " C"
                 + std::to_string(c.C) + " W" + std::to_string(c.W));
    Random random(static_cast<std::uint64_t>(c.T * 100 + c.C));
    const std::int64_t stride = c.C + 5;  // the columns lie in a wider matrix
    const auto wide = draw<Product>(static_cast<std::size_t>(c.B * c.T * stride), random);
    const auto tail = draw<Product>(static_cast<std::size_t>(c.B * (c.W - 1) * c.C), random);
    const auto weight = draw<float>(static_cast<std::size_t>(c.C * c.W), random, 0.5);
    const auto d_out = draw<float>(static_cast<std::size_t>(c.B * c.T * c.C), random);
    std::vector<float> out(d_out.size()), d_weight(weight.size());
    std::vector<Product> d_wide(wide.size());
    for (Product& x : d_wide)
        assign(x, 9);
    const auto columns = [&](const std::vector<Product>& from) {
        std::vector<Product> x;
        for (std::int64_t row = 0; row < c.B * c.T; ++row)
            x.insert(x.end(), from.begin() + row * stride + 2, from.begin() + row * stride + 2 + c.C);
        return x;
    };
    ShortConvArgs<Product> a;
    a.B = c.B;
    a.T = c.T;
    a.C = c.C;
    a.W = c.W;
    a.stride = stride;
    a.x = wide.data() + 2;
    a.weight = weight.data();
    a.silu = c.silu;
    a.norm_width = c.norm;
    a.out = out.data();
    if (c.tail) {
        a.tail = tail.data();
        a.tail_stride = c.C;
    }
    table<Product>(set).short_conv(a);
    const auto x = exact(columns(wide)), before = exact(tail), w = exact(weight), d = exact(d_out);
    expect_near(out, conv_formula(c, x, before, w, a.eps), 1e-6, 0, "out");
    if (c.tail) return;
    ShortConvBackwardArgs<Product> b;
    b.forward = a;
    b.d_out = d_out.data();
    b.d_x = d_wide.data() + 2;
    b.d_weight = d_weight.data();
    table<Product>(set).short_conv_backward(b);
    expect_near(
        columns(d_wide),
        numeric_gradient(x, [&](const auto& v) { return dot(d, conv_formula(c, v, before, w, a.eps)); }),
        2e-5, kRounding<Product>, "d_x");
    expect_near(
        d_weight,
        numeric_gradient(w, [&](const auto& v) { return dot(d, conv_formula(c, x, before, v, a.eps)); }),
        2e-5, 0, "d_weight");
    EXPECT_EQ(value(d_wide[0]), 9) << "a column of somebody else was written";
    EXPECT_EQ(value(d_wide.back()), 9);
}

TEST(ShortConv, AgreesWithTheFormulaAndItsDerivatives) {
    for (const Set& set : instruction_sets()) {
        check_conv<float>(set, {2, 9, 20, 4, 5, true, false});
        check_conv<float>(set, {1, 70, 6, 4, 3, true, false});  // more than one piece
        check_conv<float>(set, {2, 3, 18, 4, 0, true, false});
        check_conv<float>(set, {1, 1, 1, 4, 0, false, false});
        check_conv<float>(set, {1, 5, 8, 3, 4, false, false});
        check_conv<float>(set, {1, 5, 8, 1, 0, false, false});
        check_conv<float>(set, {2, 6, 8, 4, 4, true, true});
        check_conv<float>(set, {2, 1, 8, 2, 4, true, true});
        check_conv<Bf16>(set, {2, 9, 20, 4, 5, true, false});
        check_conv<Bf16>(set, {1, 4, 33, 4, 0, true, true});
    }
}

template <class Product>
void check_swiglu(const Set& set, std::size_t rows, std::size_t width) {
    SCOPED_TRACE(set.name);
    Random random(width);
    const auto x = draw<Product>(rows * 2 * width, random, 3);
    const auto d_out = draw<Product>(rows * width, random);
    std::vector<Product> out(rows * width), d_x(x.size());
    const auto formula = [&](const std::vector<double>& v) {
        std::vector<double> y;
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t i = 0; i < width; ++i) {
                const double z = v[row * 2 * width + i];
                y.push_back(z * sigmoid(z) * v[row * 2 * width + width + i]);
            }
        }
        return y;
    };
    const auto r = static_cast<std::int64_t>(rows), w = static_cast<std::int64_t>(width);
    table<Product>(set).swiglu(r, w, x.data(), out.data());
    expect_near(out, formula(exact(x)), 1e-6, kRounding<Product>, "out");
    table<Product>(set).swiglu_backward(r, w, x.data(), d_out.data(), d_x.data());
    expect_near(d_x, numeric_gradient(exact(x), [&](const auto& v) { return dot(exact(d_out), formula(v)); }),
                1e-5, kRounding<Product>, "d_x");
}

TEST(Swiglu, AgreesWithTheFormulaAndItsDerivatives) {
    for (const Set& set : instruction_sets()) {
        check_swiglu<float>(set, 3, 41);
        check_swiglu<Bf16>(set, 3, 41);
    }
}

TEST(Swiglu, IsExactFarFromZeroAndKeepsNaN) {
    for (const Set& set : instruction_sets()) {
        const std::vector<float> x{100, -100, 1e30F, -1e30F, NAN, 1, 1, 1, 1, 1};
        std::vector<float> out(5);
        set.tables->single.swiglu(1, 5, x.data(), out.data());
        EXPECT_EQ(out[0], 100) << set.name;
        EXPECT_NEAR(out[1], 0, 1e-30) << set.name;
        EXPECT_EQ(out[2], 1e30F) << set.name;
        EXPECT_TRUE(std::abs(out[3]) <= 1e-6F) << set.name;
        EXPECT_TRUE(std::isnan(out[4])) << set.name;
    }
}

TEST(LayerOperations, TheNumberOfThreadsChangesNothing) {
    Random random(1);
    const std::int64_t rows = 1000, width = 24;
    const auto x = draw<float>(static_cast<std::size_t>(rows * width), random),
               weight = draw<float>(24, random);
    const auto d_out = draw<float>(x.size(), random);
    std::vector<std::vector<float>> results;
    for (const int count : {1, 2, 3}) {
        set_threads(count);
        std::vector<float> out(x.size()), inverse(1000), d_x(x.size()), d_weight(24);
        RmsNormBackwardArgs<float> b;
        b.forward = {rows,          width,   1e-6F,          x.data(),   nullptr,       nullptr,
                     weight.data(), nullptr, NormGate::None, out.data(), inverse.data()};
        rms_norm(b.forward);
        b.d_out = d_out.data();
        b.d_x = d_x.data();
        b.d_weight = d_weight.data();
        rms_norm_backward(b);
        out.insert(out.end(), d_x.begin(), d_x.end());
        out.insert(out.end(), d_weight.begin(), d_weight.end());
        results.push_back(out);
    }
    set_threads(0);
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(results[0], results[2]);
}

}  // namespace
}  // namespace rankscope::kernels
