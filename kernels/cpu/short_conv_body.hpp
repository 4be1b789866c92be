// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/arithmetic.hpp"
#include "kernels/parallel.hpp"
#include "kernels/short_conv.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace rankscope::kernels::RANKSCOPE_SIMD {

// Tokens of one piece of work: partial sums over tokens are formed per piece, so they do not depend on the
// threads.
constexpr std::int64_t kConvTokens = 64;

template <class Product>
class ConvRows {
public:
    explicit ConvRows(const ShortConvArgs<Product>& args)
        : a_(args), taps_(static_cast<std::size_t>(a_.C * a_.W)), zeros_(static_cast<std::size_t>(a_.C)) {
        for (std::int64_t c = 0; c < a_.C; ++c) {
            for (std::int64_t j = 0; j < a_.W; ++j)
                taps_[static_cast<std::size_t>(j * a_.C + c)] = a_.weight[c * a_.W + j];
        }
    }

    /// Weights of tap j, [C].
    [[nodiscard]] const float* tap(std::int64_t j) const { return taps_.data() + j * a_.C; }

    /// x of token t of row b; before time 0 the tail or zeros.
    [[nodiscard]] const Product* input(std::int64_t b, std::int64_t t) const {
        if (t >= 0) return a_.x + (b * a_.T + t) * a_.stride;
        if (a_.tail != nullptr) return a_.tail + (b * (a_.W - 1) + a_.W - 1 + t) * a_.tail_stride;
        return zeros_.data();
    }

    void convolve(std::int64_t b, std::int64_t t, float* out) const {
        const std::int64_t C = a_.C;
        if (a_.W == 4) {
            const Product *x0 = input(b, t - 3), *x1 = input(b, t - 2), *x2 = input(b, t - 1),
                          *x3 = input(b, t);
            const float *w0 = tap(0), *w1 = tap(1), *w2 = tap(2), *w3 = tap(3);
#pragma omp simd
            for (std::int64_t c = 0; c < C; ++c) {
                out[c] = w0[c] * to_float(x0[c]) + w1[c] * to_float(x1[c]) + w2[c] * to_float(x2[c])
                         + w3[c] * to_float(x3[c]);
            }
            return;
        }
        std::fill(out, out + C, 0.0F);
        for (std::int64_t j = 0; j < a_.W; ++j) {
            const Product* x = input(b, t - a_.W + 1 + j);
            const float* w = tap(j);
#pragma omp simd
            for (std::int64_t c = 0; c < C; ++c)
                out[c] += w[c] * to_float(x[c]);
        }
    }

private:
    const ShortConvArgs<Product>& a_;
    std::vector<float> taps_;  // [W][C]
    std::vector<Product> zeros_;
};

template <class Product>
void short_conv(const ShortConvArgs<Product>& a) {
    const ConvRows<Product> rows(a);
    parallel_for(a.B * a.T, kConvTokens, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            float* y = a.out + i * a.C;
            rows.convolve(i / a.T, i % a.T, y);
            if (a.silu) {
#pragma omp simd
                for (std::int64_t c = 0; c < a.C; ++c)
                    y[c] *= sigmoid(y[c]);
            }
            for (std::int64_t first = 0; a.norm_width > 0 && first < a.C; first += a.norm_width) {
                float* head = y + first;
                float square = 0;
#pragma omp simd reduction(+ : square)
                for (std::int64_t c = 0; c < a.norm_width; ++c)
                    square += head[c] * head[c];
                const float inverse = 1.0F / std::sqrt(square + a.eps);
#pragma omp simd
                for (std::int64_t c = 0; c < a.norm_width; ++c)
                    head[c] *= inverse;
            }
        }
    });
}

// Gradient of one token before the convolution: `c` holds the convolved values and becomes dL/dc. `scratch`
// [C].
template <class Product>
void conv_token_backward(const ShortConvArgs<Product>& a, const float* d_out, float* c, float* scratch) {
    if (a.norm_width == 0) {
        if (a.silu) {
#pragma omp simd
            for (std::int64_t i = 0; i < a.C; ++i) {
                const float s = sigmoid(c[i]);
                c[i] = d_out[i] * s * (1.0F + c[i] * (1.0F - s));
            }
        } else {
            std::copy(d_out, d_out + a.C, c);
        }
        return;
    }
    for (std::int64_t first = 0; first < a.C; first += a.norm_width) {
        float* z = c + first;
        float* slope = scratch + first;
        const float* d = d_out + first;
        float square = 0, dot = 0;
        if (a.silu) {
#pragma omp simd reduction(+ : square, dot)
            for (std::int64_t i = 0; i < a.norm_width; ++i) {
                const float s = sigmoid(z[i]);
                slope[i] = s * (1.0F + z[i] * (1.0F - s));
                z[i] *= s;
                square += z[i] * z[i];
                dot += z[i] * d[i];
            }
        } else {
#pragma omp simd reduction(+ : square, dot)
            for (std::int64_t i = 0; i < a.norm_width; ++i) {
                slope[i] = 1.0F;
                square += z[i] * z[i];
                dot += z[i] * d[i];
            }
        }
        const float inverse = 1.0F / std::sqrt(square + a.eps);
        const float along = dot * inverse * inverse;
#pragma omp simd
        for (std::int64_t i = 0; i < a.norm_width; ++i)
            z[i] = inverse * (d[i] - z[i] * along) * slope[i];
    }
}

template <class Product>
void short_conv_backward(const ShortConvBackwardArgs<Product>& b) {
    const ShortConvArgs<Product>& a = b.forward;
    const ConvRows<Product> rows(a);
    const std::int64_t per_row = (a.T + kConvTokens - 1) / kConvTokens, pieces = a.B * per_row, C = a.C,
                       W = a.W;
    std::vector<float> partial(static_cast<std::size_t>(pieces * W * C), 0.0F);
    parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        // dL/dc of the piece's tokens and of the W-1 behind them, which read the piece's inputs too.
        std::vector<float> d_c(static_cast<std::size_t>((kConvTokens + W - 1) * C)),
            scratch(static_cast<std::size_t>(C));
        for (std::int64_t piece = begin; piece < end; ++piece) {
            const std::int64_t row = piece / per_row, first = piece % per_row * kConvTokens;
            const std::int64_t last = std::min(a.T, first + kConvTokens), reach = std::min(a.T, last + W - 1);
            const auto gradient = [&](std::int64_t t) { return d_c.data() + (t - first) * C; };
            for (std::int64_t t = first; t < reach; ++t) {
                rows.convolve(row, t, gradient(t));
                conv_token_backward(a, b.d_out + (row * a.T + t) * C, gradient(t), scratch.data());
            }
            float* sums = partial.data() + piece * W * C;
            for (std::int64_t t = first; t < last; ++t) {
                for (std::int64_t j = 0; j < W; ++j) {
                    const Product* x = rows.input(row, t - W + 1 + j);
                    const float* d = gradient(t);
                    float* sum = sums + j * C;
#pragma omp simd
                    for (std::int64_t c = 0; c < C; ++c)
                        sum[c] += d[c] * to_float(x[c]);
                }
                float* total = scratch.data();
                std::fill(scratch.begin(), scratch.end(), 0.0F);
                for (std::int64_t j = 0; j < W; ++j) {
                    const std::int64_t later = t + W - 1 - j;
                    if (later >= reach) continue;
                    const float *d = gradient(later), *w = rows.tap(j);
#pragma omp simd
                    for (std::int64_t c = 0; c < C; ++c)
                        total[c] += w[c] * d[c];
                }
                Product* d_x = b.d_x + (row * a.T + t) * a.stride;
#pragma omp simd
                for (std::int64_t c = 0; c < C; ++c)
                    put(d_x[c], total[c]);
            }
        }
    });
    std::vector<float> taps(static_cast<std::size_t>(W * C), 0.0F);
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
        const float* sums = partial.data() + piece * W * C;
#pragma omp simd
        for (std::int64_t i = 0; i < W * C; ++i)
            taps[static_cast<std::size_t>(i)] += sums[i];
    }
    for (std::int64_t c = 0; c < C; ++c) {
        for (std::int64_t j = 0; j < W; ++j)
            b.d_weight[c * W + j] = taps[static_cast<std::size_t>(j * C + c)];
    }
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
