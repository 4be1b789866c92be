// SPDX-License-Identifier: Apache-2.0
// Scalar building blocks that compilers turn into vector code inside `omp simd` loops. The including file
// defines RANKSCOPE_SIMD, a namespace for each instruction set.
#pragma once

#include "kernels/bf16.hpp"

#include <bit>
#include <cstdint>

namespace rankscope::kernels::RANKSCOPE_SIMD {

inline float to_float(float x) {
    return x;
}

inline float to_float(Bf16 x) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16);
}

inline void put(float& to, float x) {
    to = x;
}

// Round to nearest, ties to even; NaN stays NaN.
inline void put(Bf16& to, float x) {
    const auto u = std::bit_cast<std::uint32_t>(x);
    const std::uint32_t rounded = (u + 0x7fffU + ((u >> 16) & 1U)) >> 16;
    to.bits = static_cast<std::uint16_t>(x == x ? rounded : 0x7fc0U);
}

// e^r for |r| <= ln 2 / 2, minimax polynomial; a float or a vector of them.
template <class Real>
inline Real exponential_near_zero(Real r) {
    Real p = r * 1.9875691500e-4F + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    return p * r * r + r + 1.0F;
}

// e^x within 2 ulp for -87 < x < 88, saturating outside: x = n ln 2 + r, |r| <= ln 2 / 2.
inline float exponential(float x) {
    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
    const float n = (x * 1.44269504F + kRound) - kRound;
    const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    return exponential_near_zero(r) * std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
}

inline float sigmoid(float x) {
    return 1.0F / (1.0F + exponential(-x));
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
