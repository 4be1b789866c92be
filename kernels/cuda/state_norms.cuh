// SPDX-License-Identifier: Apache-2.0
// Token after token with the whole S of a head in shared memory; thread (column, group) owns the rows group, group + groups, …
// of its column. Products Sᵀx go down the columns, products S x along the rows, a warp a row.
#pragma once

#include "kernels/cuda/bidiagonal.cuh"
#include "kernels/cuda/mma.cuh"
#include "kernels/state_norms_device.hpp"

namespace rankscope::cuda {

constexpr int kNormThreads = 256;
constexpr int kNormWarps = kNormThreads / simt::kWarp;
constexpr int kMostSide = 256;
constexpr int kMostSteps = 64;  // of Lanczos
constexpr int kCheckedSteps = 4;

struct StateNormsProblem {
    kernels::DeviceDeltaRuleArgs a;  ///< strides filled in
    float* norms = nullptr;
    float* states = nullptr;  ///< [blocks][K · pitch]; null: in shared memory
    int pitch = 0;            ///< of a row, V rounded up to 32
};

struct NormScratch {
    float* keys;             ///< [3][K] of the token before, this and the next one
    float* parts;            ///< [2][256] sums over the rows of a group, for every column
    float *left, *left_old;  ///< [K]
    float* right;            ///< [V rounded up]
    float* sums;             ///< [2][warps]
    float *q, *e;            ///< [steps] squares of the bidiagonal matrix

    static constexpr std::size_t bytes(int K, int pitch) {
        return (static_cast<std::size_t>(4 * K + 2 * kNormThreads + pitch + 2 * kNormWarps + 2 * kMostSteps) * sizeof(float) + 15)
               / 16 * 16;
    }

    RANKSCOPE_DEVICE NormScratch(char* memory, int K, int pitch) {
        keys = reinterpret_cast<float*>(memory);
        parts = keys + 3 * K;
        left = parts + 2 * kNormThreads;
        right = left + K;
        sums = right + pitch;
        q = sums + 2 * kNormWarps;
        e = q + kMostSteps;
    }
};

template <class Element>
class StateNorms {
public:
    RANKSCOPE_DEVICE StateNorms(const StateNormsProblem& problem)
        : p(problem), a(p.a), K(static_cast<int>(a.K)), V(static_cast<int>(a.V)), s(simt::shared_memory(), K, p.pitch) {
        head = simt::block_x();
        b = simt::block_y();
        t = simt::thread();
        state = p.states != nullptr ? p.states + (b * a.HV + head) * K * p.pitch
                                    : reinterpret_cast<float*>(simt::shared_memory() + NormScratch::bytes(K, p.pitch));
        groups = kNormThreads / p.pitch;
        column = t % p.pitch;
        group = t / p.pitch;
        begin = a.offsets != nullptr ? a.offsets[b] : b * a.T;
        length = (a.offsets != nullptr ? a.offsets[b + 1] : begin + a.T) - begin;
    }

    RANKSCOPE_DEVICE void run() {
        const std::int64_t cell = b * a.HV + head;
        const float* initial = a.initial_state != nullptr ? a.initial_state + cell * K * V : nullptr;
        for (int i = t; i < K * p.pitch; i += kNormThreads) {
            const int row = i / p.pitch, c = i % p.pitch;
            state[i] = initial != nullptr && c < V ? initial[row * V + c] : 0.0F;
        }
        if (length > 0) load_key(0);
        simt::sync_block();
        std::int64_t position = 0;
        RANKSCOPE_ROLLED
        for (std::int64_t token = 0; token < length; ++token) {
            const float squares = step(token);
            if (position >= a.P || a.positions[position] != token) continue;
            const float frobenius = sqrtf(sum_over_block(squares, 0));
            const float spectral = frobenius > 0 ? largest_singular_value(frobenius) : frobenius;
            if (t == 0) {
                float* to = p.norms + (position * a.B * a.HV + cell) * 2;
                to[0] = frobenius;
                to[1] = spectral;
            }
            ++position;
        }
        simt::sync_block();
        if (a.final_state == nullptr) return;
        for (int i = t; i < K * V; i += kNormThreads)
            a.final_state[cell * K * V + i] = state[i / V * p.pitch + i % V];
    }

private:
    RANKSCOPE_DEVICE void load_key(std::int64_t token) {
        const Element* k = static_cast<const Element*>(a.k) + (begin + token) * a.k_stride + head / (a.HV / a.H) * K;
        for (int c = t; c < K; c += kNormThreads)
            s.keys[token % 3 * K + c] = to_float(k[c]);
    }

    // One token; the sum of squares of what this thread owns. One barrier: keys of three tokens and parts of two are kept.
    RANKSCOPE_DEVICE float step(std::int64_t token) {
        const std::int64_t gate = (begin + token) * a.HV + head;
        const float decay = a.g != nullptr ? expf(a.g[gate]) : 1.0F;
        const float* key = s.keys + token % 3 * K;
        float* parts = s.parts + token % 2 * kNormThreads;
        if (token + 1 < length) load_key(token + 1);
        float read = 0;
        if (group < groups) {
            for (int row = group; row < K; row += groups)
                read += key[row] * state[row * p.pitch + column];
            parts[t] = read;
        }
        simt::sync_block();
        float squares = 0;
        if (group < groups) {
            read = 0;
            for (int i = 0; i < groups; ++i)
                read += parts[i * p.pitch + column];
            float v = 0;
            if (column < V) v = to_float(static_cast<const Element*>(a.v)[(begin + token) * a.v_stride + head * V + column]);
            const float write = column < V ? a.beta[gate] * (v - decay * read) : 0.0F;
            for (int row = group; row < K; row += groups) {
                float& x = state[row * p.pitch + column];
                x = decay * x + key[row] * write;
                squares += x * x;
            }
        }
        return squares;
    }

    // `buffer`: 0 and 1 in turn, so that one barrier is enough. Also makes what was written before visible to all.
    RANKSCOPE_DEVICE float sum_over_block(float x, int buffer) {
        x = warp_sum(x);
        float* sums = s.sums + buffer * kNormWarps;
        if (t % simt::kWarp == 0) sums[t / simt::kWarp] = x;
        simt::sync_block();
        x = 0;
        for (int w = 0; w < kNormWarps; ++w)
            x += sums[w];
        return x;
    }

    // Numbers of either sign that no structure of S cancels.
    RANKSCOPE_DEVICE static float start(int c) {
        std::uint32_t x = static_cast<std::uint32_t>(c) * 2654435769U + 12345U;
        x = (x ^ (x >> 15)) * 2246822519U;
        x ^= x >> 13;
        const float size = 0.5F + static_cast<float>(x >> 9) * 0x1p-23F;
        return x % 2 == 0 ? size : -size;
    }

    // left = scale · S right − keep · left; its length.
    RANKSCOPE_DEVICE float along_rows(float scale, float keep, int buffer) {
        float squares = 0;
        for (int row = t / simt::kWarp; row < K; row += kNormWarps) {
            float sum = 0;
            for (int c = t % simt::kWarp; c < p.pitch; c += simt::kWarp)
                sum += state[row * p.pitch + c] * s.right[c];
            const float x = scale * warp_sum(sum) - (keep != 0 ? keep * s.left[row] : 0.0F);
            if (t % simt::kWarp == 0) {
                s.left[row] = x;
                squares += x * x;
            }
        }
        return sqrtf(sum_over_block(squares, buffer));
    }

    // right = scale · Sᵀ left − keep · right; its length.
    RANKSCOPE_DEVICE float down_columns(float scale, float keep, int buffer) {
        if (group < groups) {
            float sum = 0;
            for (int row = group; row < K; row += groups)
                sum += state[row * p.pitch + column] * s.left[row];
            s.parts[t] = sum;
        }
        simt::sync_block();
        float square = 0;
        if (t < p.pitch) {
            float sum = 0;
            for (int i = 0; i < groups; ++i)
                sum += s.parts[i * p.pitch + t];
            const float x = scale * sum - (keep != 0 ? keep * s.right[t] : 0.0F);
            s.right[t] = x;
            square = x * x;
        }
        return sqrtf(sum_over_block(square, buffer));
    }

    // Of the bidiagonal matrix of `n` steps, the largest value, known to lie in [low, high]: 32 counts at a time.
    RANKSCOPE_DEVICE float largest_of(int n, float low, float high) const {
        RANKSCOPE_ROLLED
        for (int round = 0; round < 6; ++round) {
            const float part = (high - low) / (simt::kWarp + 1), x = low + part * (t % simt::kWarp + 1);
            int above = count_below(n, s.q, s.e, x * x) >= n ? 0 : 1;
            for (int mask = 1; mask < simt::kWarp; mask *= 2)
                above += simt::shuffle_xor(above, mask);
            high = above == simt::kWarp ? high : low + part * (above + 1);
            low += part * above;
        }
        return low + (high - low) / 2;
    }

    // Golub, Kahan & Lanczos without reorthogonalisation, which only repeats values: S/‖S‖_F, vectors kept unnormalised beside
    // their lengths. B has the lengths alpha of `right` on and beta of `left` beside its diagonal.
    RANKSCOPE_DEVICE float largest_singular_value(float frobenius) {
        const float unit = 1 / frobenius;
        simt::sync_block();  // parts and sums are free again
        if (t < p.pitch) s.right[t] = t < V ? start(t) : 0.0F;
        simt::sync_block();
        // Through S once: the start leans to where S is large.
        float beta = along_rows(unit, 0, 1);
        float alpha = 0, value = 0;
        const int side = K < V ? K : V, most = side < kMostSteps ? side : kMostSteps;
        RANKSCOPE_ROLLED
        for (int n = 0; n < most;) {
            if (!(beta > 0)) break;
            // right = Sᵀ left/beta − beta right_old/alpha
            alpha = down_columns(unit / beta, n > 0 ? beta / alpha : 0.0F, 0);
            if (t == 0) s.q[n] = alpha * alpha;
            if (t == 0 && n > 0) s.e[n - 1] = beta * beta;
            if (t == 0) s.e[n] = 0;
            ++n;
            simt::sync_block();
            if (n % kCheckedSteps == 0 || n == most || !(alpha > 1e-7F)) {
                // The norm of S/‖S‖_F is at most 1.
                const float before = value;
                value = largest_of(n, value * 0.999F, 1.001F);
                if (value - before <= 1e-6F * value || !(alpha > 1e-7F)) break;
            }
            // left = S right/alpha − alpha left_old/beta
            beta = along_rows(unit / alpha, alpha / beta, 1);
            if (beta <= 1e-7F) {
                value = largest_of(n, value * 0.999F, 1.001F);
                break;
            }
        }
        simt::sync_block();
        return value * frobenius;
    }

    const StateNormsProblem& p;
    const kernels::DeviceDeltaRuleArgs& a;
    int K, V;
    NormScratch s;
    std::int64_t head, b, begin, length;
    int t, groups, column, group;
    float* state;
};

/// Blocks (value head, sequence).
template <class Element>
RANKSCOPE_KERNEL RANKSCOPE_BOUNDS(kNormThreads, 1) state_norms_kernel(StateNormsProblem p) {
    StateNorms<Element>(p).run();
}

}  // namespace rankscope::cuda
