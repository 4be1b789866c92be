// SPDX-License-Identifier: Apache-2.0
// What tokens of a chunk are to each other, one block for each chunk and value head: dO Nᵀ and M Nᵀ, from them the weights R and −G,
// and what pairs of tokens add to dg and dbeta.
#pragma once

#include "kernels/cuda/delta_rule_backward_problem.cuh"
#include "kernels/cuda/delta_rule_pairs.cuh"

namespace rankscope::cuda {

template <class Element>
struct PairsShared {
    static constexpr int C = Chunk<Element>::tokens;
    static constexpr int kPitch = kValueSlice + kPad, kSquare = C + 1;
    static constexpr std::size_t bytes = 3 * C * kPitch * sizeof(Element) + (3 * C * kSquare + 3 * C) * sizeof(float);

    Tile<Element> d_out, reach, fresh;
    float *D, *between, *above;      ///< [C][kSquare]: decays; what of dg, and of dbeta, a pair adds
    float *factor, *beta, *measured;  ///< [C]; M_i · V_i

    RANKSCOPE_DEVICE explicit PairsShared(char* memory) {
        auto* elements = reinterpret_cast<Element*>(memory);
        d_out = Tile<Element>{elements, kPitch};
        reach = {d_out.at(C, 0), kPitch};
        fresh = {reach.at(C, 0), kPitch};
        D = reinterpret_cast<float*>(fresh.at(C, 0));
        between = D + C * kSquare;
        above = between + C * kSquare;
        factor = above + C * kSquare;
        beta = factor + C;
        measured = beta + C;
    }
};

// Sums over what the pairs of a chunk added: dg_t gets all that reaches from before t to t or behind it.
template <class Element>
RANKSCOPE_DEVICE void sum_pairs(const PairsShared<Element>& s, float* sums) {
    constexpr int C = PairsShared<Element>::C, pitch = PairsShared<Element>::kSquare;
    const int t = simt::thread();
    if (t >= C) return;
    float across = 0, learned = s.measured[t];
    RANKSCOPE_ROLLED
    for (int i = t; i < C; ++i) {
        float row = 0;
        for (int j = 0; j < t; ++j)
            row += s.between[i * pitch + j];
        across += row;
    }
    RANKSCOPE_ROLLED
    for (int j = 0; j < t; ++j)
        learned -= s.above[t * pitch + j];
    sums[t] = across;
    sums[C + t] = learned;
}

template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 1) delta_rule_backward_pairs(DeltaRuleBackwardProblem p) {
    using Shared = PairsShared<Element>;
    constexpr int C = Shared::C, pitch = Shared::kSquare, kRowWarps = C / 16, kColumnWarps = kWarps / kRowWarps;
    constexpr int kPairs = C / 16 / kColumnWarps;  // of 8 columns for each warp
    const Shared s(simt::shared_memory());
    const DeviceDeltaRuleArgs& a = p.a;
    const ChunkPlace<Element> place(p);
    if (place.rows == 0) return;
    const std::int64_t head = simt::block_y(), index = place.slot * a.HV + head;
    const int t = simt::thread(), warp = t / simt::kWarp, rows = place.rows;
    const int row_warp = warp % kRowWarps, first_pair = warp / kRowWarps * kPairs;
    const auto* d_out = static_cast<const Element*>(p.d_out) + (place.token * a.HV + head) * a.V;
    const auto* v = static_cast<const Element*>(a.v) + place.token * a.v_stride + head * a.V;
    const auto* reach = static_cast<const Element*>(p.reach) + index * C * p.value_pitch;
    const auto* fresh = static_cast<const Element*>(p.kept_fresh) + index * C * p.value_pitch;

    if (t < C) {
        s.factor[t] = p.gates[index * 3 * C + 2 * C + t];
        s.beta[t] = t < rows ? a.beta[(place.token + t) * a.HV + head] : 0.0F;
        s.measured[t] = 0;
    }
    float on[kPairs][2][4] = {}, mn[kPairs][2][4] = {};
    RANKSCOPE_ROLLED
    for (int column = 0; column < p.value_pitch; column += kValueSlice) {
        const int here = p.value_pitch - column < kValueSlice ? p.value_pitch - column : kValueSlice;
        const int width = static_cast<int>(a.V) - column < here ? static_cast<int>(a.V) - column : here;
        simt::sync_block();
        load_rows(s.d_out, d_out + column, a.HV * a.V, rows, width, C, here, p.aligned_out);
        load_rows(s.reach, reach + column, p.value_pitch, C, here, C, here, true);
        load_rows(s.fresh, fresh + column, p.value_pitch, C, here, C, here, true);
        simt::commit_copies();
        simt::wait_copies<0>();
        simt::sync_block();
        RANKSCOPE_ROLLED
        for (int row = warp; row < rows; row += kWarps) {
            float sum = 0;
            for (int c = lane(); c < width; c += simt::kWarp)
                sum += to_float(*s.reach.at(row, c)) * to_float(v[row * a.v_stride + column + c]);
            for (int mask = 16; mask > 0; mask /= 2)
                sum += simt::shuffle_xor(sum, mask);
            if (lane() == 0) s.measured[row] += sum;
        }
        add_pair_products(s.d_out, s.reach, s.fresh, row_warp, first_pair, here, on, mn);
    }
    write_decays<C>(s.factor, s.D, pitch);
    simt::sync_block();
    const auto* attend = static_cast<const Element*>(p.attend) + index * C * C;
    const auto* keys = static_cast<const Element*>(p.lower) + index * C * C;
    auto* asked_weights = static_cast<Element*>(p.solve) + index * C * C;
    auto* read_weights = static_cast<Element*>(p.inverse) + index * C * C;
    RANKSCOPE_UNROLLED
    for (int pair = 0; pair < kPairs; ++pair) {
        RANKSCOPE_UNROLLED
        for (int i = 0; i < 2; ++i) {
            RANKSCOPE_UNROLLED
            for (int half = 0; half < 2; ++half) {
                const int row = row_warp * 16 + lane() / 4 + half * 8;
                const int column = (first_pair + pair) * 16 + i * 8 + lane() % 4 * 2;
                float asked[2], read[2];
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 2; ++x) {
                    // Selected, not multiplied by zero: what lies above the diagonal was never computed.
                    const int at = row * C + column + x;
                    const bool lower = column + x <= row, strict = column + x < row;
                    const float decay = lower ? s.D[row * pitch + column + x] : 0.0F;
                    const float answer = on[pair][i][half * 2 + x], error = mn[pair][i][half * 2 + x];
                    asked[x] = lower ? p.a.scale * (decay * answer) : 0.0F;
                    read[x] = strict ? -(decay * (s.beta[row] * error)) : 0.0F;
                    const float key = strict ? to_float(keys[at]) : 0.0F;
                    s.above[row * pitch + column + x] = strict ? key * error : 0.0F;
                    s.between[row * pitch + column + x] = strict ? to_float(attend[at]) * answer - key * (s.beta[row] * error) : 0.0F;
                }
                put_pair(asked_weights + row * C + column, asked[0], asked[1]);
                put_pair(read_weights + row * C + column, read[0], read[1]);
            }
        }
    }
    simt::sync_block();
    sum_pairs(s, p.pair_sums + index * 2 * C);
}

}  // namespace rankscope::cuda
