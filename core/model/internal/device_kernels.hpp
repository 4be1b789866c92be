// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Device.h>

namespace rankscope::internal {

class DeviceMixers;
class LayerKernels;

/// What computes on a device in place of ATen operations; a null pointer where nothing does.
struct DeviceKernels {
    DeviceMixers* mixers = nullptr;
    LayerKernels* layers = nullptr;
};

/// The kernels of a CUDA device. The processor has its own (kernels/*.hpp without "device"), hence none here, unless EmulatedDevice says
/// so.
[[nodiscard]] DeviceKernels device_kernels(const at::Device& device);

/// While it lives, the processor is a device that has these kernels: in tests those for GPUs, run by the emulator. One at a time.
class EmulatedDevice {
public:
    explicit EmulatedDevice(DeviceKernels kernels);
    EmulatedDevice(const EmulatedDevice&) = delete;
    EmulatedDevice& operator=(const EmulatedDevice&) = delete;
    ~EmulatedDevice();
};

}  // namespace rankscope::internal
