// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/swiglu.cuh"

#include <cstdint>
#include <limits>

namespace rankscope::cuda {
namespace {

using kernels::DeviceSwigluArgs;
using kernels::DeviceSwigluBackwardArgs;

constexpr int kPiece = 8;

bool at_16(const void* p) {
    return reinterpret_cast<std::uintptr_t>(p) % 16 == 0;
}

bool in_pieces(const DeviceSwigluArgs& a) {
    return a.width % kPiece == 0 && at_16(a.gate_up) && at_16(a.out);
}

bool in_pieces(const DeviceSwigluBackwardArgs& b) {
    return b.forward.width % kPiece == 0 && at_16(b.forward.gate_up) && at_16(b.d_out) && at_16(b.d_gate_up);
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

template <class Element>
const char* launch_backward(const DeviceSwigluBackwardArgs& b) {
    const bool pieces = in_pieces(b);
    const SwigluBackwardProblem p{b, blocks_of_a_row(b.forward, pieces ? kPiece : 1)};
    const simt::Grid grid{static_cast<int>(b.forward.rows * p.blocks_each), 1, 1};
    if (pieces) return launch(&swiglu_backward_kernel<kPiece, Element>, grid, kSwigluThreads, 0, b.forward.stream, p);
    return launch(&swiglu_backward_kernel<1, Element>, grid, kSwigluThreads, 0, b.forward.stream, p);
}

bool supports(const DeviceSwigluArgs& a, bool pieces, const kernels::DeviceLimits& limits) {
    constexpr std::int64_t kMost = std::numeric_limits<int>::max();
    if (limits.compute_capability < 80 || a.rows < 0 || a.width < 1 || a.rows > kMost || a.width > kMost) return false;
    return a.rows * blocks_of_a_row(a, pieces ? kPiece : 1) <= kMost;
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_swiglu_supports(const DeviceSwigluArgs& args, const DeviceLimits& limits) noexcept {
    return cuda::supports(args, cuda::in_pieces(args), limits);
}

std::string device_swiglu(const DeviceSwigluArgs& args, const DeviceLimits&) {
    if (args.rows == 0) return {};
    const char* error = args.element == DeviceElement::Float32 ? cuda::launch_for<float>(args) : cuda::launch_for<cuda::Bf16>(args);
    return error != nullptr ? error : "";
}

bool device_swiglu_backward_supports(const DeviceSwigluBackwardArgs& args, const DeviceLimits& limits) noexcept {
    return cuda::supports(args.forward, cuda::in_pieces(args), limits);
}

std::string device_swiglu_backward(const DeviceSwigluBackwardArgs& args, const DeviceLimits&) {
    if (args.forward.rows == 0) return {};
    const bool float32 = args.forward.element == DeviceElement::Float32;
    const char* error = float32 ? cuda::launch_backward<float>(args) : cuda::launch_backward<cuda::Bf16>(args);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
