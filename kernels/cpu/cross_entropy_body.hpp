// SPDX-License-Identifier: Apache-2.0
// Included by one file for each instruction set, which defines RANKSCOPE_SIMD and RANKSCOPE_LANES.
// A lane is a row of `hidden`: rows are packed as [channel][lanes], a few entries of the vocabulary are multiplied with them in
// registers, and what is left of their logits, the largest and a sum of exponentials, needs no step across lanes. The weights are
// read as they lie. No more than eight of their rows at a time: rows are often a power of two apart, and then share the ways
// of one set of the first-level cache.
#pragma once

#include "kernels/cpu/arithmetic.hpp"
#include "kernels/cpu/cross_entropy_table.hpp"
#include "kernels/cpu/simd.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

constexpr int kEntries = kLanes == 16 ? 8 : 4;  ///< of the vocabulary in a register block
constexpr int kRowVectors = 3;                  ///< vectors of rows in a register block
constexpr float kLowest = -3.40282347e38F;
static_assert(kCrossEntropyRows % (kRowVectors * kLanes) == 0);

// exponential() of arithmetic.hpp for x <= 0; NaN stays NaN.
inline Vec decaying_exponential(Vec x) {
    const Vec least = broadcast(-87.0F), round = broadcast(12582912.0F);
    x = x < least ? least : x;
    const Vec n = (x * 1.44269504F + round) - round;
    const Vec r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    const Mask exponent = (__builtin_convertvector(n, Mask) + 127) << 23;
    return exponential_near_zero(r) * reinterpret_cast<Vec>(exponent);
}

// Of kVectors vectors of rows, over the entries seen so far.
template <int kVectors>
struct Seen {
    Vec largest[kVectors], sum[kVectors], chosen[kVectors];
    Mask best[kVectors], target[kVectors];

    // Logits of entries v, v+1, …, v+count-1.
    void add(const Vec (&z)[kEntries][kVectors], std::int32_t v, int count) {
        RANKSCOPE_UNROLL
        for (int n = 0; n < kVectors; ++n) {
            Vec top = largest[n];
            RANKSCOPE_UNROLL
            for (int m = 0; m < kEntries; ++m) {
                if (m >= count) break;
                const Mask here = Mask{} + (v + m), above = z[m][n] > top;
                top = above ? z[m][n] : top;
                best[n] = above ? here : best[n];
                chosen[n] = target[n] == here ? z[m][n] : chosen[n];
            }
            Vec total = sum[n] * decaying_exponential(largest[n] - top);
            RANKSCOPE_UNROLL
            for (int m = 0; m < kEntries; ++m) {
                if (m >= count) break;
                total += decaying_exponential(z[m][n] - top);
            }
            sum[n] = total;
            largest[n] = top;
        }
    }
};

// Entries [first, last) for packed rows; weight of entry v at weight + (v - first) · width.
template <int kVectors>
void entries(const float* packed, std::int64_t width, const float* weight, std::int64_t first, std::int64_t last, Seen<kVectors>& seen) {
    for (std::int64_t v = first; v < last; v += kEntries) {
        const int count = last - v < kEntries ? static_cast<int>(last - v) : kEntries;
        const float* row[kEntries];
        for (int m = 0; m < kEntries; ++m) row[m] = weight + (v - first + (m < count ? m : count - 1)) * width;
        Vec z[kEntries][kVectors] = {};
        const float* x = packed;
        for (std::int64_t d = 0; d < width; ++d, x += kVectors * kLanes) {
            Vec h[kVectors];
            RANKSCOPE_UNROLL
            for (int n = 0; n < kVectors; ++n) h[n] = load(x + n * kLanes);
            RANKSCOPE_UNROLL
            for (int m = 0; m < kEntries; ++m) {
                const Vec w = broadcast(row[m][d]);
                RANKSCOPE_UNROLL
                for (int n = 0; n < kVectors; ++n) z[m][n] += w * h[n];
            }
        }
        seen.add(z, static_cast<std::int32_t>(v), count);
    }
}

// Rows [begin, begin + kVectors · kLanes) of the piece, those behind the last one left out, over [first, last).
template <int kVectors>
void rows_over_tile(const CrossEntropyPiece& p, std::int64_t begin, const float* packed, const float* weight, std::int64_t first,
                    std::int64_t last) {
    constexpr int kWidth = kVectors * kLanes;
    const int count = p.rows - begin < kWidth ? static_cast<int>(p.rows - begin) : kWidth;
    alignas(64) std::int32_t targets[kWidth] = {}, best[kWidth];
    alignas(64) float chosen[kWidth] = {}, largest[kWidth], sum[kWidth];
    std::memcpy(targets, p.targets + begin, static_cast<std::size_t>(count) * sizeof targets[0]);
    std::memcpy(chosen, p.chosen + begin, static_cast<std::size_t>(count) * sizeof chosen[0]);
    Seen<kVectors> seen;
    for (int n = 0; n < kVectors; ++n) {
        seen.largest[n] = broadcast(kLowest);
        seen.sum[n] = Vec{};
        seen.best[n] = Mask{} - 1;
        seen.chosen[n] = load(chosen + n * kLanes);
        std::memcpy(&seen.target[n], targets + n * kLanes, sizeof(Mask));
    }
    entries(packed, p.width, weight, first, last, seen);
    for (int n = 0; n < kVectors; ++n) {
        store(largest + n * kLanes, seen.largest[n]);
        store(sum + n * kLanes, seen.sum[n]);
        store(chosen + n * kLanes, seen.chosen[n]);
        std::memcpy(best + n * kLanes, &seen.best[n], sizeof(Mask));
    }
    for (int i = 0; i < count; ++i) {
        const std::int64_t r = begin + i;
        p.chosen[r] = chosen[i];
        const auto old = static_cast<double>(p.largest[r]), tile = static_cast<double>(largest[i]);
        if (largest[i] > p.largest[r]) {
            p.sum[r] = p.sum[r] * __builtin_exp(old - tile) + static_cast<double>(sum[i]);
            p.largest[r] = largest[i];
            p.best[r] = best[i];
        } else {
            p.sum[r] += static_cast<double>(sum[i]) * __builtin_exp(tile - old);
        }
    }
}

// Calls body(Vectors<n>) with the n vectors that `rows` rows fill, at most kRowVectors.
template <int kCount>
struct Vectors {};

template <class Body>
void with_vectors(std::int64_t rows, const Body& body) {
    if (rows > 2 * kLanes) {
        body(Vectors<3>{});
    } else if (rows > kLanes) {
        body(Vectors<2>{});
    } else {
        body(Vectors<1>{});
    }
}

template <int kVectors>
void pack(float* to, const CrossEntropyPiece& p, std::int64_t begin) {
    constexpr int kWidth = kVectors * kLanes;
    for (int i = 0; i < kWidth; ++i) {
        const bool real = begin + i < p.rows;
        const float* from = p.hidden + (real ? begin + i : 0) * p.width;
        for (std::int64_t d = 0; d < p.width; ++d) to[d * kWidth + i] = real ? from[d] : 0.0F;
    }
}

std::int64_t packed_floats(const CrossEntropyPiece& p) {
    return (p.rows + kLanes - 1) / kLanes * kLanes * p.width;
}

std::int64_t scratch_size(const CrossEntropyPiece& p) {
    return packed_floats(p) + (p.half != nullptr ? p.tile * p.width : 0);
}

void run(const CrossEntropyPiece& p, float* scratch) {
    constexpr std::int64_t kStep = kRowVectors * kLanes;
    float* widened = scratch + packed_floats(p);
    for (std::int64_t r = 0; r < p.rows; ++r) {
        p.largest[r] = kLowest;
        p.sum[r] = 0;
        p.best[r] = -1;
    }
    for (std::int64_t begin = 0; begin < p.rows; begin += kStep) {
        with_vectors(p.rows - begin, [&]<int kCount>(Vectors<kCount>) { pack<kCount>(scratch + begin * p.width, p, begin); });
    }
    for (std::int64_t first = p.first; first < p.last; first += p.tile) {
        const std::int64_t last = first + p.tile < p.last ? first + p.tile : p.last;
        const float* weight = widened;
        if (p.half != nullptr) {
            const Bf16* from = p.half + first * p.width;
            for (std::int64_t i = 0; i < (last - first) * p.width; ++i) widened[i] = to_float(from[i]);
        } else {
            weight = p.single + first * p.width;
        }
        for (std::int64_t begin = 0; begin < p.rows; begin += kStep) {
            with_vectors(p.rows - begin, [&]<int kCount>(Vectors<kCount>) {
                rows_over_tile<kCount>(p, begin, scratch + begin * p.width, weight, first, last);
            });
        }
    }
}

}  // namespace

extern const CrossEntropyTable kCrossEntropy{&run, &scratch_size};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
