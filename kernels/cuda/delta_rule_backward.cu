// SPDX-License-Identifier: Apache-2.0
// What the gradient takes, and where it keeps things.
#include "kernels/cuda/carver.hpp"
#include "kernels/cuda/delta_rule_backward_launch.hpp"
#include "kernels/cuda/delta_rule_backward_problem.cuh"
#include "kernels/cuda/delta_rule_plan.hpp"

#include <cstdint>

namespace rankscope::cuda {
namespace {

using kernels::DeviceDeltaRuleBackwardArgs;
using kernels::DeviceElement;
using kernels::DeviceLimits;

// The forward pass whose intermediate results are kept.
DeviceDeltaRuleArgs forward_of(const DeviceDeltaRuleBackwardArgs& args) {
    DeviceDeltaRuleArgs a = args.forward;
    a.out = nullptr;
    a.final_state = nullptr;
    a.positions = nullptr;
    a.P = 0;
    a.states = nullptr;
    return a;
}

int key_tile_of(const DeviceDeltaRuleArgs& a) {
    return rounded_up(static_cast<int>(a.K), 16);
}

int value_pitch_of(const DeviceDeltaRuleArgs& a) {
    return rounded_up(static_cast<int>(a.V), kColumns);
}

// Workspace of the forward plan first, then that of the gradient.
struct BackwardWorkspace {
    void* forward = nullptr;
    KeptChunks kept;
    void *d_states = nullptr, *reach = nullptr;
    float *pair_sums = nullptr, *key_sums = nullptr;
    std::size_t bytes = 0;

    BackwardWorkspace(const DeviceDeltaRuleArgs& a, const DeltaRulePlan& plan, void* memory) {
        const bool bfloat16 = a.element == DeviceElement::BFloat16;
        const std::int64_t C = bfloat16 ? Chunk<Bf16>::tokens : Chunk<float>::tokens, size = bfloat16 ? 2 : 4;
        const std::int64_t cells = (a.tokens / C + a.B) * a.HV, pitch = value_pitch_of(a);
        const std::int64_t slices = (a.K + kKeySlice - 1) / kKeySlice;
        Carver carver(memory);
        forward = carver.take(static_cast<std::int64_t>(plan.workspace));
        kept.states = carver.take(cells * a.K * pitch * size);
        kept.fresh = carver.take(cells * C * pitch * size);
        kept.inverse = carver.take(cells * C * C * size);
        kept.lower = carver.take(cells * C * C * size);
        d_states = carver.take(cells * a.K * pitch * size);
        reach = carver.take(cells * C * pitch * size);
        pair_sums = static_cast<float*>(carver.take(cells * 2 * C * 4));
        key_sums = static_cast<float*>(carver.take(cells * slices * 4 * C * 4));
        bytes = carver.used();
    }
};

bool backward_supports(const DeviceDeltaRuleBackwardArgs& args, const DeviceLimits& limits) noexcept {
    const DeviceDeltaRuleArgs a = forward_of(args);
    return plan_chunked(a, limits).width != nullptr
           && backward_shared(a.element == DeviceElement::BFloat16, key_tile_of(a)) <= limits.shared_bytes;
}

std::size_t backward_workspace(const DeviceDeltaRuleBackwardArgs& args, const DeviceLimits& limits) noexcept {
    const DeviceDeltaRuleArgs a = forward_of(args);
    return BackwardWorkspace(a, plan_chunked(a, limits), nullptr).bytes;
}

std::string backward_run(const DeviceDeltaRuleBackwardArgs& args, const DeviceLimits& limits, void* workspace) {
    const DeviceDeltaRuleArgs a = forward_of(args);
    const DeltaRulePlan plan = plan_chunked(a, limits);
    const BackwardWorkspace memory(a, plan, workspace);
    DeltaRuleBackwardProblem p;
    if (std::string error = keep_chunks(a, plan, memory.forward, memory.kept, p); !error.empty()) return error;
    const bool bfloat16 = a.element == DeviceElement::BFloat16;
    p.d_out = args.d_out;
    p.d_final_state = args.d_final_state;
    p.d_q = args.d_q;
    p.d_k = args.d_k;
    p.d_v = args.d_v;
    p.d_beta = args.d_beta;
    p.d_g = args.d_g;
    p.d_initial_state = args.d_initial_state;
    p.aligned_out = a.V * (bfloat16 ? 2 : 4) % 16 == 0 && reinterpret_cast<std::uintptr_t>(args.d_out) % 16 == 0;
    p.key_tile = key_tile_of(a);
    p.key_slices = static_cast<int>((a.K + kKeySlice - 1) / kKeySlice);
    p.d_states = memory.d_states;
    p.reach = memory.reach;
    p.pair_sums = memory.pair_sums;
    p.key_sums = memory.key_sums;
    const char* error = bfloat16 ? backward_bfloat16(p) : backward_float32(p);
    return error != nullptr ? error : "";
}

constexpr kernels::DeviceDeltaRuleBackward kBackwards[] = {
    {"cuda-chunked-backward", &backward_supports, &backward_workspace, &backward_run},
};

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

std::span<const DeviceDeltaRuleBackward> device_delta_rule_backwards() noexcept {
    return cuda::kBackwards;
}

}  // namespace rankscope::kernels
