// SPDX-License-Identifier: Apache-2.0
// What element-wise kernels share: neighbouring numbers as float32, read and written at once where they are aligned to their joint size,
// and the functions of gates.
#pragma once

#include "kernels/cuda/mma.cuh"

#include <cmath>
#include <cstdint>

namespace rankscope::cuda {

struct alignas(8) Words2 {
    std::uint32_t x, y;
};

struct alignas(16) Words4 {
    std::uint32_t x, y, z, w;
};

/// x = four neighbours at `from`, aligned to four elements.
RANKSCOPE_DEVICE void load_whole(const float* from, float (&x)[4]) {
    const auto v = *simt::whole<simt::Float4>(from);
    x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w;
}

RANKSCOPE_DEVICE void load_whole(const Bf16* from, float (&x)[4]) {
    const auto v = *simt::whole<Words2>(from);
    x[0] = first_of(v.x), x[1] = second_of(v.x), x[2] = first_of(v.y), x[3] = second_of(v.y);
}

/// Eight neighbours, aligned to 16 bytes.
RANKSCOPE_DEVICE void load_whole(const float* from, float (&x)[8]) {
    const auto v = *simt::whole<simt::Float4>(from), w = *simt::whole<simt::Float4>(from + 4);
    x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w, x[4] = w.x, x[5] = w.y, x[6] = w.z, x[7] = w.w;
}

RANKSCOPE_DEVICE void load_whole(const Bf16* from, float (&x)[8]) {
    const auto v = *simt::whole<Words4>(from);
    x[0] = first_of(v.x), x[1] = second_of(v.x), x[2] = first_of(v.y), x[3] = second_of(v.y);
    x[4] = first_of(v.z), x[5] = second_of(v.z), x[6] = first_of(v.w), x[7] = second_of(v.w);
}

RANKSCOPE_DEVICE void store_whole(float* to, const float (&x)[4]) {
    *simt::whole<simt::Float4>(to) = {x[0], x[1], x[2], x[3]};
}

RANKSCOPE_DEVICE void store_whole(Bf16* to, const float (&x)[4]) {
    *simt::whole<Words2>(to) = {pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3])};
}

RANKSCOPE_DEVICE void store_whole(float* to, const float (&x)[8]) {
    *simt::whole<simt::Float4>(to) = {x[0], x[1], x[2], x[3]};
    *simt::whole<simt::Float4>(to + 4) = {x[4], x[5], x[6], x[7]};
}

RANKSCOPE_DEVICE void store_whole(Bf16* to, const float (&x)[8]) {
    *simt::whole<Words4>(to) = {pack_bf16(x[0], x[1]), pack_bf16(x[2], x[3]), pack_bf16(x[4], x[5]), pack_bf16(x[6], x[7])};
}

template <class Element>
RANKSCOPE_DEVICE void load_whole(const Element* from, float (&x)[1]) {
    x[0] = to_float(*from);
}

template <class Element>
RANKSCOPE_DEVICE void store_whole(Element* to, const float (&x)[1]) {
    put(*to, x[0]);
}

/// The first `count` of up to four neighbours, zeros behind them; `whole`: they are aligned to four elements.
template <class Element>
RANKSCOPE_DEVICE void load_some(const Element* from, int count, bool whole, float (&x)[4]) {
    if (whole && count == 4) {
        load_whole(from, x);
        return;
    }
    RANKSCOPE_UNROLLED
    for (int i = 0; i < 4; ++i) x[i] = i < count ? to_float(from[i]) : 0.0F;
}

template <class Element>
RANKSCOPE_DEVICE void store_some(Element* to, int count, bool whole, const float (&x)[4]) {
    if (whole && count == 4) {
        store_whole(to, x);
        return;
    }
    RANKSCOPE_UNROLLED
    for (int i = 0; i < 4; ++i) {
        if (i < count) put(to[i], x[i]);
    }
}

/// Without overflow for any z: e^∞ makes a zero.
RANKSCOPE_DEVICE float sigmoid(float z) {
    return 1.0F / (1.0F + expf(-z));
}

}  // namespace rankscope::cuda
