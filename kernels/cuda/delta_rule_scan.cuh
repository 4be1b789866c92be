// SPDX-License-Identifier: Apache-2.0
// Walks the chunks of a segment with 32 columns of S, one block for each (columns, value head, sequence × segment). S lives in
// registers (float32) and, as the operand of the next chunk, in shared memory.
//
// `transfer`: the same walk tells what the segment does to any state, S <- M S + R. R are the columns of v from the zero state
// (the initial one for the first segment), M is what v = 0 makes of the identity: columns behind those of v.
// `kept_states`: the walk leaves S before every chunk, and N, for the gradient, and no outputs.
#pragma once

#include "kernels/cuda/delta_rule_problem.cuh"

namespace rankscope::cuda {

template <int kKeys, class Element>
struct ScanShared {
    static constexpr int C = Chunk<Element>::tokens;
    static constexpr int kKeyPitch = kKeys + kPad, kChunkPitch = C + kPad, kColumnPitch = kColumns + kPad;
    static constexpr std::size_t stage_bytes =
        (2 * C * kKeyPitch + 2 * C * kChunkPitch) * sizeof(Element) + 3 * C * sizeof(float);
    static constexpr std::size_t fixed_bytes = (kKeys + 3 * C) * kColumnPitch * sizeof(Element);
    static_assert(stage_bytes % 16 == 0 && fixed_bytes % 16 == 0);

    static constexpr std::size_t bytes(int stages) { return fixed_bytes + static_cast<std::size_t>(stages) * stage_bytes; }

    /// What a chunk brings along.
    struct Stage {
        Tile<Element> k, q, solve, attend;
        float* gates;  ///< [3][C]
    };

    Tile<Element> state, x, n, weighted;
    char* stages;

    RANKSCOPE_DEVICE explicit ScanShared(char* memory) {
        auto* elements = reinterpret_cast<Element*>(memory);
        state = Tile<Element>{elements, kColumnPitch};
        x = {state.at(kKeys, 0), kColumnPitch};
        n = {x.at(C, 0), kColumnPitch};
        weighted = {n.at(C, 0), kColumnPitch};
        stages = memory + fixed_bytes;
    }

    RANKSCOPE_DEVICE Stage stage(int index) const {
        char* at = stages + index * static_cast<int>(stage_bytes);
        auto* elements = reinterpret_cast<Element*>(at);
        Stage s;
        s.k = Tile<Element>{elements, kKeyPitch};
        s.q = {s.k.at(C, 0), kKeyPitch};
        s.solve = {s.q.at(C, 0), kChunkPitch};
        s.attend = {s.solve.at(C, 0), kChunkPitch};
        s.gates = reinterpret_cast<float*>(s.attend.at(C, 0));
        return s;
    }
};

template <int kKeys, class Element>
class Scan {
    using Shared = ScanShared<kKeys, Element>;
    using Stage = typename Shared::Stage;
    static constexpr int C = Shared::C;
    static constexpr int kRowWarps = C / 16, kColumnWarps = kWarps / kRowWarps;
    static constexpr int kPairs = kColumns / 16 / kColumnWarps;       ///< of 8 columns: a warp's share of [C, 32]
    static constexpr int kRows = (kKeys / 16 + kWarps - 1) / kWarps;  ///< of 16 keys: a warp's share of S
    static constexpr int kAll = kColumns / 16;

    struct State {
        float at[kRows][kAll][2][4];
    };

    using Rows = float[kPairs][2][4];

public:
    RANKSCOPE_DEVICE explicit Scan(const DeltaRuleProblem& problem) : p(problem), a(p.a), shared(simt::shared_memory()) {
        const int z = simt::block_z();
        head = simt::block_y();
        b = z / p.segments;
        segment = z % p.segments;
        const int value_tiles = p.value_pitch / kColumns;
        tile = simt::block_x();
        of_v = tile < value_tiles;
        column = (of_v ? tile : tile - value_tiles) * kColumns;
        sequence = sequence_at<Element>(p, b);
        chunks = static_cast<int>((sequence.length + C - 1) / C);
        first_chunk = segment * p.segment_chunks;
        end_chunk = first_chunk + p.segment_chunks < chunks ? first_chunk + p.segment_chunks : chunks;
        const int warp = simt::thread() / simt::kWarp;
        row_warp = warp % kRowWarps;
        first_pair = warp / kRowWarps * kPairs;
        key_warp = warp;
    }

    RANKSCOPE_DEVICE void run() {
        const int used = chunks > 0 ? (chunks + p.segment_chunks - 1) / p.segment_chunks : 1;
        const bool last = segment == used - 1;
        if (segment >= used) return;
        // Nobody needs what the last segment does, and what the first does to other states.
        if (p.transfer && (last || (segment == 0 && !of_v))) return;
        State state;
        begin_state(state);
        find_position();
        if (p.stages == 2 && first_chunk < end_chunk) issue(first_chunk, 0);
        RANKSCOPE_ROLLED
        for (int chunk = first_chunk; chunk < end_chunk; ++chunk) {
            const int at = p.stages == 2 ? (chunk - first_chunk) % 2 : 0;
            if (p.stages == 1) {
                simt::sync_block();
                issue(chunk, 0);
            }
            simt::wait_copies<0>();
            simt::sync_block();
            // Every thread is done with the other stage.
            if (p.stages == 2 && chunk + 1 < end_chunk) issue(chunk + 1, 1 - at);
            step(state, chunk, shared.stage(at));
        }
        finish(state, last);
    }

private:
    RANKSCOPE_DEVICE bool keeps() const { return p.kept_states != nullptr && !p.transfer; }

    RANKSCOPE_DEVICE bool answers() const { return p.kept_states == nullptr && !p.transfer; }

    RANKSCOPE_DEVICE std::int64_t cell() const { return b * a.HV + head; }

    RANKSCOPE_DEVICE int rows_of(int chunk) const {
        const std::int64_t left = sequence.length - static_cast<std::int64_t>(chunk) * C;
        return static_cast<int>(left < C ? left : C);
    }

    // Copies of a chunk, one group.
    RANKSCOPE_DEVICE void issue(int chunk, int at) {
        const Stage s = shared.stage(at);
        const std::int64_t token = sequence.begin + static_cast<std::int64_t>(chunk) * C;
        const std::int64_t key_head = head / (a.HV / a.H), index = (sequence.slot + chunk) * a.HV + head;
        const int rows = rows_of(chunk), width = static_cast<int>(a.K);
        load_rows(s.k, static_cast<const Element*>(a.k) + token * a.k_stride + key_head * a.K, a.k_stride, rows, width, C, kKeys,
                  p.aligned);
        load_rows(s.solve, static_cast<const Element*>(p.solve) + index * C * C, C, C, C, C, C, true);
        if (answers()) {
            load_rows(s.q, static_cast<const Element*>(a.q) + token * a.q_stride + key_head * a.K, a.q_stride, rows, width, C,
                      kKeys, p.aligned);
            load_rows(s.attend, static_cast<const Element*>(p.attend) + index * C * C, C, C, C, C, C, true);
        }
        load_rows(Tile<float>{s.gates, 3 * C}, static_cast<const float*>(p.gates + index * 3 * C), 0, 1, 3 * C, 1, 3 * C, true);
        simt::commit_copies();
    }

    // Calls body(register, key, column of the block) for everything of S this thread holds.
    template <class Body>
    RANKSCOPE_DEVICE void for_state(State& state, Body&& body) const {
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kRows; ++r) {
            const int row = (r * kWarps + key_warp) * 16 + lane() / 4;
            if (row >= kKeys) continue;
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kAll * 2; ++i) {
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 4; ++x)
                    body(state.at[r][i / 2][i % 2][x], row + x / 2 * 8, i * 8 + lane() % 4 * 2 + x % 2);
            }
        }
    }

    RANKSCOPE_DEVICE void begin_state(State& state) {
        const float* from = nullptr;
        std::int64_t pitch = a.V, keys = a.K, columns = a.V;
        if (segment == 0) {
            from = a.initial_state != nullptr ? a.initial_state + cell() * a.K * a.V : nullptr;
        } else if (!p.transfer) {
            pitch = columns = p.value_pitch;
            keys = kKeys;
            from = p.ends + ((segment - 1) * a.B * a.HV + cell()) * kKeys * pitch;
        }
        for_state(state, [&](float& s, int key, int c) {
            if (!of_v) {
                s = key == column + c && key < a.K ? 1.0F : 0.0F;
            } else {
                s = from != nullptr && key < keys && column + c < columns ? from[key * pitch + column + c] : 0.0F;
            }
        });
        share_state(state);
    }

    RANKSCOPE_DEVICE void share_state(State& state) {
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kRows; ++r) {
            const int row = (r * kWarps + key_warp) * 16 + lane() / 4;
            if (row >= kKeys) continue;
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kAll * 2; ++i) {
                const float(&s)[4] = state.at[r][i / 2][i % 2];
                put_pair(shared.state.at(row, i * 8 + lane() % 4 * 2), s[0], s[1]);
                put_pair(shared.state.at(row + 8, i * 8 + lane() % 4 * 2), s[2], s[3]);
            }
        }
    }

    RANKSCOPE_DEVICE void write_state(State& state, float* to) const {
        for_state(state, [&](float& s, int key, int c) {
            if (key < a.K && column + c < a.V) to[key * a.V + column + c] = s;
        });
    }

    RANKSCOPE_DEVICE void finish(State& state, bool last) {
        if (!p.transfer) {
            if (last && a.final_state != nullptr) write_state(state, a.final_state + cell() * a.K * a.V);
            return;
        }
        const std::int64_t pitch = of_v ? p.value_pitch : transfer_pitch(kKeys);
        float* to = (of_v ? p.ends : p.transfers) + (segment * a.B * a.HV + cell()) * kKeys * pitch;
        for_state(state, [&](float& s, int key, int c) { to[key * pitch + column + c] = s; });
    }

    // The first position of this segment.
    RANKSCOPE_DEVICE void find_position() {
        position = 0;
        if (p.transfer) return;
        while (position < a.P && a.positions[position] < static_cast<std::int64_t>(first_chunk) * C)
            ++position;
    }

    RANKSCOPE_DEVICE bool position_before(int chunk, int rows, int& row) const {
        if (p.transfer || position >= a.P) return false;
        const std::int64_t at = a.positions[position] - static_cast<std::int64_t>(chunk) * C;
        row = static_cast<int>(at < rows ? at : rows);
        return at < rows;
    }

    RANKSCOPE_DEVICE float* state_at_position() const { return a.states + (position * a.B * a.HV + cell()) * a.K * a.V; }

    // Row and column (in the block) of register x of pair, half.
    RANKSCOPE_DEVICE int row_at(int x) const { return row_warp * 16 + lane() / 4 + x / 2 * 8; }

    RANKSCOPE_DEVICE int column_at(int pair, int half) const { return (first_pair + pair) * 16 + half * 8 + lane() % 4 * 2; }

    // rows += tile[rows of the warp, 0…depth) · right[0…depth, columns of the warp)
    RANKSCOPE_DEVICE void multiply_rows(Rows& rows, const Tile<Element>& tile, const Tile<Element>& right, int depth) const {
        RANKSCOPE_ROLLED
        for (int c = 0; c < depth; c += 16) {
            Left<Element> left;
            load_left(left, tile, row_warp * 16, c);
            RANKSCOPE_UNROLLED
            for (int pair = 0; pair < kPairs; ++pair) {
                Right<Element> two[2];
                load_right(two, right, c, (first_pair + pair) * 16);
                multiply(rows[pair][0], left, two[0]);
                multiply(rows[pair][1], left, two[1]);
            }
        }
    }

    // state = decay · state + Kᵀ weighted
    RANKSCOPE_DEVICE void update(State& state, const Stage& s, float decay) const {
        for_state(state, [&](float& x, int, int) { x *= decay; });
        RANKSCOPE_ROLLED
        for (int c = 0; c < C; c += 16) {
            Right<Element> right[kAll][2];
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kAll; ++i)
                load_right(right[i], shared.weighted, c, i * 16);
            RANKSCOPE_UNROLLED
            for (int r = 0; r < kRows; ++r) {
                const int row = (r * kWarps + key_warp) * 16;
                if (row >= kKeys) continue;
                Left<Element> left;
                load_left_turned(left, s.k, row, c);
                RANKSCOPE_UNROLLED
                for (int i = 0; i < kAll * 2; ++i)
                    multiply(state.at[r][i / 2][i % 2], left, right[i / 2][i % 2]);
            }
        }
    }

    // weighted = diag(w) N, w one number for each of this thread's two rows.
    RANKSCOPE_DEVICE void share_weighted(const Rows& n, float upper, float lower) const {
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kPairs * 2; ++i) {
            const float(&x)[4] = n[i / 2][i % 2];
            put_pair(shared.weighted.at(row_at(0), column_at(i / 2, i % 2)), upper * x[0], upper * x[1]);
            put_pair(shared.weighted.at(row_at(2), column_at(i / 2, i % 2)), lower * x[2], lower * x[3]);
        }
    }

    // f_{row+1}…f_end, 0 for rows behind it.
    RANKSCOPE_DEVICE float decay_until(const Stage& s, int row, int end) const {
        if (row > end) return 0.0F;
        float product = 1;
        RANKSCOPE_ROLLED
        for (int i = row + 1; i <= end; ++i)
            product *= s.gates[2 * C + i];
        return product;
    }

    RANKSCOPE_DEVICE void values(float (&to)[4], std::int64_t token, int rows, int c) const {
        RANKSCOPE_UNROLLED
        for (int half = 0; half < 2; ++half) {
            const int row = row_at(half * 2);
            float x = 0, y = 0;
            if (of_v && row < rows) {
                const Element* v = static_cast<const Element*>(a.v) + (token + row) * a.v_stride + head * a.V + column + c;
                if (p.pairs && column + c < a.V) {
                    const Float2 both = get_pair(v);
                    x = both.x;
                    y = both.y;
                } else {
                    if (column + c < a.V) x = to_float(v[0]);
                    if (column + c + 1 < a.V) y = to_float(v[1]);
                }
            }
            to[half * 2] = x;
            to[half * 2 + 1] = y;
        }
    }

    RANKSCOPE_DEVICE void write_rows(const Rows& o, std::int64_t token, int rows) const {
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kPairs * 4; ++i) {
            const int half = i % 2, row = row_at(half * 2), c = column_at(i / 4, i / 2 % 2);
            if (row >= rows || column + c >= a.V) continue;
            Element* to = static_cast<Element*>(a.out) + (token + row) * a.out_stride + head * a.V + column + c;
            const float x = o[i / 4][i / 2 % 2][half * 2], y = o[i / 4][i / 2 % 2][half * 2 + 1];
            if (p.pairs) {
                put_pair(to, x, y);
            } else {
                put(to[0], x);
                if (column + c + 1 < a.V) put(to[1], y);
            }
        }
    }

    RANKSCOPE_DEVICE void step(State& state, int chunk, const Stage& s) {
        const int rows = rows_of(chunk);
        const std::int64_t token = sequence.begin + static_cast<std::int64_t>(chunk) * C;
        const std::int64_t piece = (sequence.slot + chunk) * a.HV + head;
        if (keeps()) {
            Element* kept = static_cast<Element*>(p.kept_states) + piece * a.K * p.value_pitch + column;
            for_state(state, [&](float& x, int key, int c) {
                if (key < a.K) put(kept[key * p.value_pitch + c], x);
            });
        }
        Rows x = {}, o = {};
        multiply_rows(x, s.k, shared.state, kKeys);
        if (answers()) multiply_rows(o, s.q, shared.state, kKeys);
        const float upper = s.gates[row_at(0)], lower = s.gates[row_at(2)];
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kPairs * 2; ++i) {
            float v[4];
            const int c = column_at(i / 2, i % 2);
            values(v, token, rows, c);
            float(&read)[4] = x[i / 2][i % 2];
            put_pair(shared.x.at(row_at(0), c), v[0] - upper * read[0], v[1] - upper * read[1]);
            put_pair(shared.x.at(row_at(2), c), v[2] - lower * read[2], v[3] - lower * read[3]);
            RANKSCOPE_UNROLLED
            for (int e = 0; e < 4; ++e)
                o[i / 2][i % 2][e] *= a.scale * (e < 2 ? upper : lower);
        }
        simt::sync_block();
        // T and P are lower triangular.
        const int depth = (row_warp + 1) * 16;
        Rows n = {};
        multiply_rows(n, s.solve, shared.x, depth);
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kPairs * 2; ++i) {
            const float(&e)[4] = n[i / 2][i % 2];
            put_pair(shared.n.at(row_at(0), column_at(i / 2, i % 2)), e[0], e[1]);
            put_pair(shared.n.at(row_at(2), column_at(i / 2, i % 2)), e[2], e[3]);
            if (keeps()) {
                Element* kept = static_cast<Element*>(p.kept_fresh) + piece * C * p.value_pitch + column + column_at(i / 2, i % 2);
                put_pair(kept + row_at(0) * p.value_pitch, e[0], e[1]);
                put_pair(kept + row_at(2) * p.value_pitch, e[2], e[3]);
            }
        }
        for (int row; position_before(chunk, rows, row) && row + 1 < rows; ++position) {
            State copy = state;
            share_weighted(n, decay_until(s, row_at(0), row), decay_until(s, row_at(2), row));
            simt::sync_block();
            update(copy, s, s.gates[row]);
            if (of_v) write_state(copy, state_at_position());
            simt::sync_block();
        }
        share_weighted(n, s.gates[C + row_at(0)], s.gates[C + row_at(2)]);
        simt::sync_block();
        if (answers()) {
            multiply_rows(o, s.attend, shared.n, depth);
            write_rows(o, token, rows);
        }
        update(state, s, s.gates[C - 1]);
        if (int row; position_before(chunk, rows, row)) {
            write_state(state, state_at_position());
            ++position;
        }
        share_state(state);
    }

    const DeltaRuleProblem& p;
    const DeviceDeltaRuleArgs& a;
    Shared shared;
    std::int64_t head, b, position = 0;
    int segment, tile, column, chunks, first_chunk, end_chunk, row_warp, first_pair, key_warp;
    bool of_v;
    Sequence sequence;
};

template <int kKeys, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 1) delta_rule_scan(DeltaRuleProblem p) {
    Scan<kKeys, Element>(p).run();
}

/// States at the begin of segments: ends[s] becomes M_s ends[s − 1] + ends[s]. One block for each (columns, head, sequence).
template <int kKeys, class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 1) delta_rule_combine(DeltaRuleProblem p) {
    constexpr int kRows = (kKeys / 16 + kWarps - 1) / kWarps, pitch = kColumns + kPad;
    const Tile<float> state{reinterpret_cast<float*>(simt::shared_memory()), pitch};
    const DeviceDeltaRuleArgs& a = p.a;
    const std::int64_t cell = simt::block_z() * a.HV + simt::block_y(), cells = a.B * a.HV;
    const int column = simt::block_x() * kColumns, warp = simt::thread() / simt::kWarp;
    constexpr int C = Chunk<Element>::tokens;
    const Sequence sequence = sequence_at<Element>(p, simt::block_z());
    const int used = static_cast<int>((sequence.length + p.segment_chunks * C - 1) / (p.segment_chunks * C));
    RANKSCOPE_ROLLED
    for (int segment = 0; segment + 1 < used; ++segment) {
        float* ends = p.ends + (segment * cells + cell) * kKeys * p.value_pitch;
        const Tile<float> transfer{p.transfers + (segment * cells + cell) * kKeys * transfer_pitch(kKeys), transfer_pitch(kKeys)};
        float sum[kRows][kColumns / 8][4];
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kRows; ++r) {
            const int row = (r * kWarps + warp) * 16 + lane() / 4;
            if (row >= kKeys) continue;
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kColumns / 8; ++i) {
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 4; ++x)
                    sum[r][i][x] = ends[(row + x / 2 * 8) * p.value_pitch + column + i * 8 + lane() % 4 * 2 + x % 2];
            }
        }
        RANKSCOPE_ROLLED
        for (int c = 0; c < kKeys && segment > 0; c += 16) {
            Right<float> right[kColumns / 16][2];
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kColumns / 16; ++i)
                load_right(right[i], state, c, i * 16);
            RANKSCOPE_UNROLLED
            for (int r = 0; r < kRows; ++r) {
                const int row = (r * kWarps + warp) * 16;
                if (row >= kKeys) continue;
                Left<float> left;
                load_left(left, transfer, row, c);
                RANKSCOPE_UNROLLED
                for (int i = 0; i < kColumns / 8; ++i)
                    multiply(sum[r][i], left, right[i / 2][i % 2]);
            }
        }
        simt::sync_block();
        RANKSCOPE_UNROLLED
        for (int r = 0; r < kRows; ++r) {
            const int row = (r * kWarps + warp) * 16 + lane() / 4;
            if (row >= kKeys) continue;
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kColumns / 8; ++i) {
                RANKSCOPE_UNROLLED
                for (int x = 0; x < 4; ++x) {
                    const int key = row + x / 2 * 8, c = i * 8 + lane() % 4 * 2 + x % 2;
                    *state.at(key, c) = sum[r][i][x];
                    ends[key * p.value_pitch + column + c] = sum[r][i][x];
                }
            }
        }
        simt::sync_block();
    }
}

}  // namespace rankscope::cuda
