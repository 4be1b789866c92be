// SPDX-License-Identifier: Apache-2.0
// One token: every number of S is read once, kept in a register and written once. One block for 32 columns of a value head;
// eight lanes hold the columns of a row, four each, so that a warp moves four rows of 128 bytes at a time.
#pragma once

#include "kernels/cuda/delta_rule_problem.cuh"

#include <cmath>

namespace rankscope::cuda {

constexpr int kRowsAtOnce = kThreads / (kColumns / 4);

/// [2][warps][columns]: the sums over keys of each warp, for k and for q.
constexpr std::size_t kDecodeShared = 2 * kWarps * kColumns * sizeof(float);

// Sums of the four columns over the rows of the block, for every thread.
RANKSCOPE_DEVICE simt::Float4 sum_over_rows(simt::Float4 x, float* sums) {
    RANKSCOPE_UNROLLED
    for (int mask = 8; mask < simt::kWarp; mask *= 2) {
        x.x += simt::shuffle_xor(x.x, mask);
        x.y += simt::shuffle_xor(x.y, mask);
        x.z += simt::shuffle_xor(x.z, mask);
        x.w += simt::shuffle_xor(x.w, mask);
    }
    auto* rows = simt::whole<simt::Float4>(sums);
    const int group = simt::thread() % 8;
    if (lane() < 8) rows[simt::thread() / simt::kWarp * 8 + group] = x;
    simt::sync_block();
    simt::Float4 total = rows[group];
    RANKSCOPE_UNROLLED
    for (int w = 1; w < kWarps; ++w) {
        const simt::Float4 more = rows[w * 8 + group];
        total.x += more.x;
        total.y += more.y;
        total.z += more.z;
        total.w += more.w;
    }
    return total;
}

// Up to four neighbours; `whole`: all of them, aligned to 16 bytes.
RANKSCOPE_DEVICE simt::Float4 load_four(const float* from, int count, bool whole) {
    if (whole) return *simt::whole<simt::Float4>(from);
    simt::Float4 x{0, 0, 0, 0};
    if (count > 0) x.x = from[0];
    if (count > 1) x.y = from[1];
    if (count > 2) x.z = from[2];
    if (count > 3) x.w = from[3];
    return x;
}

RANKSCOPE_DEVICE void store_four(float* to, const simt::Float4& x, int count, bool whole) {
    if (whole) {
        *simt::whole<simt::Float4>(to) = x;
        return;
    }
    if (count > 0) to[0] = x.x;
    if (count > 1) to[1] = x.y;
    if (count > 2) to[2] = x.z;
    if (count > 3) to[3] = x.w;
}

/// Blocks (columns, value head, sequence); p.aligned: V is a multiple of 4 and states are aligned to 16 bytes.
template <int kKeys, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 4) delta_rule_decode(DeltaRuleProblem p) {
    constexpr int kRows = (kKeys + kRowsAtOnce - 1) / kRowsAtOnce;
    auto* sums = reinterpret_cast<float*>(simt::shared_memory());
    const DeviceDeltaRuleArgs& a = p.a;
    const std::int64_t head = simt::block_y(), b = simt::block_z(), cell = b * a.HV + head, key_head = head / (a.HV / a.H);
    const int row = simt::thread() / 8, column = simt::block_x() * kColumns + simt::thread() % 8 * 4;
    const std::int64_t left = a.V - column;
    const int count = static_cast<int>(left < 0 ? 0 : left < 4 ? left : 4);
    const bool whole = p.aligned && count == 4;
    const auto* k = static_cast<const Element*>(a.k) + b * a.k_stride + key_head * a.K;
    const auto* q = static_cast<const Element*>(a.q) + b * a.q_stride + key_head * a.K;
    const std::int64_t begin = cell * a.K * a.V + column;
    simt::Float4 s[kRows], read{0, 0, 0, 0};
    float key[kRows];
    RANKSCOPE_UNROLLED
    for (int r = 0; r < kRows; ++r) {
        const int c = row + r * kRowsAtOnce;
        s[r] = {0, 0, 0, 0};
        key[r] = c < a.K ? to_float(k[c]) : 0.0F;
        if (c < a.K && a.initial_state != nullptr) s[r] = load_four(a.initial_state + begin + c * a.V, count, whole);
    }
    const float decay = a.g != nullptr ? expf(a.g[cell]) : 1.0F;
    RANKSCOPE_UNROLLED
    for (int r = 0; r < kRows; ++r) {
        s[r] = {decay * s[r].x, decay * s[r].y, decay * s[r].z, decay * s[r].w};
        read.x += key[r] * s[r].x;
        read.y += key[r] * s[r].y;
        read.z += key[r] * s[r].z;
        read.w += key[r] * s[r].w;
    }
    read = sum_over_rows(read, sums);
    const Element* v = static_cast<const Element*>(a.v) + b * a.v_stride + head * a.V + column;
    const float beta = a.beta[cell];
    const simt::Float4 write{
        count > 0 ? beta * (to_float(v[0]) - read.x) : 0.0F, count > 1 ? beta * (to_float(v[1]) - read.y) : 0.0F,
        count > 2 ? beta * (to_float(v[2]) - read.z) : 0.0F, count > 3 ? beta * (to_float(v[3]) - read.w) : 0.0F};
    simt::Float4 out{0, 0, 0, 0};
    RANKSCOPE_UNROLLED
    for (int r = 0; r < kRows; ++r) {
        const int c = row + r * kRowsAtOnce;
        if (c >= a.K) continue;
        s[r] = {s[r].x + key[r] * write.x, s[r].y + key[r] * write.y, s[r].z + key[r] * write.z, s[r].w + key[r] * write.w};
        if (a.final_state != nullptr) store_four(a.final_state + begin + c * a.V, s[r], count, whole);
        if (a.P > 0) store_four(a.states + begin + c * a.V, s[r], count, whole);
        const float query = to_float(q[c]);
        out.x += query * s[r].x;
        out.y += query * s[r].y;
        out.z += query * s[r].z;
        out.w += query * s[r].w;
    }
    out = sum_over_rows(out, sums + kWarps * kColumns);
    if (row > 0) return;
    Element* to = static_cast<Element*>(a.out) + b * a.out_stride + head * a.V + column;
    if (count > 0) put(to[0], a.scale * out.x);
    if (count > 1) put(to[1], a.scale * out.y);
    if (count > 2) put(to[2], a.scale * out.z);
    if (count > 3) put(to[3], a.scale * out.w);
}

}  // namespace rankscope::cuda
