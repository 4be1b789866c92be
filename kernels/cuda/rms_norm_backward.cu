// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/column_sums.cuh"
#include "kernels/cuda/rms_norm_backward.cuh"

#include <cstdint>
#include <initializer_list>

namespace rankscope::cuda {
namespace {

using kernels::DeviceElement;
using kernels::DeviceRmsNormBackwardArgs;

bool by_block(const DeviceRmsNormBackwardArgs& b) {
    return b.forward.width > kWarpWidth;
}

std::int64_t blocks_of(const DeviceRmsNormBackwardArgs& b) {
    const std::int64_t each = by_block(b) ? kBlockRows : kRowWarps * kWarpRows;
    return (b.forward.rows + each - 1) / each;
}

RmsNormBackwardProblem problem_of(const DeviceRmsNormBackwardArgs& args, void* workspace) {
    RmsNormBackwardProblem p;
    p.b = args;
    kernels::DeviceRmsNormArgs& a = p.b.forward;
    if (a.gate_stride == 0) a.gate_stride = a.heads * a.width;
    p.partial = static_cast<float*>(workspace);
    p.by_block = by_block(args);
    p.aligned = a.width % kNormPiece == 0 && a.gate_stride % kNormPiece == 0;
    using Arrays = std::initializer_list<const void*>;
    for (const void* at : Arrays{a.x, a.weight, a.gate, args.d_out, args.d_sum, args.d_x, args.d_add, args.d_gate})
        p.aligned = p.aligned && reinterpret_cast<std::uintptr_t>(at) % 16 == 0;
    return p;
}

template <class Element>
const char* launch_for(const RmsNormBackwardProblem& p) {
    const simt::Grid grid{static_cast<int>(blocks_of(p.b)), 1, 1};
    const std::size_t floats = p.by_block ? 2 * kRowWarps : static_cast<std::size_t>(kRowWarps * p.b.forward.width);
    const auto run = [&](void (*kernel)(RmsNormBackwardProblem)) {
        return launch(kernel, grid, kRowThreads, floats * sizeof(float), p.b.forward.stream, p);
    };
    if (!p.aligned) return run(&rms_norm_backward_kernel<kMostHeld, 1, Element>);
    if (p.b.forward.width <= kFewHeldWidth) return run(&rms_norm_backward_kernel<kFewHeld, kNormPiece, Element>);
    return run(&rms_norm_backward_kernel<kMostHeld, kNormPiece, Element>);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_rms_norm_backward_supports(const DeviceRmsNormBackwardArgs& args, const DeviceLimits& limits) noexcept {
    return device_rms_norm_supports(args.forward, limits) && args.forward.width <= cuda::kBlockWidth
           && args.forward.stream_element == DeviceElement::Float32;
}

std::size_t device_rms_norm_backward_workspace(const DeviceRmsNormBackwardArgs& args) noexcept {
    return static_cast<std::size_t>(cuda::blocks_of(args) * args.forward.width) * sizeof(float);
}

std::string device_rms_norm_backward(const DeviceRmsNormBackwardArgs& args, void* workspace) {
    const cuda::RmsNormBackwardProblem p = cuda::problem_of(args, workspace);
    const char* error = nullptr;
    if (args.forward.rows > 0)
        error = args.forward.element == DeviceElement::Float32 ? cuda::launch_for<float>(p) : cuda::launch_for<cuda::Bf16>(p);
    if (error == nullptr)
        error = cuda::add_columns({p.partial, cuda::blocks_of(args), args.forward.width, args.d_weight}, args.forward.stream);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
