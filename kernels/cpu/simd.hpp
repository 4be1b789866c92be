// SPDX-License-Identifier: Apache-2.0
// Vectors of RANKSCOPE_LANES floats through the compiler's vector extension: one source for every instruction set. The
// including file defines RANKSCOPE_LANES and RANKSCOPE_SIMD (a namespace of its own: the same function compiled for two
// instruction sets must never be merged by the linker).
#pragma once

#include <cstdint>
#include <cstring>

// Before a loop whose trips are the rows or vectors of a register block: only when it is gone do they live in registers.
#define RANKSCOPE_UNROLL _Pragma("GCC unroll 16")

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr int kLanes = RANKSCOPE_LANES;

typedef float Vec __attribute__((vector_size(RANKSCOPE_LANES * 4)));
typedef std::int32_t Mask __attribute__((vector_size(RANKSCOPE_LANES * 4)));

inline Vec load(const float* p) {
    Vec v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

inline void store(float* p, Vec v) {
    std::memcpy(p, &v, sizeof v);
}

#if defined(__SSE2__)
constexpr bool kStoresPastCaches = true;

/// To p, which is aligned to a vector, without a line in any cache; other threads see it after order_stores().
inline void store_past_caches(float* p, Vec v) {
#if RANKSCOPE_LANES == 16 && defined(__AVX512F__)
    __builtin_ia32_movntps512(p, v);
#else
    typedef float Quarter __attribute__((vector_size(16)));
    Quarter parts[kLanes / 4];
    std::memcpy(parts, &v, sizeof v);
    for (int i = 0; i < kLanes / 4; ++i) __builtin_ia32_movntps(p + 4 * i, parts[i]);
#endif
}

inline void order_stores() {
    __builtin_ia32_sfence();
}
#else
constexpr bool kStoresPastCaches = false;

inline void store_past_caches(float* p, Vec v) {
    store(p, v);
}

inline void order_stores() {}
#endif

/// x as it is rounded: a product that is not fused with a sum it goes into. Of two products in a sum the compiler may fuse either, and
/// not the same one in every copy of the code; where copies must agree to the bit, one is marked.
inline Vec rounded(Vec x) {
#if RANKSCOPE_LANES == 16 && defined(__AVX512F__)
    asm("" : "+v"(x));
#elif RANKSCOPE_LANES == 8 && defined(__AVX2__)
    asm("" : "+x"(x));
#endif
    return x;
}

inline Vec broadcast(float x) {
    return x - Vec{};
}

template <int kBlock>
inline Vec fold(Vec a, Vec b) {
    // Inside every block of kBlock lanes: the lower half gets a's two halves added, the upper half b's.
    Mask first, second;
    for (int i = 0; i < kLanes; ++i) {
        const bool lower = i % kBlock < kBlock / 2;
        first[i] = lower ? i : kLanes + i - kBlock / 2;
        second[i] = lower ? i + kBlock / 2 : kLanes + i;
    }
    return __builtin_shuffle(a, b, first) + __builtin_shuffle(a, b, second);
}

/// Lane r of the result is the sum over the lanes of rows[r]: a transposition and an addition in one.
template <int kBlock = kLanes>
inline Vec lane_sums(Vec* rows) {
    if constexpr (kBlock == 1) {
        return rows[0];
    } else {
        for (int r = 0; r < kBlock / 2; ++r) rows[r] = fold<kBlock>(rows[r], rows[r + kBlock / 2]);
        return lane_sums<kBlock / 2>(rows);
    }
}

inline float sum(Vec v) {
    float total = 0;
    for (int i = 0; i < kLanes; ++i) total += v[i];
    return total;
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
