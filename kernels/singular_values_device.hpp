// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/device.hpp"

#include <cstdint>
#include <string>

namespace rankscope::kernels {

/// Singular values of many matrices of one shape on a GPU, falling:
///   matrices [count, rows, columns]  float32, row-major, device memory;   out [count, min(rows, columns)]  float64, device
///   memory
/// Householder bidiagonalisation, one block for a matrix, which stays in shared memory where it fits (float64: 128×128 with
/// 141 KiB) and in `workspace` where it does not; then bisection by Sturm counts, one value to a few threads. Each matrix is
/// scaled by a power of two first. Error below 1e-6 σ₁ in float32 arithmetic, 1e-12 σ₁ in float64. With r nonzero rows or columns
/// values are exact zeros from the r+1-th on. A matrix with a NaN or an infinity gets NaNs. Asynchronous on `stream`. The same
/// bits for a matrix whatever its neighbours.
struct DeviceSingularValuesArgs {
    std::int64_t count = 0, rows = 0, columns = 0;
    const float* matrices = nullptr;
    double* out = nullptr;
    bool float64 = true;  ///< arithmetic; float32 has a 64th of the cost on consumer GPUs
    void* stream = nullptr;
};

/// Any count and 1…512 rows and columns, on compute capability 8.0 and later.
[[nodiscard]] bool device_singular_values_supports(const DeviceSingularValuesArgs& args, const DeviceLimits& limits) noexcept;
/// Bytes, aligned to 256.
[[nodiscard]] std::size_t device_singular_values_workspace(const DeviceSingularValuesArgs& args,
                                                           const DeviceLimits& limits) noexcept;
/// Empty, or what CUDA says.
[[nodiscard]] std::string device_singular_values(const DeviceSingularValuesArgs& args, const DeviceLimits& limits,
                                                 void* workspace);

}  // namespace rankscope::kernels
