// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/mixer_gates.cuh"

#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

std::int64_t blocks_of(const kernels::DeviceMixerGatesArgs& a) {
    return (a.tokens * a.HV + kGateThreads - 1) / kGateThreads;
}

template <class Element>
const char* launch_for(const kernels::DeviceMixerGatesArgs& a) {
    return launch(&mixer_gates_kernel<Element>, {static_cast<int>(blocks_of(a)), 1, 1}, kGateThreads, 0, a.stream_handle, a);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_mixer_gates_supports(const DeviceMixerGatesArgs& args, const DeviceLimits& limits) noexcept {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    return limits.compute_capability >= 80 && args.tokens >= 0 && args.tokens <= kMost && args.HV >= 1 && args.HV <= kMost
           && cuda::blocks_of(args) <= kMost;
}

std::string device_mixer_gates(const DeviceMixerGatesArgs& args, const DeviceLimits&) {
    if (args.tokens == 0 || (args.a == nullptr && args.b == nullptr)) return {};
    const char* error = args.element == DeviceElement::Float32 ? cuda::launch_for<float>(args) : cuda::launch_for<cuda::Bf16>(args);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
