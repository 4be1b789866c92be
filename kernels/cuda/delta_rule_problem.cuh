// SPDX-License-Identifier: Apache-2.0
// What the kernels of the chunked delta rule share: the problem as they see it, its sequences and chunks, and their workspace.
//
// Per chunk of C tokens and value head (rows are tokens, f_i = e^{g_i}, D_ij = f_{j+1}…f_i for i >= j, e_i = f_0…f_i):
//   A = strict_lower(diag(beta) (K Kᵀ ⊙ D)),   T = (1 + A)⁻¹ diag(beta),   P = scale · lower(Q Kᵀ ⊙ D)      prepare
//   X = V − diag(e) K S,   N = T X,   O = scale · diag(e) Q S + P N,   S <- e_{C-1} S + Kᵀ diag(D_{C-1,·}) N   scan
// Decays are products of numbers in [0, 1], never differences of sums: no positive exponent, and g = −inf is a plain zero.
#pragma once

#include "kernels/cuda/mma.cuh"
#include "kernels/delta_rule_device.hpp"

namespace rankscope::cuda {

using kernels::DeviceDeltaRuleArgs;

/// Tokens of a chunk. Three parts of a float are as many as shared memory holds of 32 rows.
template <class Element>
struct Chunk;

template <>
struct Chunk<Bf16> {
    static constexpr int tokens = 64;
};

template <>
struct Chunk<float> {
    static constexpr int tokens = 32;
};

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / simt::kWarp;
constexpr int kColumns = 32;  ///< of S in one block of the scan
constexpr int kPad = 8;       ///< elements behind every row in shared memory: neighbouring rows begin in other banks

constexpr int rounded_up(int x, int multiple) {
    return (x + multiple - 1) / multiple * multiple;
}

/// Columns of the transfer matrix [K, K] in its workspace.
constexpr int transfer_pitch(int key_tile) {
    return rounded_up(key_tile, kColumns);
}

struct DeltaRuleProblem {
    DeviceDeltaRuleArgs a;  ///< strides filled in
    bool aligned = false;   ///< rows of q and k are pieces of 16 bytes, aligned to 16
    bool pairs = false;     ///< rows of v and out are pairs of elements, aligned to a pair

    // Workspace: [slot, HV] matrices T and P [C, C] and gates [3, C]: e, D_{C-1,·}, f.
    void* solve = nullptr;
    void* attend = nullptr;
    float* gates = nullptr;

    // The sequence in `segments` pieces of `segment_chunks` chunks. Workspace: what segment s does to a state,
    // S <- M S + R: R [segments, B·HV, key tile, value_pitch], M [segments, B·HV, key tile, transfer_pitch].
    // `transfer`: compute these instead of outputs. Behind the combination, R of segment s is the state it ends with.
    int segments = 1, segment_chunks = 0, stages = 1;
    bool transfer = false;
    int value_pitch = 0;
    float* ends = nullptr;
    float* transfers = nullptr;

    // For the gradient: instead of outputs, what it needs of a chunk, elements in [slot, HV] pieces: S before the chunk
    // [K, value_pitch], N [C, value_pitch], (1 + A)⁻¹ and strict_lower(K Kᵀ ⊙ D) [C, C].
    void* kept_states = nullptr;
    void* kept_fresh = nullptr;
    void* inverse = nullptr;
    void* lower = nullptr;
};

/// Tokens [begin, begin + length) of a sequence, and the first of its slots in the workspace.
struct Sequence {
    std::int64_t begin, length, slot;
};

template <class Element>
RANKSCOPE_DEVICE Sequence sequence_at(const DeltaRuleProblem& p, std::int64_t b) {
    const std::int64_t begin = p.a.offsets != nullptr ? p.a.offsets[b] : b * p.a.T;
    const std::int64_t end = p.a.offsets != nullptr ? p.a.offsets[b + 1] : begin + p.a.T;
    // ⌊begin/C⌋ + b: room for every chunk of every sequence before it, whatever the lengths.
    return {begin, end - begin, begin / Chunk<Element>::tokens + b};
}

/// The sequence that `slot` belongs to: the last one that begins at or before it.
template <class Element>
RANKSCOPE_DEVICE std::int64_t sequence_of_slot(const DeltaRuleProblem& p, std::int64_t slot) {
    std::int64_t low = 0, high = p.a.B - 1;
    while (low < high) {
        const std::int64_t middle = (low + high + 1) / 2;
        if (sequence_at<Element>(p, middle).slot <= slot) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/// `rows` rows of `width` elements into a tile of rows_padded × width_padded, zeros around. Ends in shared memory after
/// wait_copies and a barrier.
template <class Element>
RANKSCOPE_DEVICE void load_rows(const Tile<Element>& to, const Element* from, std::int64_t stride, int rows, int width,
                                int rows_padded, int width_padded, bool aligned) {
    if (aligned) {
        constexpr int piece = 16 / static_cast<int>(sizeof(Element));
        const int pieces = width_padded / piece;
        for (int i = simt::thread(); i < rows_padded * pieces; i += simt::threads()) {
            const int row = i / pieces, column = i % pieces * piece;
            if (row < rows && column < width) {
                simt::copy_async(to.at(row, column), from + row * stride + column);
            } else {
                *simt::whole<simt::Float4>(to.at(row, column)) = {0, 0, 0, 0};
            }
        }
        return;
    }
    for (int i = simt::thread(); i < rows_padded * width_padded; i += simt::threads()) {
        const int row = i / width_padded, column = i % width_padded;
        Element x{};
        if (row < rows && column < width) x = from[row * stride + column];
        *to.at(row, column) = x;
    }
}

}  // namespace rankscope::cuda
