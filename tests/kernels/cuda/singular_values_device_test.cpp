// SPDX-License-Identifier: Apache-2.0
// The CUDA singular values against those of the processor: compiled as C++ and run thread by thread, or on a GPU.
#include "kernels/singular_values_device.hpp"

#include "kernels/singular_values.hpp"

#include "device_case.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace rankscope::kernels::testing {
namespace {

constexpr double kFloat32Bound = 1e-6, kFloat64Bound = 1e-12;  // of σ₁

DeviceLimits device(std::size_t shared = std::size_t{227} << 10) {
    DeviceLimits limits = large_device();
    limits.multiprocessors = 2;
    limits.shared_bytes = std::min(shared, limits.shared_bytes);
    return limits;
}

struct Batch {
    std::int64_t count, rows, columns;
    std::vector<float> matrices;

    Batch(std::int64_t count_in, std::int64_t rows_in, std::int64_t columns_in)
        : count(count_in), rows(rows_in), columns(columns_in) {
        std::mt19937 random(static_cast<unsigned>(rows * 1000 + columns));
        std::normal_distribution<float> draw;
        matrices.resize(static_cast<std::size_t>(count * rows * columns));
        for (float& x : matrices)
            x = draw(random);
    }

    float& at(std::int64_t index, std::int64_t row, std::int64_t column) {
        return matrices[static_cast<std::size_t>((index * rows + row) * columns + column)];
    }
};

std::vector<double> on_device(const Batch& batch, bool float64, Side side = Side::End, const DeviceLimits& limits = device()) {
    constexpr double nothing = -1;
    const DeviceArray<float> matrices(batch.matrices, side);
    const DeviceArray<double> out(static_cast<std::size_t>(batch.count * std::min(batch.rows, batch.columns)), side, nothing);
    DeviceSingularValuesArgs args;
    args.count = batch.count;
    args.rows = batch.rows;
    args.columns = batch.columns;
    args.matrices = matrices.data();
    args.out = out.data();
    args.float64 = float64;
    EXPECT_TRUE(device_singular_values_supports(args, limits));
    hold_to(limits);
    const DeviceArray<double> workspace((device_singular_values_workspace(args, limits) + 7) / 8, Side::Begin,
                                        std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(device_singular_values(args, limits, workspace.data()), "");
    return out.values();
}

std::vector<double> processor(const Batch& batch) {
    std::vector<double> out(static_cast<std::size_t>(batch.count * std::min(batch.rows, batch.columns)));
    EXPECT_EQ(singular_values({batch.count, batch.rows, batch.columns, batch.matrices.data(), out.data()}), -1);
    return out;
}

void check(const Batch& batch, bool float64, const DeviceLimits& limits = device()) {
    SCOPED_TRACE(std::to_string(batch.rows) + "x" + std::to_string(batch.columns) + (float64 ? " float64" : " float32"));
    const std::vector<double> got = on_device(batch, float64, Side::End, limits), want = processor(batch);
    const std::size_t n = want.size() / static_cast<std::size_t>(batch.count);
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double largest = want[i / n * n];
        ASSERT_NEAR(got[i], want[i], largest * (float64 ? kFloat64Bound : kFloat32Bound)) << "value " << i;
        ASSERT_LE(got[i], (i % n > 0 ? got[i - 1] : INFINITY) * (1 + 1e-6)) << "value " << i;
    }
}

TEST(DeviceSingularValues, AreThoseOfTheProcessorAtAnyShape) {
    for (const bool float64 : {false, true}) {
        for (const auto& [rows, columns] : std::vector<std::pair<int, int>>{{1, 1},
                                                                            {1, 9},
                                                                            {9, 1},
                                                                            {2, 2},
                                                                            {5, 7},
                                                                            {31, 32},
                                                                            {32, 33},
                                                                            {33, 32},
                                                                            {13, 128},
                                                                            {48, 64},
                                                                            {80, 96},
                                                                            {100, 60}}) {
            check(Batch(3, rows, columns), float64);
        }
        check(Batch(1, 128, 128), float64);
    }
}

TEST(DeviceSingularValues, WorkOutsideSharedMemoryWhereItIsTooSmall) {
    check(Batch(3, 40, 40), true, device(16 << 10));
    check(Batch(1, 150, 256), false, device(99 << 10));
    check(Batch(1, 300, 20), true, device(48 << 10));
}

TEST(DeviceSingularValues, KeepSmallOnesOfASteepSpectrum) {
    Batch batch(1, 48, 48);
    // Rows of falling length: values from 1 to 1e-6.
    for (std::int64_t r = 0; r < 48; ++r) {
        for (std::int64_t c = 0; c < 48; ++c)
            batch.at(0, r, c) *= static_cast<float>(std::pow(10.0, -6.0 * static_cast<double>(r) / 47));
    }
    check(batch, false);
    check(batch, true);
}

TEST(DeviceSingularValues, AreExactZerosBehindTheFilledRowsAndColumns) {
    Batch batch(4, 20, 24);
    for (std::int64_t c = 0; c < 24; ++c) {
        for (std::int64_t r = 0; r < 20; ++r) {
            if (r % 2 == 0) batch.at(0, r, c) = 0;  // 10 rows
            if (c >= 3) batch.at(1, r, c) = 0;      // 3 columns
            batch.at(2, r, c) = 0;                  // nothing
            batch.at(3, r, c) = r == 7 && c == 5 ? -2.5F : 0.0F;
        }
    }
    for (const bool float64 : {false, true}) {
        check(batch, float64);
        const std::vector<double> got = on_device(batch, float64);
        for (int i = 0; i < 20; ++i) {
            for (const auto& [matrix, rank] : {std::pair{0, 10}, {1, 3}, {2, 0}, {3, 1}})
                EXPECT_EQ(got[static_cast<std::size_t>(20 * matrix + i)] == 0, i >= rank)
                    << "matrix " << matrix << " value " << i;
        }
        EXPECT_NEAR(got[60], 2.5, 2.5e-6);
    }
}

TEST(DeviceSingularValues, TakeHugeTinyAndRepeatedEntries) {
    for (const float magnitude : {1e-38F, 1e-20F, 1e30F}) {
        Batch batch(1, 24, 20);
        for (float& x : batch.matrices)
            x *= magnitude;
        check(batch, false);
        check(batch, true);
    }
    Batch same(1, 16, 16);
    for (float& x : same.matrices)
        x = 0.75F;
    check(same, false);
    check(same, true);
    Batch identity(1, 33, 33);
    for (std::int64_t r = 0; r < 33; ++r) {
        for (std::int64_t c = 0; c < 33; ++c)
            identity.at(0, r, c) = r == c ? 1.0F : 0.0F;
    }
    check(identity, false);
    check(identity, true);
}

TEST(DeviceSingularValues, OfAMatrixThatIsNotFiniteAreNone) {
    Batch batch(3, 9, 9);
    const std::vector<double> want = processor(Batch(3, 9, 9));
    batch.at(0, 4, 4) = std::numeric_limits<float>::quiet_NaN();
    batch.at(2, 8, 8) = -std::numeric_limits<float>::infinity();
    const std::vector<double> got = on_device(batch, true);
    for (std::size_t i = 0; i < 9; ++i) {
        EXPECT_TRUE(std::isnan(got[i]));
        EXPECT_NEAR(got[9 + i], want[9 + i], 1e-12 * want[9]);
        EXPECT_TRUE(std::isnan(got[18 + i]));
    }
}

TEST(DeviceSingularValues, DoNotDependOnTheOrderOfThreads) {
    const Batch batch(2, 37, 30);
    const std::vector<double> first = on_device(batch, false, Side::Begin),
                              outside = on_device(batch, false, Side::Begin, device(12 << 10));
    EXPECT_EQ(first, outside);
    in_other_orders([&] { EXPECT_EQ(first, on_device(batch, false)); });
}

}  // namespace
}  // namespace rankscope::kernels::testing
