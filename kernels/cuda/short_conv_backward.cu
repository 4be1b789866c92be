// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/column_sums.cuh"
#include "kernels/cuda/short_conv_backward.cuh"
#include "kernels/cuda/short_conv_plan.hpp"

#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

using kernels::DeviceElement;
using kernels::DeviceShortConvArgs;
using kernels::DeviceShortConvBackwardArgs;

std::int64_t stretches_of(const DeviceShortConvArgs& a) {
    return (a.T + kConvGradientStretch - 1) / kConvGradientStretch;
}

ShortConvBackwardProblem problem_of(const DeviceShortConvBackwardArgs& args, void* workspace) {
    const DeviceShortConvArgs& a = args.forward;
    const ConvGroups groups(a);
    ShortConvBackwardProblem p;
    p.b = args;
    p.whole_in = groups.whole(a.x, a.stride, a.element) && groups.whole(args.d_x, a.stride, a.element);
    p.whole_out = groups.whole(args.d_out, a.C, DeviceElement::Float32);
    p.groups = groups.groups;
    p.group_width = groups.width;
    p.team = groups.team;
    p.stretches = stretches_of(a);
    p.partial = static_cast<float*>(workspace);
    return p;
}

std::int64_t units_of(const DeviceShortConvArgs& a) {
    return ConvGroups(a).warps() * a.B * stretches_of(a);
}

template <int kPieces>
const char* launch_for(const ShortConvBackwardProblem& p) {
    const DeviceShortConvArgs& a = p.b.forward;
    const simt::Grid grid{static_cast<int>((units_of(a) + kConvGradientWarps - 1) / kConvGradientWarps), 1, 1};
    const auto run = [&](void (*kernel)(ShortConvBackwardProblem)) {
        return launch(kernel, grid, kConvGradientThreads, 0, a.stream, p);
    };
    if (a.element == DeviceElement::Float32) return run(&short_conv_backward_kernel<kPieces, float>);
    return run(&short_conv_backward_kernel<kPieces, Bf16>);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_short_conv_backward_supports(const DeviceShortConvBackwardArgs& args, const DeviceLimits& limits) noexcept {
    const DeviceShortConvArgs& a = args.forward;
    return device_short_conv_supports(a, limits) && a.W <= cuda::kGradientTaps && a.tail == nullptr
           && a.out_element == DeviceElement::Float32 && a.weight_element == DeviceElement::Float32
           && cuda::units_of(a) <= std::numeric_limits<int>::max();
}

std::size_t device_short_conv_backward_workspace(const DeviceShortConvBackwardArgs& args) noexcept {
    const DeviceShortConvArgs& a = args.forward;
    return static_cast<std::size_t>(a.B * cuda::stretches_of(a) * a.C * a.W) * sizeof(float);
}

std::string device_short_conv_backward(const DeviceShortConvBackwardArgs& args, void* workspace) {
    const DeviceShortConvArgs& a = args.forward;
    const cuda::ShortConvBackwardProblem p = cuda::problem_of(args, workspace);
    const std::int64_t walks = a.B * p.stretches;
    const char* error = nullptr;
    if (walks > 0) error = cuda::ConvGroups(a).wide() ? cuda::launch_for<2>(p) : cuda::launch_for<1>(p);
    if (error == nullptr) error = cuda::add_columns({p.partial, walks, a.C * a.W, args.d_weight}, a.stream);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
