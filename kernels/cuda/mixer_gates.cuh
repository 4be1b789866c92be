// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/pieces.cuh"
#include "kernels/mixer_gates_device.hpp"

namespace rankscope::cuda {

constexpr int kGateThreads = 256;

RANKSCOPE_DEVICE float softplus(float x) {
    return x > 20.0F ? x : log1pf(expf(x));
}

/// Blocks: kGateThreads gates each, token after token.
template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kGateThreads, 4) mixer_gates_kernel(kernels::DeviceMixerGatesArgs a) {
    const std::int64_t i = static_cast<std::int64_t>(simt::block_x()) * kGateThreads + simt::thread();
    if (i >= a.tokens * a.HV) return;
    const std::int64_t token = i / a.HV, head = i % a.HV, at = token * a.stride + head;
    if (a.b != nullptr) a.beta[i] = a.beta_factor * sigmoid(to_float(static_cast<const Element*>(a.b)[at]));
    if (a.a != nullptr) a.g[i] = -expf(a.A_log[head]) * softplus(to_float(static_cast<const Element*>(a.a)[at]) + a.dt_bias[head]);
}

}  // namespace rankscope::cuda
