// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/shim/emulator.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace rankscope::simt::emulator {
namespace {

constexpr int kTogether = 8;   // products of one addition
constexpr int kExtraBits = 1;  // behind the last of float32's 24, where summands are cut off
constexpr int kNone = -10000;  // exponent of zero

// significand · 2^(exponent − bits + 1), |significand| < 2^bits.
struct Number {
    int significand, exponent;
};

Number float_parts(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    const int field = static_cast<int>(bits >> 23 & 0xffU), low = static_cast<int>(bits & 0x7fffffU);
    const int significand = field > 0 ? low | 0x800000 : low;
    return {bits >> 31 != 0 ? -significand : significand, significand == 0 ? kNone : std::max(field, 1) - 127};
}

// 8 bits.
Number bfloat16_parts(float x) {
    const Number parts = float_parts(x);
    return {parts.significand / 65536, parts.exponent};
}

int cut_off(int x, int places) {
    const int magnitude = places > 30 ? 0 : std::abs(x) >> places;
    return x < 0 ? -magnitude : magnitude;
}

// x · 2^exponent, |x| < 2^24.
float scaled(int x, int exponent) {
    if (exponent < -126 || exponent > 103) return static_cast<float>(std::ldexp(static_cast<double>(x), exponent));
    return static_cast<float>(x) * std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
}

float add(float sum, const Number* a, const Number* b) {
    int products[kTogether], exponents[kTogether];
    const Number start = float_parts(sum);
    int largest = start.exponent;
    for (int k = 0; k < kTogether; ++k) {
        products[k] = a[k].significand * b[k].significand;
        exponents[k] = a[k].exponent + b[k].exponent;
        largest = std::max(largest, exponents[k]);
    }
    if (largest < kNone / 2) return sum;
    // In units of 2^(largest − 23 − kExtraBits). A product of two significands has 14 bits behind the point.
    int total = cut_off(start.significand << kExtraBits, largest - start.exponent);
    for (int k = 0; k < kTogether; ++k)
        total += cut_off(products[k] << (23 + kExtraBits - 14), largest - exponents[k]);
    const int surplus = std::max(0, static_cast<int>(std::bit_width(static_cast<unsigned>(std::abs(total)))) - 24);
    return scaled(cut_off(total, surplus), largest - 23 - kExtraBits + surplus);
}

}  // namespace

void multiply_tile(float (&sum)[16][8], const float (&left)[16][16], const float (&right)[16][8]) {
    Number a[16][16], b[8][16];
    bool finite = true;
    for (int i = 0; i < 16; ++i) {
        for (int k = 0; k < 16; ++k) {
            finite = finite && std::isfinite(left[i][k]);
            a[i][k] = bfloat16_parts(left[i][k]);
        }
        for (int j = 0; j < 8; ++j) {
            finite = finite && std::isfinite(right[i][j]) && std::isfinite(sum[i][j]);
            b[j][i] = bfloat16_parts(right[i][j]);
        }
    }
    for (int i = 0; i < 16; ++i) {
        for (int j = 0; j < 8; ++j) {
            float& to = sum[i][j];
            for (int k = 0; k < 16; k += finite ? kTogether : 1)
                to = finite ? add(to, &a[i][k], &b[j][k]) : to + left[i][k] * right[k][j];
        }
    }
}

}  // namespace rankscope::simt::emulator
