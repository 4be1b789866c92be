// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/short_conv.cuh"
#include "kernels/cuda/short_conv_plan.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

using kernels::DeviceElement;
using kernels::DeviceLimits;
using kernels::DeviceShortConvArgs;

constexpr std::int64_t kMostTaps = 8;
constexpr int kMostStretch = 32;         // tokens: of W - 1 more the inputs are read again
constexpr std::int64_t kWarpsEach = 32;  // that a multiprocessor should have to hide its memory

std::int64_t units_of(const ShortConvProblem& p) {
    return ConvGroups(p.a).warps() * p.a.B * p.stretches;
}

ShortConvProblem problem_of(const DeviceShortConvArgs& args, const DeviceLimits& limits) {
    ShortConvProblem p;
    p.a = args;
    const ConvGroups groups(args);
    p.groups = groups.groups;
    p.group_width = groups.width;
    p.team = groups.team;
    p.whole_in = groups.whole(args.x, args.stride, args.element)
                 && (args.tail == nullptr || groups.whole(args.tail, args.tail_stride, args.element));
    p.whole_out = groups.whole(args.out, args.C, args.out_element);
    // Long stretches read less, short ones fill the device. No number depends on them.
    p.stretches = 1;
    p.stretch = kMostStretch;
    const auto fill = [&] { p.stretches = std::max<std::int64_t>(1, (args.T + p.stretch - 1) / p.stretch); };
    fill();
    while (p.stretch > kTokensAtOnce && units_of(p) < kWarpsEach * limits.multiprocessors) {
        p.stretch /= 2;
        fill();
    }
    return p;
}

template <int kTaps, int kPieces>
const char* launch_for(const ShortConvProblem& p) {
    const simt::Grid grid{static_cast<int>((units_of(p) + kConvWarps - 1) / kConvWarps), 1, 1};
    const auto run = [&](void (*kernel)(ShortConvProblem)) { return launch(kernel, grid, kConvThreads, 0, p.a.stream, p); };
    if (p.a.element == DeviceElement::Float32) return run(&short_conv_kernel<kTaps, kPieces, float, float>);
    if (p.a.out_element == DeviceElement::Float32) return run(&short_conv_kernel<kTaps, kPieces, Bf16, float>);
    return run(&short_conv_kernel<kTaps, kPieces, Bf16, Bf16>);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_short_conv_supports(const DeviceShortConvArgs& args, const DeviceLimits& limits) noexcept {
    if (limits.compute_capability < 80 || args.B < 0 || args.T < 0 || args.C < 1 || args.W < 1 || args.W > cuda::kMostTaps) return false;
    if (args.norm_width < 0 || args.norm_width > cuda::kMostHeadWidth) return false;
    if (args.norm_width > 0 && args.C % args.norm_width != 0) return false;
    if (args.element == DeviceElement::Float32 && args.out_element == DeviceElement::BFloat16) return false;
    return cuda::units_of(cuda::problem_of(args, limits)) <= std::numeric_limits<int>::max();
}

std::string device_short_conv(const DeviceShortConvArgs& args, const DeviceLimits& limits) {
    if (args.B == 0 || args.T == 0) return {};
    const cuda::ShortConvProblem p = cuda::problem_of(args, limits);
    const bool wide = cuda::ConvGroups(args).wide(), long_taps = args.W > 4;
    const char* error = wide ? (long_taps ? cuda::launch_for<8, 2>(p) : cuda::launch_for<4, 2>(p))
                             : (long_taps ? cuda::launch_for<8, 1>(p) : cuda::launch_for<4, 1>(p));
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
