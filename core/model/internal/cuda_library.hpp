// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace rankscope::internal {

/// Whether LibTorch can compute on CUDA devices here, found out once. The program links LibTorch's CPU half
/// alone; its CUDA half is opened beside it when the driver is there.
struct CudaSupport {
    int devices = 0;
    std::string reason;  ///< why there is none
};

[[nodiscard]] const CudaSupport& cuda_support();

/// Why a driver that knows CUDA `driver` (1000 · major + 10 · minor) cannot serve a runtime of CUDA `runtime`; empty where it can:
/// any driver of the same major version does.
[[nodiscard]] std::string driver_too_old(int driver, long runtime);

/// What the driver calls a device; empty where it does not say. `index` as LibTorch counts: both follow CUDA_VISIBLE_DEVICES.
[[nodiscard]] std::string cuda_device_name(int index);

}  // namespace rankscope::internal
