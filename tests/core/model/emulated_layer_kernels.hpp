// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/model/internal/layer_kernels.hpp"

namespace rankscope::test {

inline const kernels::DeviceLimits& emulated_limits() {
    static const kernels::DeviceLimits limits{90, 132, std::size_t{227} << 10, true, "emulated", {}};
    return limits;
}

/// The CUDA kernels for what surrounds the recurrence, run by the emulator on tensors of the CPU.
[[nodiscard]] inline internal::LayerKernelFunctions emulated_layer_functions() {
    return {&kernels::device_rms_norm_supports,
            &kernels::device_rms_norm,
            &kernels::device_short_conv_supports,
            &kernels::device_short_conv,
            &kernels::device_swiglu_supports,
            &kernels::device_swiglu,
            &kernels::device_mixer_gates_supports,
            &kernels::device_mixer_gates,
            &kernels::device_rms_norm_backward_supports,
            &kernels::device_rms_norm_backward_workspace,
            &kernels::device_rms_norm_backward,
            &kernels::device_short_conv_backward_supports,
            &kernels::device_short_conv_backward_workspace,
            &kernels::device_short_conv_backward,
            &kernels::device_swiglu_backward_supports,
            &kernels::device_swiglu_backward,
            emulated_limits()};
}

}  // namespace rankscope::test
