// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/short_conv.cuh"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

using kernels::DeviceElement;
using kernels::DeviceLimits;
using kernels::DeviceShortConvArgs;

constexpr std::int64_t kMostTaps = 8, kMostWidth = 256;
constexpr int kPlainWidth = 128;       // channels of a piece without a norm
constexpr int kMostStretch = 32;       // tokens: of W - 1 more the inputs are read again
constexpr std::int64_t kWarpsEach = 32;  // that a multiprocessor should have to hide its memory

std::int64_t bytes_of(DeviceElement element) {
    return element == DeviceElement::BFloat16 ? 2 : 4;
}

// Whether four elements at the beginning of every head are aligned to their joint size.
bool whole(const void* p, std::int64_t stride, std::int64_t group_width, DeviceElement element) {
    return stride % 4 == 0 && group_width % 4 == 0 && reinterpret_cast<std::uintptr_t>(p) % static_cast<std::uintptr_t>(4 * bytes_of(element)) == 0;
}

std::int64_t units_of(const ShortConvProblem& p) {
    const std::int64_t teams = simt::kWarp / p.team;
    return (p.groups + teams - 1) / teams * p.a.B * p.stretches;
}

ShortConvProblem problem_of(const DeviceShortConvArgs& args, const DeviceLimits& limits) {
    ShortConvProblem p;
    p.a = args;
    p.group_width = static_cast<int>(args.norm_width > 0 ? args.norm_width : std::min<std::int64_t>(kPlainWidth, args.C));
    p.groups = (args.C + p.group_width - 1) / p.group_width;
    p.whole_in = whole(args.x, args.stride, p.group_width, args.element)
                 && (args.tail == nullptr || whole(args.tail, args.tail_stride, p.group_width, args.element));
    p.whole_out = whole(args.out, args.C, p.group_width, args.out_element);
    while (p.team > 1 && p.team / 2 * 4 >= p.group_width) p.team /= 2;
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
    if (args.norm_width < 0 || args.norm_width > cuda::kMostWidth || (args.norm_width > 0 && args.C % args.norm_width != 0)) return false;
    if (args.element == DeviceElement::Float32 && args.out_element == DeviceElement::BFloat16) return false;
    return cuda::units_of(cuda::problem_of(args, limits)) <= std::numeric_limits<int>::max();
}

std::string device_short_conv(const DeviceShortConvArgs& args, const DeviceLimits& limits) {
    if (args.B == 0 || args.T == 0) return {};
    const cuda::ShortConvProblem p = cuda::problem_of(args, limits);
    const bool wide = p.group_width > 4 * simt::kWarp, long_taps = args.W > 4;
    const char* error = wide ? (long_taps ? cuda::launch_for<8, 2>(p) : cuda::launch_for<4, 2>(p))
                             : (long_taps ? cuda::launch_for<8, 1>(p) : cuda::launch_for<4, 1>(p));
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
