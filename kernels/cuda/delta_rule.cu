// SPDX-License-Identifier: Apache-2.0
// Which kernel takes a call, and with which cuts.
#include "kernels/cuda/delta_rule_plan.hpp"
#include "kernels/cuda/delta_rule_problem.cuh"
#include "kernels/cuda/carver.hpp"

#include <algorithm>
#include <cstdint>

namespace rankscope::cuda {
namespace {

using kernels::DeviceElement;
using kernels::DeviceLimits;

constexpr std::int64_t kMostBlocks = 65535;  // of y and z
constexpr std::int64_t kMostSegments = 32;   // errors of segments add up
constexpr std::int64_t kLeastChunks = 4;     // of a segment
constexpr std::int64_t kWorthSplitting = 4;  // idle multiprocessors for each busy one: a split costs twice the work

const DeltaRuleWidth* width_for(std::int64_t K) {
    for (const DeltaRuleWidth* w : {&kDeltaRule16, &kDeltaRule32, &kDeltaRule48, &kDeltaRule64, &kDeltaRule96, &kDeltaRule128,
                                    &kDeltaRule192, &kDeltaRule256}) {
        if (K <= w->keys) return w;
    }
    return nullptr;
}

int index_of(DeviceElement element) {
    return element == DeviceElement::BFloat16 ? 1 : 0;
}

std::int64_t element_bytes(DeviceElement element) {
    return element == DeviceElement::BFloat16 ? 2 : 4;
}

std::int64_t chunk_tokens(DeviceElement element) {
    return element == DeviceElement::BFloat16 ? Chunk<Bf16>::tokens : Chunk<float>::tokens;
}

bool usable(const DeviceDeltaRuleArgs& a, const DeviceLimits& limits) {
    return limits.compute_capability >= 80 && a.B >= 1 && a.T >= 0 && a.tokens >= 0 && a.H >= 1 && a.HV >= 1 && a.HV % a.H == 0
           && a.HV <= kMostBlocks && a.B <= kMostBlocks && a.K >= 1 && a.K <= 256 && a.V >= 1;
}

DeviceDeltaRuleArgs with_strides(DeviceDeltaRuleArgs a) {
    if (a.q_stride == 0) a.q_stride = a.H * a.K;
    if (a.k_stride == 0) a.k_stride = a.H * a.K;
    if (a.v_stride == 0) a.v_stride = a.HV * a.V;
    if (a.out_stride == 0) a.out_stride = a.HV * a.V;
    return a;
}

bool multiple(std::int64_t bytes, std::int64_t of) {
    return bytes % of == 0;
}

bool address_multiple(const void* p, std::uintptr_t of) {
    return reinterpret_cast<std::uintptr_t>(p) % of == 0;
}

DeltaRuleProblem problem_of(const DeviceDeltaRuleArgs& args) {
    DeltaRuleProblem p;
    p.a = with_strides(args);
    const std::int64_t size = element_bytes(args.element);
    p.aligned = multiple(p.a.K * size, 16) && multiple(p.a.q_stride * size, 16) && multiple(p.a.k_stride * size, 16)
                && address_multiple(p.a.q, 16) && address_multiple(p.a.k, 16);
    p.pairs = multiple(p.a.V, 2) && multiple(p.a.v_stride, 2) && multiple(p.a.out_stride, 2)
              && address_multiple(p.a.v, static_cast<std::uintptr_t>(2 * size))
              && address_multiple(p.a.out, static_cast<std::uintptr_t>(2 * size));
    p.value_pitch = static_cast<int>((args.V + kColumns - 1) / kColumns * kColumns);
    return p;
}

std::size_t carve(DeltaRuleProblem& p, const DeltaRulePlan& plan, void* workspace) {
    const DeviceDeltaRuleArgs& a = p.a;
    const std::int64_t C = chunk_tokens(a.element), size = element_bytes(a.element);
    const std::int64_t cells = (a.tokens / C + a.B) * a.HV;
    Carver carver(workspace);
    p.solve = carver.take(cells * C * C * size);
    p.attend = carver.take(cells * C * C * size);
    p.gates = static_cast<float*>(carver.take(cells * 3 * C * 4));
    if (plan.segments > 1) {
        const std::int64_t rows = plan.segments * a.B * a.HV * plan.width->keys;
        p.ends = static_cast<float*>(carver.take(rows * p.value_pitch * 4));
        p.transfers = static_cast<float*>(carver.take(rows * transfer_pitch(plan.width->keys) * 4));
    }
    return carver.used();
}

std::string text(const char* error) {
    return error != nullptr ? error : "";
}

}  // namespace

DeltaRulePlan plan_chunked(const DeviceDeltaRuleArgs& args, const DeviceLimits& limits, int segments) {
    DeltaRulePlan plan;
    if (!usable(args, limits)) return plan;
    const DeltaRuleWidth* width = width_for(args.K);
    const int element = index_of(args.element);
    if (width->scan_shared[element](1) > limits.shared_bytes || prepare_shared(element == 1) > limits.shared_bytes) return plan;
    plan.width = width;
    plan.stages = width->scan_shared[element](2) <= limits.shared_bytes ? 2 : 1;
    const std::int64_t chunks = std::max<std::int64_t>(1, (args.T + chunk_tokens(args.element) - 1) / chunk_tokens(args.element));
    const std::int64_t blocks = args.B * args.HV * ((args.V + kColumns - 1) / kColumns);
    // The first segment reads the initial state while the last one writes the final state.
    const bool in_place = args.final_state != nullptr && args.final_state == args.initial_state;
    std::int64_t wanted = segments;
    if (segments <= 0) {
        wanted = std::min({limits.multiprocessors / blocks, chunks / kLeastChunks, kMostSegments});
        if (wanted < kWorthSplitting) wanted = 1;
    }
    if (in_place) wanted = 1;
    wanted = std::clamp<std::int64_t>(wanted, 1, std::min(chunks, kMostBlocks / args.B));
    plan.segment_chunks = static_cast<int>((chunks + wanted - 1) / wanted);
    plan.segments = static_cast<int>((chunks + plan.segment_chunks - 1) / plan.segment_chunks);
    DeltaRuleProblem counted = problem_of(args);
    plan.workspace = carve(counted, plan, nullptr);
    return plan;
}

namespace {

DeltaRuleProblem planned(const DeviceDeltaRuleArgs& args, const DeltaRulePlan& plan, void* workspace) {
    DeltaRuleProblem p = problem_of(args);
    carve(p, plan, workspace);
    p.stages = plan.stages;
    p.segments = plan.segments;
    p.segment_chunks = plan.segment_chunks;
    return p;
}

}  // namespace

std::string run_chunked(const DeviceDeltaRuleArgs& args, const DeltaRulePlan& plan, void* workspace) {
    return text(plan.width->prefill[index_of(args.element)](planned(args, plan, workspace)));
}

std::string keep_chunks(const DeviceDeltaRuleArgs& args, const DeltaRulePlan& plan, void* workspace, const KeptChunks& kept,
                        DeltaRuleProblem& problem) {
    problem = planned(args, plan, workspace);
    problem.kept_states = kept.states;
    problem.kept_fresh = kept.fresh;
    problem.inverse = kept.inverse;
    problem.lower = kept.lower;
    return text(plan.width->prefill[index_of(args.element)](problem));
}

namespace {

bool chunked_supports(const DeviceDeltaRuleArgs& args, const DeviceLimits& limits) noexcept {
    return plan_chunked(args, limits).width != nullptr;
}

std::size_t chunked_workspace(const DeviceDeltaRuleArgs& args, const DeviceLimits& limits) noexcept {
    return plan_chunked(args, limits).workspace;
}

std::string chunked_run(const DeviceDeltaRuleArgs& args, const DeviceLimits& limits, void* workspace) {
    return run_chunked(args, plan_chunked(args, limits), workspace);
}

bool decode_supports(const DeviceDeltaRuleArgs& args, const DeviceLimits& limits) noexcept {
    return usable(args, limits) && args.T == 1 && args.offsets == nullptr && args.P <= 1;
}

std::size_t decode_workspace(const DeviceDeltaRuleArgs&, const DeviceLimits&) noexcept {
    return 0;
}

std::string decode_run(const DeviceDeltaRuleArgs& args, const DeviceLimits&, void*) {
    DeltaRuleProblem p = problem_of(args);
    p.aligned = multiple(args.V, 4) && address_multiple(args.initial_state, 16) && address_multiple(args.final_state, 16)
                && address_multiple(args.states, 16);
    return text(width_for(args.K)->decode[index_of(args.element)](p));
}

constexpr kernels::DeviceDeltaRule kRules[] = {
    {"cuda-decode", &decode_supports, &decode_workspace, &decode_run},
    {"cuda-chunked", &chunked_supports, &chunked_workspace, &chunked_run},
};

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

std::span<const DeviceDeltaRule> device_delta_rules() noexcept {
    return cuda::kRules;
}

}  // namespace rankscope::kernels
