// SPDX-License-Identifier: Apache-2.0
// Where the rows of one value head lie, and partial rows of vectors.
#pragma once

#include <cmath>

#include "kernels/cpu/simd.hpp"
#include "kernels/delta_rule.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

struct HeadIndex {
    const DeltaRuleArgs<float>& a;
    std::int64_t b, hv;
    std::int64_t begin, T;  ///< where the sequence lies on the token axis; t counts from there

    HeadIndex(const DeltaRuleArgs<float>& args, std::int64_t sequence, std::int64_t value_head)
        : a(args), b(sequence), hv(value_head), begin(args.offsets != nullptr ? args.offsets[b] : b * args.T),
          T(args.offsets != nullptr ? args.offsets[b + 1] - begin : args.T) {}

    [[nodiscard]] std::int64_t key(std::int64_t t) const { return ((begin + t) * a.H + hv / (a.HV / a.H)) * a.K; }

    [[nodiscard]] std::int64_t value(std::int64_t t) const { return ((begin + t) * a.HV + hv) * a.V; }

    [[nodiscard]] std::int64_t gate(std::int64_t t) const { return (begin + t) * a.HV + hv; }

    [[nodiscard]] std::int64_t state() const { return (b * a.HV + hv) * a.K * a.V; }

    /// Where the state at the p-th requested position goes.
    [[nodiscard]] float* captured(std::int64_t p) const { return a.states + p * a.B * a.HV * a.K * a.V + state(); }

    [[nodiscard]] float decay(std::int64_t t) const { return a.g != nullptr ? std::exp(a.g[gate(t)]) : 1.0F; }
};

inline void copy_floats(float* to, const float* from, std::int64_t count) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

inline void zero_floats(float* to, std::int64_t count) {
    std::memset(to, 0, static_cast<std::size_t>(count) * sizeof(float));
}

/// kVectors vectors from `width` floats, zeros after them; nothing behind the row is read.
template <int kVectors>
inline void load_row(const float* from, std::int64_t width, Vec* to) {
    if (width == kVectors * kLanes) {
        for (int n = 0; n < kVectors; ++n) to[n] = load(from + n * kLanes);
        return;
    }
    alignas(64) float row[kVectors * kLanes] = {};
    copy_floats(row, from, width);
    for (int n = 0; n < kVectors; ++n) to[n] = load(row + n * kLanes);
}

template <int kVectors>
inline void store_row(float* to, std::int64_t width, const Vec* from) {
    if (width == kVectors * kLanes) {
        for (int n = 0; n < kVectors; ++n) store(to + n * kLanes, from[n]);
        return;
    }
    alignas(64) float row[kVectors * kLanes];
    for (int n = 0; n < kVectors; ++n) store(row + n * kLanes, from[n]);
    copy_floats(to, row, width);
}

/// Rows of `width` floats into rows of `padded`, zeros between.
inline void pad_rows(float* to, std::int64_t padded, const float* from, std::int64_t stride, std::int64_t width, std::int64_t rows) {
    for (std::int64_t r = 0; r < rows; ++r) {
        copy_floats(to + r * padded, from + r * stride, width);
        zero_floats(to + r * padded + width, padded - width);
    }
}

inline std::int64_t round_up(std::int64_t n, std::int64_t unit) {
    return (n + unit - 1) / unit * unit;
}

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
