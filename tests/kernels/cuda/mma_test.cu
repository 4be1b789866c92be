// SPDX-License-Identifier: Apache-2.0
// Tiles through ldmatrix and mma.sync, one product at a time: where a whole kernel is wrong on a GPU, this says whether the layout
// of fragments is.
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/mma.cuh"

#include "device_elements.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace rankscope::kernels::testing {
namespace {

constexpr int kPitch = 24, kTile = 16 * kPitch;

template <class Element>
struct Product {
    const Element *left, *right;  // [16][16], [16][16], as they lie in memory
    float* sum;                   // [16][16]
};

// One warp. turned: the tile in memory is the transpose of the operand.
template <class Element, bool left_turned, bool right_turned>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(32, 1) multiply_tiles(Product<Element> p) {
    auto* memory = reinterpret_cast<Element*>(simt::shared_memory());
    const cuda::Tile<Element> left{memory, kPitch}, right{memory + kTile, kPitch};
    for (int i = simt::thread(); i < 256; i += 32) {
        *left.at(i / 16, i % 16) = p.left[i];
        *right.at(i / 16, i % 16) = p.right[i];
    }
    simt::sync_block();
    cuda::Left<Element> a;
    cuda::Right<Element> b[2];
    if constexpr (left_turned) {
        cuda::load_left_turned(a, left, 0, 0);
    } else {
        cuda::load_left(a, left, 0, 0);
    }
    if constexpr (right_turned) {
        cuda::load_right_turned(b, right, 0, 0);
    } else {
        cuda::load_right(b, right, 0, 0);
    }
    for (int half = 0; half < 2; ++half) {
        const int row = cuda::lane() / 4, column = half * 8 + cuda::lane() % 4 * 2;
        float sum[4];
        for (int x = 0; x < 4; ++x)
            sum[x] = p.sum[(row + x / 2 * 8) * 16 + column + x % 2];
        cuda::multiply(sum, a, b[half]);
        for (int x = 0; x < 4; ++x)
            p.sum[(row + x / 2 * 8) * 16 + column + x % 2] = sum[x];
    }
}

template <class Element, bool left_turned, bool right_turned>
std::vector<float> product_of(const std::vector<float>& left, const std::vector<float>& right, const std::vector<float>& start) {
    const auto a = rows_on_device<Element>(left, 16, 0, Side::Begin), b = rows_on_device<Element>(right, 16, 0, Side::Begin);
    const DeviceArray<float> sum(start, Side::Begin);
    const Product<Element> p{a.data(), b.data(), sum.data()};
    const char* error =
        cuda::launch(&multiply_tiles<Element, left_turned, right_turned>, {}, 32, 2 * kTile * sizeof(Element), nullptr, p);
    EXPECT_EQ(std::string(error != nullptr ? error : ""), "");
    return sum.values();
}

template <class Element, bool left_turned, bool right_turned>
void expect_exact(int scale) {
    std::vector<float> left(256), right(256), sum(256);
    // Integers whose products and sums every format holds, every place another one.
    for (int i = 0; i < 256; ++i) {
        const auto at = static_cast<std::size_t>(i);
        left[at] = static_cast<float>((i * 37 + 11) % 127 - 63) * static_cast<float>(scale);
        right[at] = static_cast<float>((i * 53 + 29) % 113 - 56);
        sum[at] = static_cast<float>(i - 100);
    }
    const std::vector<float> got = product_of<Element, left_turned, right_turned>(left, right, sum);
    for (int i = 0; i < 16; ++i) {
        for (int j = 0; j < 16; ++j) {
            float want = sum[static_cast<std::size_t>(i * 16 + j)];
            for (int k = 0; k < 16; ++k)
                want += left[static_cast<std::size_t>(left_turned ? k * 16 + i : i * 16 + k)]
                        * right[static_cast<std::size_t>(right_turned ? j * 16 + k : k * 16 + j)];
            EXPECT_EQ(got[static_cast<std::size_t>(i * 16 + j)], want) << "row " << i << " column " << j;
        }
    }
}

TEST(TensorCores, TakeEveryElementFromItsPlace) {
    expect_exact<Bf16, false, false>(1);
    expect_exact<Bf16, false, true>(1);
    expect_exact<Bf16, true, false>(1);
    expect_exact<Bf16, true, true>(1);
    // More bits than bfloat16 has.
    expect_exact<float, false, false>(257);
    expect_exact<float, false, true>(257);
    expect_exact<float, true, false>(257);
    expect_exact<float, true, true>(257);
}

// What a tensor core adds is cut off, not rounded. A float32 sum that goes through many products must not drift towards zero.
TEST(TensorCores, DoNotPullFloat32SumsTowardsZero) {
    std::vector<float> left(256), right(256), got(256, 1);
    std::vector<double> want(256, 1);
    for (int i = 0; i < 64; ++i) {
        for (int x = 0; x < 256; ++x) {
            left[static_cast<std::size_t>(x)] = 0.05F + 0.01F * std::sin(static_cast<float>(x + 300 * i));
            right[static_cast<std::size_t>(x)] = 0.1F + 0.01F * std::cos(static_cast<float>(7 * x + i));
        }
        got = product_of<float, false, false>(left, right, got);
        for (std::size_t x = 0; x < 256; ++x) {
            for (std::size_t k = 0; k < 16; ++k)
                want[x] += static_cast<double>(left[x / 16 * 16 + k]) * static_cast<double>(right[k * 16 + x % 16]);
        }
    }
    // 64 roundings to units of 2^-23…2^-21, as often up as down.
    for (std::size_t x = 0; x < 256; ++x)
        EXPECT_NEAR(got[x], want[x], 16 * 0x1p-21) << x;
}

}  // namespace
}  // namespace rankscope::kernels::testing
