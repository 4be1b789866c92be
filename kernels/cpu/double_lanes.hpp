// SPDX-License-Identifier: Apache-2.0
// Vectors of RANKSCOPE_DOUBLES doubles through the compiler's vector extension; one matrix lives in each lane. Everything has
// internal linkage, since each instruction set compiles these lines anew.
#pragma once

#include <cstdint>

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

constexpr int kDoubles = RANKSCOPE_DOUBLES;

typedef double Doubles __attribute__((vector_size(RANKSCOPE_DOUBLES * 8)));
typedef std::int64_t Flags __attribute__((vector_size(RANKSCOPE_DOUBLES * 8)));

inline Doubles all(double x) {
    return x - Doubles{};
}

inline Flags all_flags(std::int64_t x) {
    return x - Flags{};
}

inline Doubles larger(Doubles a, Doubles b) {
    return a > b ? a : b;
}

inline Doubles smaller(Doubles a, Doubles b) {
    return a < b ? a : b;
}

inline Doubles root(Doubles x) {
    Doubles y = x;
    for (int l = 0; l < kDoubles; ++l) y[l] = __builtin_sqrt(x[l]);
    return y;
}

inline Doubles magnitude(Doubles x) {
    return x < 0 ? -x : x;
}

}  // namespace
}  // namespace rankscope::kernels::RANKSCOPE_SIMD
