// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/state_norms.cuh"

namespace rankscope::cuda {
namespace {

struct StateNormsPlan {
    int pitch;
    std::size_t shared, workspace;
};

StateNormsPlan plan(const kernels::DeviceStateNormsArgs& args, const kernels::DeviceLimits& limits) {
    const kernels::DeviceDeltaRuleArgs& a = args.recurrence;
    StateNormsPlan p{};
    p.pitch = static_cast<int>((a.V + simt::kWarp - 1) / simt::kWarp * simt::kWarp);
    const std::size_t scratch = NormScratch::bytes(static_cast<int>(a.K), p.pitch);
    const std::size_t state = static_cast<std::size_t>(a.K) * static_cast<std::size_t>(p.pitch) * sizeof(float);
    const bool outside = scratch + state > limits.shared_bytes;
    p.shared = outside ? scratch : scratch + state;
    p.workspace = outside ? static_cast<std::size_t>(a.B * a.HV) * state : 0;
    return p;
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_state_norms_supports(const DeviceStateNormsArgs& args, const DeviceLimits& limits) noexcept {
    const DeviceDeltaRuleArgs& a = args.recurrence;
    return limits.compute_capability >= 80 && a.B >= 1 && a.B <= 65535 && a.T >= 0 && a.H >= 1 && a.HV >= 1 && a.HV % a.H == 0
           && a.K >= 1 && a.K <= cuda::kMostSide && a.V >= 1 && a.V <= cuda::kMostSide
           && cuda::plan(args, limits).shared <= limits.shared_bytes;
}

std::size_t device_state_norms_workspace(const DeviceStateNormsArgs& args, const DeviceLimits& limits) noexcept {
    return cuda::plan(args, limits).workspace;
}

std::string device_state_norms(const DeviceStateNormsArgs& args, const DeviceLimits& limits, void* workspace) {
    const cuda::StateNormsPlan plan = cuda::plan(args, limits);
    cuda::StateNormsProblem p;
    p.a = args.recurrence;
    if (p.a.k_stride == 0) p.a.k_stride = p.a.H * p.a.K;
    if (p.a.v_stride == 0) p.a.v_stride = p.a.HV * p.a.V;
    p.norms = args.norms;
    p.pitch = plan.pitch;
    p.states = plan.workspace > 0 ? static_cast<float*>(workspace) : nullptr;
    const simt::Grid grid{static_cast<int>(p.a.HV), static_cast<int>(p.a.B), 1};
    const char* error =
        p.a.element == DeviceElement::Float32
            ? cuda::launch(&cuda::state_norms_kernel<float>, grid, cuda::kNormThreads, plan.shared, p.a.stream, p)
            : cuda::launch(&cuda::state_norms_kernel<cuda::Bf16>, grid, cuda::kNormThreads, plan.shared, p.a.stream, p);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
