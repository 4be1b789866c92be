// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/state_kernels.hpp"

#include <memory>

namespace rankscope::test {

/// The CUDA kernels for spectra and norms, run by the emulator on tensors of the CPU.
[[nodiscard]] inline std::unique_ptr<internal::StateKernels> emulated_state_kernels(internal::KernelCheck::Report report) {
    const kernels::DeviceLimits limits{90, 132, std::size_t{227} << 10, true, "emulated"};
    const internal::StateKernelFunctions functions{
        &kernels::device_singular_values_supports, &kernels::device_singular_values_workspace, &kernels::device_singular_values,
        &kernels::device_state_norms_supports,     &kernels::device_state_norms_workspace,     &kernels::device_state_norms};
    return std::make_unique<internal::StateKernels>(internal::spectra_kernel(functions, limits), internal::norms_kernel(functions, limits),
                                                    std::move(report));
}

}  // namespace rankscope::test
