// SPDX-License-Identifier: Apache-2.0
// Launches for one key width; included by one .cu per width, so that they compile side by side.
#pragma once

#include "kernels/cuda/delta_rule_decode.cuh"
#include "kernels/cuda/delta_rule_scan.cuh"
#include "kernels/cuda/delta_rule_width.hpp"
#include "kernels/cuda/launch.cuh"

#include <type_traits>

namespace rankscope::cuda {

template <int kKeys, class Element>
std::size_t scan_shared(int stages) {
    return ScanShared<kKeys, Element>::bytes(stages);
}

template <int kKeys, class Element>
const char* prefill(const DeltaRuleProblem& p) {
    if (p.a.tokens > 0) {
        const char* error = std::is_same_v<Element, float> ? prepare_float32(p) : prepare_bfloat16(p);
        if (error != nullptr) return error;
    }
    const std::size_t shared = ScanShared<kKeys, Element>::bytes(p.stages);
    simt::Grid grid{p.value_pitch / kColumns, static_cast<int>(p.a.HV), static_cast<int>(p.a.B) * p.segments};
    if (p.segments > 1) {
        DeltaRuleProblem transfer = p;
        transfer.transfer = true;
        const simt::Grid wide{grid.x + transfer_pitch(kKeys) / kColumns, grid.y, grid.z};
        const char* error = launch(&delta_rule_scan<kKeys, Element>, wide, kThreads, shared, p.a.stream, transfer);
        if (error != nullptr) return error;
        const simt::Grid whole{grid.x, grid.y, static_cast<int>(p.a.B)};
        error = launch(&delta_rule_combine<kKeys, Element>, whole, kThreads, kKeys * (kColumns + kPad) * sizeof(float),
                       p.a.stream, p);
        if (error != nullptr) return error;
    }
    return launch(&delta_rule_scan<kKeys, Element>, grid, kThreads, shared, p.a.stream, p);
}

template <int kKeys, class Element>
const char* decode(const DeltaRuleProblem& p) {
    const simt::Grid grid{p.value_pitch / kColumns, static_cast<int>(p.a.HV), static_cast<int>(p.a.B)};
    return launch(&delta_rule_decode<kKeys, Element>, grid, kThreads, kDecodeShared, p.a.stream, p);
}

template <int kKeys>
constexpr DeltaRuleWidth delta_rule_width() {
    return {kKeys,
            {&scan_shared<kKeys, float>, &scan_shared<kKeys, Bf16>},
            {&prefill<kKeys, float>, &prefill<kKeys, Bf16>},
            {&decode<kKeys, float>, &decode<kKeys, Bf16>}};
}

}  // namespace rankscope::cuda
