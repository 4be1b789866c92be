// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/device_kernels.hpp"

#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/layer_kernels.hpp"

namespace rankscope::internal {
namespace {

DeviceKernels emulated;

}  // namespace

DeviceKernels device_kernels(const at::Device& device) {
    if (!device.is_cuda()) return emulated;
    return {&cuda_mixers(device), &cuda_layer_kernels(device)};
}

EmulatedDevice::EmulatedDevice(DeviceKernels kernels) {
    emulated = kernels;
}

EmulatedDevice::~EmulatedDevice() {
    emulated = {};
}

}  // namespace rankscope::internal
