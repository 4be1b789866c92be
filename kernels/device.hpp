// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace rankscope::kernels {

/// What the choice between kernels needs to know of a GPU.
struct DeviceLimits {
    int compute_capability = 0;  ///< 10 · major + minor: 80, 90, 120; below 80 nothing runs
    int multiprocessors = 0;
    std::size_t shared_bytes = 0;  ///< most shared memory of one block
    bool fast_double = false;      ///< float64 at half the rate of float32
    std::string name;
    std::string problem;  ///< what CUDA says where the device does not answer
};

/// Devices the CUDA runtime reports; 0 where there is no driver.
[[nodiscard]] int device_count() noexcept;
/// The device kernels of this thread run on from now on.
void use_device(int device) noexcept;
/// All zeros, with `problem`, for a device that does not answer.
[[nodiscard]] DeviceLimits device_limits(int device);

}  // namespace rankscope::kernels
