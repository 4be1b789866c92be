// SPDX-License-Identifier: Apache-2.0
// Numbers of the tests as a device's elements.
#pragma once

#include "kernels/bf16.hpp"

#include "device_array.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace rankscope::kernels::testing {

inline std::uint16_t bf16_bits(float x) {
    const auto u = std::bit_cast<std::uint32_t>(x);
    return static_cast<std::uint16_t>((u + 0x7fffU + ((u >> 16) & 1U)) >> 16);
}

inline float bf16_value(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline Bf16 element_of(float x, Bf16) {
    return {bf16_bits(x)};
}

inline float element_of(float x, float) {
    return x;
}

inline float value_of(Bf16 x) {
    return bf16_value(x.bits);
}

inline float value_of(float x) {
    return x;
}

// What lies between rows: a NaN that no kernel writes.
inline bool is_gap(Bf16 x) {
    return x.bits == 0xffffU;
}

inline bool is_gap(float x) {
    return std::bit_cast<std::uint32_t>(x) == 0xffffffffU;
}

template <class Element>
Element gap_element() {
    if constexpr (sizeof(Element) == 4) {
        return std::bit_cast<float>(0xffffffffU);
    } else {
        return {0xffffU};
    }
}

// Rows of `width` numbers with a gap behind each but the last, in the device's element.
template <class Element>
DeviceArray<Element> rows_on_device(const std::vector<float>& values, std::int64_t width, std::int64_t gap, Side side) {
    const std::int64_t rows = std::ssize(values) / width, stride = width + gap;
    std::vector<Element> to(static_cast<std::size_t>(std::max<std::int64_t>(0, rows * stride - gap)), gap_element<Element>());
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < width; ++c)
            to[static_cast<std::size_t>(r * stride + c)] = element_of(values[static_cast<std::size_t>(r * width + c)], Element{});
    }
    return {to, side};
}

}  // namespace rankscope::kernels::testing
