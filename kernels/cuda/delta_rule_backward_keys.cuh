// SPDX-License-Identifier: Apache-2.0
// d_q and d_k, one block for each chunk, key head and 32 channels, which adds up its value heads one after the other; and what each
// value head's states add to dg and dbeta. Then dg and dbeta themselves, a block for each chunk and value head.
#pragma once

#include "kernels/cuda/delta_rule_backward_problem.cuh"

namespace rankscope::cuda {

template <class Element>
struct KeysShared {
    static constexpr int C = Chunk<Element>::tokens;
    static constexpr int kKeyPitch = kKeySlice + kPad, kValuePitch = kValueSlice + kPad, kChunkPitch = C + kPad;
    static constexpr int kColumnWarps = ChunkShare<Element>::kColumnWarps;
    static constexpr std::size_t bytes =
        (2 * C * kKeyPitch + (2 * kKeySlice + 3 * C) * kValuePitch + 2 * C * kChunkPitch) * sizeof(Element)
        + (3 * kColumnWarps * C + 4) * sizeof(float);

    Tile<Element> k, q, state, d_state, d_out, reach, fresh, asked, read;
    float *sums, *inner;  ///< [3][kColumnWarps][C], [warp]

    RANKSCOPE_DEVICE explicit KeysShared(char* memory) {
        auto* elements = reinterpret_cast<Element*>(memory);
        k = Tile<Element>{elements, kKeyPitch};
        q = {k.at(C, 0), kKeyPitch};
        state = {q.at(C, 0), kValuePitch};
        d_state = {state.at(kKeySlice, 0), kValuePitch};
        d_out = {d_state.at(kKeySlice, 0), kValuePitch};
        reach = {d_out.at(C, 0), kValuePitch};
        fresh = {reach.at(C, 0), kValuePitch};
        asked = {fresh.at(C, 0), kChunkPitch};
        read = {asked.at(C, 0), kChunkPitch};
        sums = reinterpret_cast<float*>(read.at(C, 0));
        inner = sums + 3 * kColumnWarps * C;
    }
};

template <class Element>
class BackwardKeys {
    using Shared = KeysShared<Element>;
    using Share = ChunkShare<Element>;
    using Rows = typename Share::Rows;
    static constexpr int C = Shared::C;

public:
    RANKSCOPE_DEVICE explicit BackwardKeys(const DeltaRuleBackwardProblem& problem)
        : p(problem), a(p.a), place(p), shared(simt::shared_memory()) {
        key_head = simt::block_y();
        slice = simt::block_z();
        first_key = slice * kKeySlice;
        keys = static_cast<int>(a.K) - first_key < kKeySlice ? static_cast<int>(a.K) - first_key : kKeySlice;
    }

    RANKSCOPE_DEVICE void run() {
        if (place.rows == 0) return;
        load_rows(shared.k, static_cast<const Element*>(a.k) + place.token * a.k_stride + key_head * a.K + first_key, a.k_stride,
                  place.rows, keys, C, kKeySlice, p.aligned);
        load_rows(shared.q, static_cast<const Element*>(a.q) + place.token * a.q_stride + key_head * a.K + first_key, a.q_stride,
                  place.rows, keys, C, kKeySlice, p.aligned);
        Rows d_q = {}, d_k = {};
        const std::int64_t sharing = a.HV / a.H;
        RANKSCOPE_ROLLED
        for (std::int64_t head = key_head * sharing; head < (key_head + 1) * sharing; ++head)
            add_head(d_q, d_k, head);
        write(static_cast<Element*>(p.d_q), d_q);
        write(static_cast<Element*>(p.d_k), d_k);
    }

private:
    RANKSCOPE_DEVICE void write(Element* to, Rows& d) const {
        to += (place.token * a.H + key_head) * a.K + first_key;
        share.for_each(d, [&](float& x, int row, int key) {
            if (row < place.rows && key < keys) put(to[row * a.H * a.K + key], x);
        });
    }

    RANKSCOPE_DEVICE void add_head(Rows& d_q, Rows& d_k, std::int64_t head) const {
        const std::int64_t index = place.slot * a.HV + head;
        Rows asked = {}, read = {}, written = {};
        const float inner = products(asked, read, written, index, head);
        const float* gates = p.gates + index * 3 * C;
        const auto beta_of = [&](int row) { return row < place.rows ? a.beta[(place.token + row) * a.HV + head] : 0.0F; };
        const float since[2] = {gates[share.row_at(0)], gates[share.row_at(2)]};
        const float until[2] = {gates[C + share.row_at(0)], gates[C + share.row_at(2)]};
        const float beta[2] = {beta_of(share.row_at(0)), beta_of(share.row_at(2))};
        // Of this thread's two rows: r − y, z, −e_i k_i · S M_i.
        float sums[2][3] = {};
        RANKSCOPE_UNROLLED
        for (int i = 0; i < Share::kPairs * 2; ++i) {
            RANKSCOPE_UNROLLED
            for (int x = 0; x < 4; ++x) {
                const int half = x / 2, column = share.column_at(i / 2, i % 2) + x % 2, row = share.row_at(x);
                const float q = to_float(*shared.q.at(row, column)), k = to_float(*shared.k.at(row, column));
                const float answer = a.scale * since[half] * asked[i / 2][i % 2][x];
                const float forgotten = -since[half] * read[i / 2][i % 2][x], kept = until[half] * written[i / 2][i % 2][x];
                sums[half][0] += q * answer + k * (beta[half] * forgotten);
                sums[half][1] += k * kept;
                sums[half][2] += k * forgotten;
                d_q[i / 2][i % 2][x] += answer;
                d_k[i / 2][i % 2][x] += kept + beta[half] * forgotten;
            }
        }
        store_sums(sums, inner, index);
        share.template multiply_add<false, false>(d_q, shared.asked, shared.k, 0, share.behind_diagonal());
        share.template multiply_add<true, false>(d_k, shared.asked, shared.q, share.diagonal(), C);
        share.template multiply_add<false, false>(d_k, shared.read, shared.k, 0, share.behind_diagonal());
        share.template multiply_add<true, false>(d_k, shared.read, shared.k, share.diagonal(), C);
    }

    // dO Sᵀ, M Sᵀ and N dS'ᵀ; returns this thread's share of ⟨dS', S⟩. Weights R and −G are in shared memory then.
    RANKSCOPE_DEVICE float products(Rows& asked, Rows& read, Rows& written, std::int64_t index, std::int64_t head) const {
        const std::int64_t states = (index * a.K + first_key) * p.value_pitch;
        const auto* state = static_cast<const Element*>(p.kept_states) + states;
        const auto* d_state = static_cast<const Element*>(p.d_states) + states;
        const auto* reach = static_cast<const Element*>(p.reach) + index * C * p.value_pitch;
        const auto* fresh = static_cast<const Element*>(p.kept_fresh) + index * C * p.value_pitch;
        const auto* d_out = static_cast<const Element*>(p.d_out) + (place.token * a.HV + head) * a.V;
        float inner = 0;
        RANKSCOPE_ROLLED
        for (int column = 0; column < p.value_pitch; column += kValueSlice) {
            const int here = p.value_pitch - column < kValueSlice ? p.value_pitch - column : kValueSlice;
            const int width = static_cast<int>(a.V) - column < here ? static_cast<int>(a.V) - column : here;
            simt::sync_block();
            if (column == 0) {
                load_rows(shared.asked, static_cast<const Element*>(p.solve) + index * C * C, C, C, C, C, C, true);
                load_rows(shared.read, static_cast<const Element*>(p.inverse) + index * C * C, C, C, C, C, C, true);
            }
            load_rows(shared.state, state + column, p.value_pitch, keys, here, kKeySlice, here, true);
            load_rows(shared.d_state, d_state + column, p.value_pitch, keys, here, kKeySlice, here, true);
            load_rows(shared.d_out, d_out + column, a.HV * a.V, place.rows, width, C, here, p.aligned_out);
            load_rows(shared.reach, reach + column, p.value_pitch, C, here, C, here, true);
            load_rows(shared.fresh, fresh + column, p.value_pitch, C, here, C, here, true);
            simt::commit_copies();
            simt::wait_copies<0>();
            simt::sync_block();
            share.template multiply_add<false, true>(asked, shared.d_out, shared.state, 0, here);
            share.template multiply_add<false, true>(read, shared.reach, shared.state, 0, here);
            share.template multiply_add<false, true>(written, shared.fresh, shared.d_state, 0, here);
            for (int i = simt::thread(); i < kKeySlice * here; i += kThreads)
                inner += to_float(*shared.state.at(i / here, i % here)) * to_float(*shared.d_state.at(i / here, i % here));
        }
        return inner;
    }

    // Adds up over the channels, in the order of warps.
    RANKSCOPE_DEVICE void store_sums(float (&sums)[2][3], float inner, std::int64_t index) const {
        const int t = simt::thread(), warp = t / simt::kWarp, column_warp = warp / Share::kRowWarps;
        for (int mask = 16; mask > 0; mask /= 2)
            inner += simt::shuffle_xor(inner, mask);
        RANKSCOPE_UNROLLED
        for (int half = 0; half < 2; ++half) {
            RANKSCOPE_UNROLLED
            for (int kind = 0; kind < 3; ++kind) {
                float sum = sums[half][kind];
                sum += simt::shuffle_xor(sum, 1);
                sum += simt::shuffle_xor(sum, 2);
                if (lane() % 4 == 0) shared.sums[(kind * Share::kColumnWarps + column_warp) * C + share.row_at(half * 2)] = sum;
            }
        }
        if (lane() == 0) shared.inner[warp] = inner;
        simt::sync_block();
        if (t >= C) return;
        float* to = p.key_sums + (index * p.key_slices + slice) * 4 * C;
        RANKSCOPE_UNROLLED
        for (int kind = 0; kind < 3; ++kind) {
            float sum = 0;
            RANKSCOPE_UNROLLED
            for (int w = 0; w < Share::kColumnWarps; ++w)
                sum += shared.sums[(kind * Share::kColumnWarps + w) * C + t];
            to[kind * C + t] = sum;
        }
        if (t == 0) to[3 * C] = shared.inner[0] + shared.inner[1] + shared.inner[2] + shared.inner[3];
    }

    const DeltaRuleBackwardProblem& p;
    const DeviceDeltaRuleArgs& a;
    ChunkPlace<Element> place;
    Shared shared;
    Share share;
    std::int64_t key_head;
    int slice, first_key, keys;
};

template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 1) delta_rule_backward_keys(DeltaRuleBackwardProblem p) {
    BackwardKeys<Element>(p).run();
}

template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kThreads, 1) delta_rule_backward_gates(DeltaRuleBackwardProblem p) {
    constexpr int C = Chunk<Element>::tokens;
    auto* around = reinterpret_cast<float*>(simt::shared_memory());  // [C] r − y, [C] z
    const DeviceDeltaRuleArgs& a = p.a;
    const ChunkPlace<Element> place(p);
    if (place.rows == 0) return;
    const std::int64_t head = simt::block_y(), index = place.slot * a.HV + head;
    const int t = simt::thread();
    const float* pairs = p.pair_sums + index * 2 * C;
    const float* sums = p.key_sums + index * p.key_slices * 4 * C;
    float inner = 0;
    if (t < C) {
        float read = 0, written = 0, learned = pairs[C + t];
        for (int slice = 0; slice < p.key_slices; ++slice, sums += 4 * C) {
            read += sums[t];
            written += sums[C + t];
            learned += sums[2 * C + t];
            inner += sums[3 * C];
        }
        around[t] = read;
        around[C + t] = written;
        if (t < place.rows) p.d_beta[(place.token + t) * a.HV + head] = learned;
    }
    simt::sync_block();
    if (t >= place.rows || p.d_g == nullptr) return;
    float sum = pairs[t];
    RANKSCOPE_ROLLED
    for (int i = 0; i < C; ++i)
        sum += i < t ? around[C + i] : around[i];
    p.d_g[(place.token + t) * a.HV + head] = sum + p.gates[index * 3 * C + C - 1] * inner;
}

}  // namespace rankscope::cuda
