// SPDX-License-Identifier: Apache-2.0
// What the tokens of a chunk are to each other: products of their rows, on and below the diagonal, and the decays between them.
#pragma once

#include "kernels/cuda/delta_rule_problem.cuh"
#include "kernels/cuda/mma.cuh"

namespace rankscope::cuda {

/// Adds the products of the rows row_warp · 16 … of `one` and of `other` with kPairs · 16 rows of `right`, from first_pair · 16 on,
/// over `columns` columns (a multiple of 16) of all three tiles. Blocks above the diagonal are left alone.
template <class Element, int kPairs>
RANKSCOPE_DEVICE void add_pair_products(const Tile<Element>& one, const Tile<Element>& other, const Tile<Element>& right_rows, int row_warp,
                                        int first_pair, int columns, float (&ones)[kPairs][2][4], float (&others)[kPairs][2][4]) {
    RANKSCOPE_ROLLED
    for (int c = 0; c < columns; c += 16) {
        Left<Element> left, other_left;
        load_left(left, one, row_warp * 16, c);
        load_left(other_left, other, row_warp * 16, c);
        RANKSCOPE_UNROLLED
        for (int pair = 0; pair < kPairs; ++pair) {
            if (first_pair + pair > row_warp) continue;
            Right<Element> right[2];
            load_right_turned(right, right_rows, c, (first_pair + pair) * 16);
            RANKSCOPE_UNROLLED
            for (int i = 0; i < 2; ++i) {
                multiply(ones[pair][i], left, right[i]);
                multiply(others[pair][i], other_left, right[i]);
            }
        }
    }
}

/// D[i · pitch + t] = f_{t+1} … f_i for i >= t, a thread for each of the C tokens t; a barrier must follow.
template <int C>
RANKSCOPE_DEVICE void write_decays(const float* factor, float* D, int pitch) {
    const int t = simt::thread();
    if (t >= C) return;
    float product = 1;
    RANKSCOPE_ROLLED
    for (int i = t; i < C; ++i) {
        if (i > t) product *= factor[i];
        D[i * pitch + t] = product;
    }
}

}  // namespace rankscope::cuda
