// SPDX-License-Identifier: Apache-2.0
// Gradient of the chunked delta rule: what its kernels share. With the terms of delta_rule_problem.cuh, W = (1 + A)⁻¹,
// L = strict_lower(K Kᵀ ⊙ D), u_i = D_{C-1,i} and X = V − diag(e) K S − L N (N = diag(beta) X), dO and dS' (of S' behind the chunk)
// given (kernels/cpu/delta_rule_chunk_gradient.hpp):
//   M = Wᵀ (Pᵀ dO + diag(u) K dS'),   dV = diag(beta) M,   dS = e_{C-1} dS' + scale · Qᵀ diag(e) dO − Kᵀ diag(e) dV          scan
//   R = scale · lower(dO Nᵀ) ⊙ D,   G = strict_lower(dV Nᵀ) ⊙ D                                                              pairs
//   dQ = scale · diag(e) dO Sᵀ + R K,   dK = diag(u) N dS'ᵀ − diag(e) dV Sᵀ + Rᵀ Q − (G + Gᵀ) K                              keys
//   dbeta_i = M_i · X_i,
//   dg_t = Σ_{j < t <= i} (P ⊙ dO Nᵀ − L ⊙ dV Nᵀ)_ij + Σ_{i >= t} (r_i − y_i) + Σ_{i < t} z_i + e_{C-1} ⟨dS', S⟩            gates
//   with r_i = scale · e_i q_i · S dO_i,   y_i = e_i k_i · S dV_i,   z_i = u_i k_i · dS' N_i
// S before every chunk, N, W and L come from the forward walk. Only the scan runs from chunk to chunk; everything else is a block
// for each chunk. Every summand of dg carries the decays it is about: nothing large cancels, and e^{−inf} gives a plain zero.
#pragma once

#include "kernels/cuda/delta_rule_problem.cuh"

namespace rankscope::cuda {

constexpr int kKeySlice = 32;    ///< channels of d_q and d_k in one block
constexpr int kValueSlice = 64;  ///< columns in shared memory at a time

/// Shapes of the base: value_pitch columns in kept_states, kept_fresh, d_states and reach.
struct DeltaRuleBackwardProblem : DeltaRuleProblem {
    const void* d_out = nullptr;
    const float* d_final_state = nullptr;
    void *d_q = nullptr, *d_k = nullptr, *d_v = nullptr;
    float *d_beta = nullptr, *d_g = nullptr, *d_initial_state = nullptr;
    bool aligned_out = false;  ///< rows of d_out are pieces of 16 bytes, aligned to 16
    int key_tile = 0;          ///< K rounded up to 16
    int key_slices = 0;

    // Workspace, in [slot, HV] pieces; pairs leaves R in `solve` and −G in `inverse`, which the scan needs no longer.
    void* d_states = nullptr;  ///< dS' [K, value_pitch]
    void* reach = nullptr;     ///< M [C, value_pitch]
    float* pair_sums = nullptr;  ///< [2, C]: what pairs of tokens add to dg, and M_i · (V − L N)_i
    float* key_sums = nullptr;   ///< [key_slices, 4, C]: r − y, z, −e_i k_i · S M_i, ⟨dS', S⟩ (first of C)
};

/// A warp's share of a product [C, 32]: rows of 16 tokens, pairs of 8 columns (mma.cuh).
template <class Element>
struct ChunkShare {
    static constexpr int C = Chunk<Element>::tokens;
    static constexpr int kRowWarps = C / 16, kColumnWarps = kWarps / kRowWarps;
    static constexpr int kPairs = 2 / kColumnWarps;

    using Rows = float[kPairs][2][4];

    int row_warp, first_pair;

    RANKSCOPE_DEVICE ChunkShare() {
        const int warp = simt::thread() / simt::kWarp;
        row_warp = warp % kRowWarps;
        first_pair = warp / kRowWarps * kPairs;
    }

    // Row and column of register x of pair, half.
    RANKSCOPE_DEVICE int row_at(int x) const { return row_warp * 16 + lane() / 4 + x / 2 * 8; }

    RANKSCOPE_DEVICE int column_at(int pair, int half) const { return (first_pair + pair) * 16 + half * 8 + lane() % 4 * 2; }

    /// The first summand that a product with the transpose of a lower triangular matrix has in these rows, and the end of those
    /// that one with the matrix itself has.
    RANKSCOPE_DEVICE int diagonal() const { return row_warp * 16; }

    RANKSCOPE_DEVICE int behind_diagonal() const { return row_warp * 16 + 16; }

    /// rows += left[rows, begin…end) · right[begin…end, 32]; turned: of the transposed tile.
    template <bool left_turned, bool right_turned>
    RANKSCOPE_DEVICE void multiply_add(Rows& rows, const Tile<Element>& left, const Tile<Element>& right, int begin, int end) const {
        RANKSCOPE_ROLLED
        for (int c = begin; c < end; c += 16) {
            Left<Element> a;
            if constexpr (left_turned) {
                load_left_turned(a, left, row_warp * 16, c);
            } else {
                load_left(a, left, row_warp * 16, c);
            }
            RANKSCOPE_UNROLLED
            for (int pair = 0; pair < kPairs; ++pair) {
                Right<Element> two[2];
                if constexpr (right_turned) {
                    load_right_turned(two, right, c, (first_pair + pair) * 16);
                } else {
                    load_right(two, right, c, (first_pair + pair) * 16);
                }
                multiply(rows[pair][0], a, two[0]);
                multiply(rows[pair][1], a, two[1]);
            }
        }
    }

    /// Calls body(register, row, column) for everything of a product that this thread holds.
    template <class Body>
    RANKSCOPE_DEVICE void for_each(Rows& rows, Body&& body) const {
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kPairs * 2; ++i) {
            RANKSCOPE_UNROLLED
            for (int x = 0; x < 4; ++x)
                body(rows[i / 2][i % 2][x], row_at(x), column_at(i / 2, i % 2) + x % 2);
        }
    }
};

/// The chunk of a block of pairs, keys and gates: block_x is the slot.
template <class Element>
struct ChunkPlace {
    std::int64_t slot, token;
    int rows;  ///< tokens; 0: nobody needs this slot

    RANKSCOPE_DEVICE explicit ChunkPlace(const DeltaRuleBackwardProblem& p) {
        constexpr int C = Chunk<Element>::tokens;
        slot = simt::block_x();
        const Sequence sequence = sequence_at<Element>(p, sequence_of_slot<Element>(p, slot));
        const std::int64_t first = (slot - sequence.slot) * C, left = sequence.length - first;
        token = sequence.begin + first;
        rows = static_cast<int>(left < C ? (left > 0 ? left : 0) : C);
    }
};

}  // namespace rankscope::cuda
