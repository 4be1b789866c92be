// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/rms_norm.cuh"

#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

using kernels::DeviceElement;
using kernels::DeviceRmsNormArgs;
using kernels::NormGate;

constexpr std::int64_t kWidest = 65536;

bool at_16(const void* p) {
    return reinterpret_cast<std::uintptr_t>(p) % 16 == 0;
}

RmsNormProblem problem_of(const DeviceRmsNormArgs& args) {
    RmsNormProblem p;
    p.a = args;
    if (p.a.gate_stride == 0) p.a.gate_stride = p.a.heads * p.a.width;
    p.aligned = p.a.width % kNormPiece == 0 && p.a.gate_stride % kNormPiece == 0 && at_16(p.a.x) && at_16(p.a.add) && at_16(p.a.sum)
                && at_16(p.a.weight) && at_16(p.a.gate) && at_16(p.a.out);
    if (p.a.width > kWarpWidth) {
        p.team = kRowThreads;
    } else {
        while (p.team > 1 && p.team / 2 * (p.aligned ? kNormPiece : 1) >= p.a.width) p.team /= 2;
    }
    p.held = p.aligned && p.a.width <= static_cast<std::int64_t>(p.team) * kNormPieces * kNormPiece;
    return p;
}

template <class Stream, class Element>
const char* launch_for(const RmsNormProblem& p) {
    const std::int64_t rows_each = kRowThreads / p.team, blocks = (p.a.rows + rows_each - 1) / rows_each;
    const simt::Grid grid{static_cast<int>(blocks), 1, 1};
    return launch(&rms_norm_kernel<Stream, Element>, grid, kRowThreads, kRowWarps * sizeof(float), p.a.stream, p);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_rms_norm_supports(const DeviceRmsNormArgs& args, const DeviceLimits& limits) noexcept {
    return limits.compute_capability >= 80 && args.rows >= 0 && args.rows <= std::numeric_limits<int>::max() && args.width >= 1
           && args.width <= cuda::kWidest && args.heads >= 1
           && (args.stream_element == DeviceElement::Float32 || args.element == DeviceElement::BFloat16);
}

std::string device_rms_norm(const DeviceRmsNormArgs& args, const DeviceLimits&) {
    if (args.rows == 0) return {};
    const cuda::RmsNormProblem p = cuda::problem_of(args);
    const char* error = args.element == DeviceElement::Float32         ? cuda::launch_for<float, float>(p)
                        : args.stream_element == DeviceElement::Float32 ? cuda::launch_for<float, cuda::Bf16>(p)
                                                                        : cuda::launch_for<cuda::Bf16, cuda::Bf16>(p);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
