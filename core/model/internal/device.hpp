// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/model.hpp"

#include <c10/core/Device.h>

#include <cstdint>

namespace rankscope::internal {

/// Makes kernels and LibTorch share one set of threads, sets their number and finds the device. Error{Usage}: a name that
/// is none; Error{Resource}: a CUDA device that is not there.
[[nodiscard]] at::Device prepare_device(const Placement& placement);

/// Whether matrix products in bfloat16 pay on this device: any CUDA device, processors with AVX-512 BF16 or AMX.
[[nodiscard]] bool bfloat16_products_are_fast(const at::Device& device);

/// Waits until the device has done what was asked of it; nothing to wait for on the CPU. Before every reading of a clock.
void synchronise(const at::Device& device);

/// Bytes that are free on the device, what LibTorch keeps there for its next allocations included.
[[nodiscard]] std::int64_t free_memory(const at::Device& device);

}  // namespace rankscope::internal
