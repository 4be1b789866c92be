// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/swiglu.cuh"

#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

using kernels::DeviceSwigluArgs;

constexpr int kPiece = 8;

bool in_pieces(const DeviceSwigluArgs& a) {
    return a.width % kPiece == 0 && reinterpret_cast<std::uintptr_t>(a.gate_up) % 16 == 0 && reinterpret_cast<std::uintptr_t>(a.out) % 16 == 0;
}

std::int64_t blocks_of_a_row(const DeviceSwigluArgs& a, int piece) {
    return (a.width + kSwigluThreads * piece - 1) / (kSwigluThreads * piece);
}

template <class Element>
const char* launch_for(const DeviceSwigluArgs& a) {
    const bool pieces = in_pieces(a);
    const SwigluProblem p{a, blocks_of_a_row(a, pieces ? kPiece : 1)};
    const simt::Grid grid{static_cast<int>(a.rows * p.blocks_each), 1, 1};
    if (pieces) return launch(&swiglu_kernel<kPiece, Element>, grid, kSwigluThreads, 0, a.stream, p);
    return launch(&swiglu_kernel<1, Element>, grid, kSwigluThreads, 0, a.stream, p);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_swiglu_supports(const DeviceSwigluArgs& args, const DeviceLimits& limits) noexcept {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    if (limits.compute_capability < 80 || args.rows < 0 || args.width < 1 || args.rows > kMost || args.width > kMost) return false;
    return args.rows * cuda::blocks_of_a_row(args, cuda::in_pieces(args) ? cuda::kPiece : 1) <= kMost;
}

std::string device_swiglu(const DeviceSwigluArgs& args, const DeviceLimits&) {
    if (args.rows == 0) return {};
    const char* error = args.element == DeviceElement::Float32 ? cuda::launch_for<float>(args) : cuda::launch_for<cuda::Bf16>(args);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
