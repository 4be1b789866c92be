// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cpu/arithmetic.hpp"
#include "kernels/parallel.hpp"
#include "kernels/rms_norm.hpp"

#include <cmath>
#include <vector>

namespace rankscope::kernels::RANKSCOPE_SIMD {

// Rows of one piece of work: partial sums over rows are formed per piece, so they do not depend on the
// threads.
constexpr std::int64_t kNormRows = 128;

struct Activated {
    float value, slope;
};

template <NormGate kAct>
Activated activated(float z) {
    if constexpr (kAct == NormGate::None) return {1.0F, 0.0F};
    const float s = sigmoid(z);
    if constexpr (kAct == NormGate::Sigmoid) return {s, s * (1.0F - s)};
    return {z * s, s * (1.0F + z * (1.0F - s))};
}

template <NormGate kAct, class Product, class Stream>
void norm_rows(const RmsNormArgs<Product, Stream>& a, std::int64_t begin, std::int64_t end) {
    const std::int64_t width = a.width;
    const float* weight = a.weight;
    for (std::int64_t row = begin; row < end; ++row) {
        const Stream* x = a.x + row * width;
        if (a.add != nullptr) {
            const Product* add = a.add + row * width;
            Stream* sum = a.sum + row * width;
#pragma omp simd
            for (std::int64_t i = 0; i < width; ++i)
                put(sum[i], to_float(x[i]) + to_float(add[i]));
            x = sum;
        }
        float square = 0;
#pragma omp simd reduction(+ : square)
        for (std::int64_t i = 0; i < width; ++i)
            square += to_float(x[i]) * to_float(x[i]);
        const float inverse = 1.0F / std::sqrt(square / static_cast<float>(width) + a.eps);
        if (a.inverse != nullptr) a.inverse[row] = inverse;
        Product* out = a.out + row * width;
        const Product* gate = a.gate + (kAct == NormGate::None ? 0 : row * width);
#pragma omp simd
        for (std::int64_t i = 0; i < width; ++i) {
            float y = to_float(x[i]) * inverse * weight[i];
            if constexpr (kAct != NormGate::None) y *= activated<kAct>(to_float(gate[i])).value;
            put(out[i], y);
        }
    }
}

template <NormGate kAct, class Product>
void norm_rows_backward(const RmsNormBackwardArgs<Product>& b, std::int64_t begin, std::int64_t end,
                        float* d_weight) {
    const RmsNormArgs<Product>& a = b.forward;
    const std::int64_t width = a.width;
    const float* weight = a.weight;
    for (std::int64_t row = begin; row < end; ++row) {
        const float* x = a.x + row * width;
        const Product* d_out = b.d_out + row * width;
        const Product* gate = a.gate + (kAct == NormGate::None ? 0 : row * width);
        Product* d_gate = b.d_gate + (kAct == NormGate::None ? 0 : row * width);
        float* d_x = b.d_x + row * width;
        const float r = a.inverse[row];
        float dot = 0;
#pragma omp simd reduction(+ : dot)
        for (std::int64_t i = 0; i < width; ++i) {
            const float d = to_float(d_out[i]);
            const float y = x[i] * r;
            float through = d * weight[i];
            float w = d * y;
            if constexpr (kAct != NormGate::None) {
                const Activated act = activated<kAct>(to_float(gate[i]));
                put(d_gate[i], through * y * act.slope);
                through *= act.value;
                w *= act.value;
            }
            d_weight[i] += w;
            d_x[i] = through;
            dot += through * y;
        }
        const float mean = dot / static_cast<float>(width);
        if (b.d_sum != nullptr) {
            const float* d_sum = b.d_sum + row * width;
#pragma omp simd
            for (std::int64_t i = 0; i < width; ++i)
                d_x[i] = r * (d_x[i] - x[i] * r * mean) + d_sum[i];
        } else {
#pragma omp simd
            for (std::int64_t i = 0; i < width; ++i)
                d_x[i] = r * (d_x[i] - x[i] * r * mean);
        }
        if (b.d_add != nullptr) {
            Product* d_add = b.d_add + row * width;
#pragma omp simd
            for (std::int64_t i = 0; i < width; ++i)
                put(d_add[i], d_x[i]);
        }
    }
}

template <class Product, class Stream>
void rms_norm(const RmsNormArgs<Product, Stream>& a) {
    const std::int64_t pieces = (a.rows + kNormRows - 1) / kNormRows;
    parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        const std::int64_t first = begin * kNormRows, last = std::min(a.rows, end * kNormRows);
        switch (a.act) {
            case NormGate::None:
                norm_rows<NormGate::None>(a, first, last);
                break;
            case NormGate::Swish:
                norm_rows<NormGate::Swish>(a, first, last);
                break;
            case NormGate::Sigmoid:
                norm_rows<NormGate::Sigmoid>(a, first, last);
                break;
        }
    });
}

template <class Product>
void rms_norm_backward(const RmsNormBackwardArgs<Product>& b) {
    const RmsNormArgs<Product>& a = b.forward;
    const std::int64_t pieces = (a.rows + kNormRows - 1) / kNormRows;
    std::vector<float> partial(static_cast<std::size_t>(pieces * a.width), 0.0F);
    parallel_for(pieces, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
            const std::int64_t first = piece * kNormRows, last = std::min(a.rows, first + kNormRows);
            float* sums = partial.data() + piece * a.width;
            switch (a.act) {
                case NormGate::None:
                    norm_rows_backward<NormGate::None>(b, first, last, sums);
                    break;
                case NormGate::Swish:
                    norm_rows_backward<NormGate::Swish>(b, first, last, sums);
                    break;
                case NormGate::Sigmoid:
                    norm_rows_backward<NormGate::Sigmoid>(b, first, last, sums);
                    break;
            }
        }
    });
    std::fill(b.d_weight, b.d_weight + a.width, 0.0F);
    for (std::int64_t piece = 0; piece < pieces; ++piece) {
        const float* sums = partial.data() + piece * a.width;
#pragma omp simd
        for (std::int64_t i = 0; i < a.width; ++i)
            b.d_weight[i] += sums[i];
    }
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
