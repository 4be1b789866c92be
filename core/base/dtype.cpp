// SPDX-License-Identifier: Apache-2.0
#include "core/base/dtype.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

struct Entry {
    DType dtype;
    std::string_view name;
    std::size_t size;
    bool floating;
};

constexpr std::array<Entry, 15> kTypes{{{DType::Bool, "BOOL", 1, false},
                                        {DType::U8, "U8", 1, false},
                                        {DType::I8, "I8", 1, false},
                                        {DType::I16, "I16", 2, false},
                                        {DType::U16, "U16", 2, false},
                                        {DType::I32, "I32", 4, false},
                                        {DType::U32, "U32", 4, false},
                                        {DType::I64, "I64", 8, false},
                                        {DType::U64, "U64", 8, false},
                                        {DType::F16, "F16", 2, true},
                                        {DType::BF16, "BF16", 2, true},
                                        {DType::F32, "F32", 4, true},
                                        {DType::F64, "F64", 8, true},
                                        {DType::F8E4M3, "F8_E4M3", 1, true},
                                        {DType::F8E5M2, "F8_E5M2", 1, true}}};

const Entry& entry(DType dtype) noexcept {
    return kTypes[static_cast<std::size_t>(dtype)];
}

template <class T, class Convert>
void each(std::span<const std::byte> bytes, std::span<float> out, Convert convert) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        T value;
        std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
        out[i] = convert(value);
    }
}

template <class T, class Convert>
void each_back(std::span<const float> values, std::span<std::byte> out, Convert convert) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const T value = convert(values[i]);
        std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
    }
}

}  // namespace

std::size_t size_of(DType dtype) noexcept {
    return entry(dtype).size;
}

std::string_view name_of(DType dtype) noexcept {
    return entry(dtype).name;
}

bool is_floating(DType dtype) noexcept {
    return entry(dtype).floating;
}

std::optional<DType> dtype_from_name(std::string_view name) noexcept {
    for (const Entry& e : kTypes) {
        if (e.name == name) return e.dtype;
    }
    return std::nullopt;
}

float float_from_bf16(std::uint16_t bits) noexcept {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

float float_from_f16(std::uint16_t bits) noexcept {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1fu;
    const std::uint32_t mantissa = bits & 0x3ffu;
    if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | (mantissa << 13));
    if (exponent == 0) {
        const float value = std::ldexp(static_cast<float>(mantissa), -24);
        return sign ? -value : value;
    }
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
}

std::uint16_t bf16_from_float(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
    return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

std::uint16_t f16_from_float(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
    const std::uint32_t magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) return sign | 0x7e00u;
    if (magnitude >= 0x477ff000u) return sign | 0x7c00u;  // rounds to infinity
    if (magnitude < 0x38800000u) {                        // subnormal in half precision
        const float scaled = std::abs(value) * 16777216.0f;  // 2^24, exact
        return sign | static_cast<std::uint16_t>(std::nearbyint(scaled));
    }
    const std::uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
    return sign | static_cast<std::uint16_t>((rounded - 0x38000000u) >> 13);
}

void convert_to_float(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
    if (out.empty()) return;  // nothing may be at no address, which memcpy does not allow
    switch (dtype) {
        case DType::F32: std::memcpy(out.data(), bytes.data(), bytes.size()); return;
        case DType::BF16: each<std::uint16_t>(bytes, out, float_from_bf16); return;
        case DType::F16: each<std::uint16_t>(bytes, out, float_from_f16); return;
        case DType::F64: each<double>(bytes, out, [](double v) { return static_cast<float>(v); }); return;
        default: throw_unsupported("cannot read " + std::string(name_of(dtype)) + " as floating point");
    }
}

void convert_from_float(DType dtype, std::span<const float> values, std::span<std::byte> out) {
    if (out.empty()) return;
    switch (dtype) {
        case DType::F32: std::memcpy(out.data(), values.data(), out.size()); return;
        case DType::BF16: each_back<std::uint16_t>(values, out, bf16_from_float); return;
        case DType::F16: each_back<std::uint16_t>(values, out, f16_from_float); return;
        case DType::F64: each_back<double>(values, out, [](float v) { return static_cast<double>(v); }); return;
        default: throw_unsupported("cannot write floating point as " + std::string(name_of(dtype)));
    }
}

}  // namespace rankscope
