// SPDX-License-Identifier: Apache-2.0
#include "kernels/device.hpp"

#include <cuda_runtime.h>

namespace rankscope::kernels {

int device_count() noexcept {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

void use_device(int device) noexcept {
    // Fails for a device alone that device_limits() has nothing to say of, and no kernel supports that.
    static_cast<void>(cudaSetDevice(device));
}

DeviceLimits device_limits(int device) {
    DeviceLimits limits;
    cudaDeviceProp properties{};
    if (const cudaError_t error = cudaGetDeviceProperties(&properties, device); error != cudaSuccess) {
        limits.problem = cudaGetErrorString(error);
        return limits;
    }
    int ratio = 0;
    cudaDeviceGetAttribute(&ratio, cudaDevAttrSingleToDoublePrecisionPerfRatio, device);
    limits.compute_capability = properties.major * 10 + properties.minor;
    limits.multiprocessors = properties.multiProcessorCount;
    limits.shared_bytes = properties.sharedMemPerBlockOptin;
    limits.fast_double = ratio > 0 && ratio <= 2;
    limits.name = properties.name;
    return limits;
}

}  // namespace rankscope::kernels
