// SPDX-License-Identifier: Apache-2.0
// Every 16-bit value both ways, and rounding at the borders between neighbours.
#include "core/base/dtype.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/base/random.hpp"
#include "tests/support/expect_error.hpp"

namespace rankscope {
namespace {

using Widen = float (*)(std::uint16_t);
using Narrow = std::uint16_t (*)(float);

// From the definition of the formats: sign, exponent bits, mantissa bits.
double value_of(std::uint16_t bits, int exponent_bits, int mantissa_bits) {
    const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
    const int mantissa = bits & ((1 << mantissa_bits) - 1);
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const double sign = (bits & 0x8000) != 0 ? -1.0 : 1.0;
    if (exponent == (1 << exponent_bits) - 1) {
        return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
    }
    if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
    return sign * std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias - mantissa_bits);
}

struct Format {
    const char* name;
    Widen widen;
    Narrow narrow;
    int exponent_bits, mantissa_bits;
};

class HalfFormats : public testing::TestWithParam<Format> {};

TEST_P(HalfFormats, WidenEveryValueExactly) {
    const Format f = GetParam();
    for (unsigned i = 0; i < 0x10000; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const double expected = value_of(bits, f.exponent_bits, f.mantissa_bits);
        const float found = f.widen(bits);
        if (std::isnan(expected)) {
            ASSERT_TRUE(std::isnan(found)) << i;
        } else {
            ASSERT_EQ(std::bit_cast<std::uint32_t>(found), std::bit_cast<std::uint32_t>(static_cast<float>(expected))) << i;
        }
    }
}

TEST_P(HalfFormats, NarrowEveryValueBackToItself) {
    const Format f = GetParam();
    for (unsigned i = 0; i < 0x10000; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const float wide = f.widen(bits);
        if (std::isnan(wide)) {
            ASSERT_TRUE(std::isnan(f.widen(f.narrow(wide)))) << i;
            ASSERT_EQ(f.narrow(wide) & 0x8000, bits & 0x8000) << i;
        } else {
            ASSERT_EQ(f.narrow(wide), bits) << i;
        }
    }
}

TEST_P(HalfFormats, RoundHalfwayToEvenAndBeyondItToTheNearest) {
    const Format f = GetParam();
    const auto largest = static_cast<std::uint16_t>(((1 << f.exponent_bits) - 1) << f.mantissa_bits);  // infinity
    for (unsigned sign : {0u, 0x8000u}) {
        for (unsigned i = 0; i + 1 < largest; ++i) {
            const auto low = static_cast<std::uint16_t>(i | sign);
            const auto high = static_cast<std::uint16_t>((i + 1) | sign);
            // Exact: both have at most 11 bits and the mean one more. For the smallest bfloat16 it is a subnormal float.
            const float middle = static_cast<float>(0.5 * (double{f.widen(low)} + double{f.widen(high)}));
            const auto even = (low & 1) == 0 ? low : high;
            ASSERT_EQ(f.narrow(middle), even) << i;
            ASSERT_EQ(f.narrow(std::nextafter(middle, f.widen(low))), low) << i;
            ASSERT_EQ(f.narrow(std::nextafter(middle, f.widen(high))), high) << i;
        }
    }
}

TEST_P(HalfFormats, OverflowToInfinityAndKeepNanWithOnlyLowBits) {
    const Format f = GetParam();
    const auto infinity = static_cast<std::uint16_t>(((1 << f.exponent_bits) - 1) << f.mantissa_bits);
    const float largest = f.widen(static_cast<std::uint16_t>(infinity - 1));
    EXPECT_EQ(f.narrow(std::numeric_limits<float>::max()), infinity);
    EXPECT_EQ(f.narrow(-std::numeric_limits<float>::infinity()), infinity | 0x8000);
    EXPECT_EQ(f.narrow(largest), infinity - 1);
    // Half a step beyond the largest value rounds to even, which is infinity; just below it does not.
    const double step = double{largest} - double{f.widen(static_cast<std::uint16_t>(infinity - 2))};
    const auto border = static_cast<float>(double{largest} + step / 2);
    EXPECT_EQ(f.narrow(border), infinity);
    EXPECT_EQ(f.narrow(std::nextafter(border, 0.0f)), infinity - 1);
    // A NaN whose payload lies in the bits that are cut away must not become infinity.
    EXPECT_TRUE(std::isnan(f.widen(f.narrow(std::bit_cast<float>(0x7f800001u)))));
    EXPECT_TRUE(std::isnan(f.widen(f.narrow(std::bit_cast<float>(0xffffffffu)))));
    EXPECT_EQ(f.narrow(-0.0f), 0x8000);
    EXPECT_EQ(f.narrow(std::numeric_limits<float>::denorm_min()), 0);
}

INSTANTIATE_TEST_SUITE_P(Both, HalfFormats,
                         testing::Values(Format{"bf16", float_from_bf16, bf16_from_float, 8, 7},
                                         Format{"f16", float_from_f16, f16_from_float, 5, 10}),
                         [](const auto& info) { return info.param.name; });

TEST(DTypes, HaveTheNamesAndSizesOfSafetensors) {
    const std::array<std::pair<const char*, std::size_t>, 15> expected{{{"BOOL", 1}, {"U8", 1}, {"I8", 1}, {"I16", 2}, {"U16", 2}, {"I32", 4},
                                                                        {"U32", 4}, {"I64", 8}, {"U64", 8}, {"F16", 2}, {"BF16", 2}, {"F32", 4},
                                                                        {"F64", 8}, {"F8_E4M3", 1}, {"F8_E5M2", 1}}};
    for (const auto& [name, size] : expected) {
        const auto dtype = dtype_from_name(name);
        ASSERT_TRUE(dtype) << name;
        EXPECT_EQ(name_of(*dtype), name);
        EXPECT_EQ(size_of(*dtype), size) << name;
        EXPECT_EQ(is_floating(*dtype), std::string(name).find('F') != std::string::npos) << name;
    }
    EXPECT_FALSE(dtype_from_name("f32"));
    EXPECT_FALSE(dtype_from_name(""));
}

TEST(DTypes, ConvertUnalignedBytesOfEveryFloatingType) {
    Random random(3);
    std::vector<float> values(257);
    for (float& v : values) v = float_from_bf16(bf16_from_float(static_cast<float>(random.normal())));
    for (const DType dtype : {DType::BF16, DType::F32, DType::F64}) {
        std::vector<std::byte> bytes(values.size() * size_of(dtype) + 1);
        const auto place = std::span(bytes).subspan(1);
        convert_from_float(dtype, values, place);
        std::vector<float> back(values.size());
        convert_to_float(dtype, place, back);
        EXPECT_EQ(back, values) << name_of(dtype);
    }
}

TEST(DTypes, ConvertNothingToNothing) {
    for (const DType dtype : {DType::F16, DType::BF16, DType::F32, DType::F64}) {
        // Empty vectors have no address; the sanitizers of the asan preset look at this.
        EXPECT_NO_THROW(convert_to_float(dtype, {}, {}));
        EXPECT_NO_THROW(convert_from_float(dtype, {}, {}));
    }
}

TEST(DTypes, RefuseToConvertWhatIsNoFloatingPoint) {
    std::array<std::byte, 4> bytes{};
    std::array<float, 1> value{};
    for (const DType dtype : {DType::I32, DType::F8E4M3}) {
        test::expect_error(ErrorKind::Unsupported, std::string(name_of(dtype)), [&] { convert_to_float(dtype, bytes, value); });
        test::expect_error(ErrorKind::Unsupported, std::string(name_of(dtype)), [&] { convert_from_float(dtype, value, bytes); });
    }
}

}  // namespace
}  // namespace rankscope
