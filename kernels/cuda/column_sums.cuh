// SPDX-License-Identifier: Apache-2.0
// What gradients of weights share: partial sums of fixed pieces of the rows, added up in a fixed order.
#pragma once

#include "kernels/cuda/launch.cuh"

#include <cstdint>

namespace rankscope::cuda {

constexpr int kSumColumns = 32;

struct ColumnSums {
    const float* partial = nullptr;  ///< [pieces, columns]
    std::int64_t pieces = 0, columns = 0;
    float* out = nullptr;  ///< [columns]
};

/// Blocks of 32 columns; group g adds the pieces g, g + kSumGroups, … and the groups are added in their order.
template <int kSumGroups>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kSumColumns* kSumGroups, 4) column_sums_kernel(ColumnSums p) {
    auto* sums = reinterpret_cast<float*>(simt::shared_memory());
    const int lane = simt::thread() % kSumColumns, group = simt::thread() / kSumColumns;
    const std::int64_t column = static_cast<std::int64_t>(simt::block_x()) * kSumColumns + lane;
    float sum = 0;
    for (std::int64_t i = group; column < p.columns && i < p.pieces; i += kSumGroups) sum += p.partial[i * p.columns + column];
    sums[simt::thread()] = sum;
    simt::sync_block();
    if (group > 0 || column >= p.columns) return;
    for (int g = 1; g < kSumGroups; ++g) sum += sums[g * kSumColumns + lane];
    p.out[column] = sum;
}

inline const char* add_columns(const ColumnSums& p, void* stream) {
    constexpr int kSumGroups = 8;
    const simt::Grid grid{static_cast<int>((p.columns + kSumColumns - 1) / kSumColumns), 1, 1};
    return launch(&column_sums_kernel<kSumGroups>, grid, kSumColumns * kSumGroups, kSumColumns * kSumGroups * sizeof(float), stream, p);
}

}  // namespace rankscope::cuda
