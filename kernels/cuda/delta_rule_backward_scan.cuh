// SPDX-License-Identifier: Apache-2.0
// Walks the chunks of a sequence from the last to the first with 32 columns of dS, one block for each (columns, value head,
// sequence): dS' behind every chunk, M and dV. dS lives in shared memory in float32; any key width in one kernel.
#pragma once

#include "kernels/cuda/delta_rule_backward_problem.cuh"

#include <type_traits>

namespace rankscope::cuda {

template <class Element>
struct BackwardScanShared {
    static constexpr int C = Chunk<Element>::tokens;
    static constexpr int kChunkPitch = C + kPad, kColumnPitch = kColumns + kPad;
    static constexpr bool kCopied = !std::is_same_v<Element, float>;  ///< dS as an operand is not dS itself

    static constexpr std::size_t bytes(int key_tile) {
        const int pitch = key_tile + kPad;
        return static_cast<std::size_t>(2 * C * pitch + 2 * C * kChunkPitch + 3 * C * kColumnPitch
                                        + (kCopied ? key_tile * kColumnPitch : 0))
                   * sizeof(Element)
               + static_cast<std::size_t>(key_tile * kColumnPitch + 4 * C) * sizeof(float);
    }

    Tile<Element> k, q, attend, inverse, d_out, x, read, operand;  ///< d_out: scaled for Qᵀ once Pᵀ is done with it
    Tile<float> state;
    float *gates, *beta;  ///< [3][C] as prepared, [C]

    RANKSCOPE_DEVICE BackwardScanShared(char* memory, int key_tile) {
        auto* elements = reinterpret_cast<Element*>(memory);
        const int pitch = key_tile + kPad;
        k = Tile<Element>{elements, pitch};
        q = Tile<Element>{k.at(C, 0), pitch};
        attend = {q.at(C, 0), kChunkPitch};
        inverse = {attend.at(C, 0), kChunkPitch};
        d_out = {inverse.at(C, 0), kColumnPitch};
        x = {d_out.at(C, 0), kColumnPitch};
        read = {x.at(C, 0), kColumnPitch};
        Element* next = read.at(C, 0);
        if constexpr (kCopied) {
            operand = {next, kColumnPitch};
            next = operand.at(key_tile, 0);
            state = {reinterpret_cast<float*>(next), kColumnPitch};
        } else {
            state = operand = {next, kColumnPitch};
        }
        gates = state.at(key_tile, 0);
        beta = gates + 3 * C;
    }
};

template <class Element>
class BackwardScan {
    using Shared = BackwardScanShared<Element>;
    static constexpr int C = Shared::C;

public:
    RANKSCOPE_DEVICE explicit BackwardScan(const DeltaRuleBackwardProblem& problem)
        : p(problem), a(p.a), shared(simt::shared_memory(), p.key_tile) {
        column = simt::block_x() * kColumns;
        head = simt::block_y();
        b = simt::block_z();
        sequence = sequence_at<Element>(p, b);
    }

    RANKSCOPE_DEVICE void run() {
        const std::int64_t cell = (b * a.HV + head) * a.K * a.V;
        for (int i = simt::thread(); i < p.key_tile * kColumns; i += kThreads) {
            const int key = i / kColumns, c = i % kColumns;
            const bool real = key < a.K && column + c < a.V && p.d_final_state != nullptr;
            keep(key, c, real ? p.d_final_state[cell + key * a.V + column + c] : 0.0F);
        }
        RANKSCOPE_ROLLED
        for (int chunk = static_cast<int>((sequence.length + C - 1) / C) - 1; chunk >= 0; --chunk) {
            simt::sync_block();
            load(chunk);
            simt::sync_block();
            step(chunk);
        }
        if (p.d_initial_state == nullptr) return;
        simt::sync_block();
        for (int i = simt::thread(); i < p.key_tile * kColumns; i += kThreads) {
            const int key = i / kColumns, c = i % kColumns;
            if (key < a.K && column + c < a.V) p.d_initial_state[cell + key * a.V + column + c] = *shared.state.at(key, c);
        }
    }

private:
    RANKSCOPE_DEVICE void keep(int key, int c, float x) const {
        *shared.state.at(key, c) = x;
        if constexpr (Shared::kCopied) put(*shared.operand.at(key, c), x);
    }

    RANKSCOPE_DEVICE int rows_of(int chunk) const {
        const std::int64_t left = sequence.length - static_cast<std::int64_t>(chunk) * C;
        return static_cast<int>(left < C ? left : C);
    }

    RANKSCOPE_DEVICE std::int64_t token_of(int chunk) const { return sequence.begin + static_cast<std::int64_t>(chunk) * C; }

    RANKSCOPE_DEVICE std::int64_t piece_of(int chunk) const { return (sequence.slot + chunk) * a.HV + head; }

    RANKSCOPE_DEVICE void load(int chunk) const {
        const std::int64_t token = token_of(chunk), index = piece_of(chunk), key_head = head / (a.HV / a.H);
        const int rows = rows_of(chunk), width = static_cast<int>(a.K), t = simt::thread();
        const int columns = static_cast<int>(a.V) - column < kColumns ? static_cast<int>(a.V) - column : kColumns;
        load_rows(shared.k, static_cast<const Element*>(a.k) + token * a.k_stride + key_head * a.K, a.k_stride, rows, width, C,
                  p.key_tile, p.aligned);
        load_rows(shared.q, static_cast<const Element*>(a.q) + token * a.q_stride + key_head * a.K, a.q_stride, rows, width, C,
                  p.key_tile, p.aligned);
        load_rows(shared.attend, static_cast<const Element*>(p.attend) + index * C * C, C, C, C, C, C, true);
        load_rows(shared.inverse, static_cast<const Element*>(p.inverse) + index * C * C, C, C, C, C, C, true);
        load_rows(Tile<float>{shared.gates, 3 * C}, static_cast<const float*>(p.gates + index * 3 * C), 0, 1, 3 * C, 1, 3 * C, true);
        load_rows(shared.d_out, static_cast<const Element*>(p.d_out) + (token * a.HV + head) * a.V + column, a.HV * a.V, rows,
                  columns, C, kColumns, p.aligned_out);
        if (t < C) shared.beta[t] = t < rows ? a.beta[(token + t) * a.HV + head] : 0.0F;
        simt::commit_copies();
        simt::wait_copies<0>();
    }

    RANKSCOPE_DEVICE void step(int chunk) const {
        const std::int64_t index = piece_of(chunk);
        Element* kept = static_cast<Element*>(p.d_states) + index * a.K * p.value_pitch + column;
        for (int i = simt::thread(); i < static_cast<int>(a.K) * kColumns; i += kThreads)
            kept[i / kColumns * p.value_pitch + i % kColumns] = *shared.operand.at(i / kColumns, i % kColumns);
        typename ChunkShare<Element>::Rows wanted = {}, m = {};
        share.template multiply_add<false, false>(wanted, shared.k, shared.operand, 0, p.key_tile);
        share.for_each(wanted, [&](float& x, int row, int) { x *= shared.gates[C + row]; });
        share.template multiply_add<true, false>(wanted, shared.attend, shared.d_out, share.diagonal(), C);
        share.for_each(wanted, [&](float& x, int row, int c) { put(*shared.x.at(row, c), x); });
        simt::sync_block();
        for (int i = simt::thread(); i < C * kColumns; i += kThreads) {
            Element& asked = *shared.d_out.at(i / kColumns, i % kColumns);
            put(asked, a.scale * shared.gates[i / kColumns] * to_float(asked));
        }
        share.template multiply_add<true, false>(m, shared.inverse, shared.x, share.diagonal(), C);
        write(m, chunk);
        simt::sync_block();
        update();
    }

    // M as it is and as the gradient of v and of what S was read for.
    RANKSCOPE_DEVICE void write(typename ChunkShare<Element>::Rows& m, int chunk) const {
        const int rows = rows_of(chunk);
        Element* kept = static_cast<Element*>(p.reach) + piece_of(chunk) * C * p.value_pitch + column;
        Element* d_v = static_cast<Element*>(p.d_v) + (token_of(chunk) * a.HV + head) * a.V + column;
        share.for_each(m, [&](float& x, int row, int c) {
            put(kept[row * p.value_pitch + c], x);
            const float y = shared.beta[row] * x;
            if (row < rows && column + c < a.V) put(d_v[row * a.HV * a.V + c], y);
            put(*shared.read.at(row, c), -shared.gates[row] * y);
        });
    }

    // dS' becomes dS, 16 keys of all columns a warp.
    RANKSCOPE_DEVICE void update() const {
        const float decay = shared.gates[C - 1];
        RANKSCOPE_ROLLED
        for (int key = simt::thread() / simt::kWarp * 16; key < p.key_tile; key += kWarps * 16) {
            const int row = key + lane() / 4;
            float sum[kColumns / 8][4];
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kColumns / 8; ++i) {
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 4; ++x)
                    sum[i][x] = decay * *shared.state.at(row + x / 2 * 8, i * 8 + lane() % 4 * 2 + x % 2);
            }
            RANKSCOPE_ROLLED
            for (int c = 0; c < C; c += 16) {
                Left<Element> query, read_key;
                load_left_turned(query, shared.q, key, c);
                load_left_turned(read_key, shared.k, key, c);
                RANKSCOPE_UNROLLED
                for (int i = 0; i < kColumns / 16; ++i) {
                    Right<Element> right[2];
                    load_right(right, shared.d_out, c, i * 16);
                    multiply(sum[i * 2], query, right[0]);
                    multiply(sum[i * 2 + 1], query, right[1]);
                    load_right(right, shared.read, c, i * 16);
                    multiply(sum[i * 2], read_key, right[0]);
                    multiply(sum[i * 2 + 1], read_key, right[1]);
                }
            }
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kColumns / 8; ++i) {
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 4; ++x)
                    keep(row + x / 2 * 8, i * 8 + lane() % 4 * 2 + x % 2, sum[i][x]);
            }
        }
    }

    const DeltaRuleBackwardProblem& p;
    const DeviceDeltaRuleArgs& a;
    Shared shared;
    ChunkShare<Element> share;
    std::int64_t head, b;
    int column;
    Sequence sequence;
};

template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 1) delta_rule_backward_scan(DeltaRuleBackwardProblem p) {
    BackwardScan<Element>(p).run();
}

}  // namespace rankscope::cuda
