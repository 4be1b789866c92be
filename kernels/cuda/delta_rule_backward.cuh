// SPDX-License-Identifier: Apache-2.0
// Launches of the gradient for one element; included by one .cu per element, so that they compile side by side.
#pragma once

#include "kernels/cuda/delta_rule_backward_keys.cuh"
#include "kernels/cuda/delta_rule_backward_launch.hpp"
#include "kernels/cuda/delta_rule_backward_pairs.cuh"
#include "kernels/cuda/delta_rule_backward_scan.cuh"
#include "kernels/cuda/launch.cuh"

namespace rankscope::cuda {

template <class Element>
const char* backward(const DeltaRuleBackwardProblem& p) {
    constexpr int C = Chunk<Element>::tokens;
    const auto HV = static_cast<int>(p.a.HV), H = static_cast<int>(p.a.H), B = static_cast<int>(p.a.B);
    const auto slots = static_cast<int>(p.a.tokens / C + p.a.B);
    const char* error = launch(&delta_rule_backward_scan<Element>, simt::Grid{p.value_pitch / kColumns, HV, B}, kThreads,
                               BackwardScanShared<Element>::bytes(p.key_tile), p.a.stream, p);
    if (error == nullptr && p.a.tokens > 0) {
        error = launch(&delta_rule_backward_pairs<Element>, simt::Grid{slots, HV, 1}, kThreads, PairsShared<Element>::bytes,
                       p.a.stream, p);
    }
    if (error == nullptr && p.a.tokens > 0) {
        error = launch(&delta_rule_backward_keys<Element>, simt::Grid{slots, H, p.key_slices}, kThreads, KeysShared<Element>::bytes,
                       p.a.stream, p);
    }
    if (error == nullptr && p.a.tokens > 0) {
        error = launch(&delta_rule_backward_gates<Element>, simt::Grid{slots, HV, 1}, kThreads, 2 * C * sizeof(float), p.a.stream, p);
    }
    return error;
}

template <class Element>
constexpr std::size_t backward_shared_bytes(int key_tile) {
    std::size_t most = BackwardScanShared<Element>::bytes(key_tile);
    most = PairsShared<Element>::bytes > most ? PairsShared<Element>::bytes : most;
    return KeysShared<Element>::bytes > most ? KeysShared<Element>::bytes : most;
}

}  // namespace rankscope::cuda
