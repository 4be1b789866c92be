// SPDX-License-Identifier: Apache-2.0
// What the forward and the backward pass of the chunked delta rule share: the product of small blocks in registers, and
// everything about a chunk of 16 tokens that no column of S takes part in. Per value head, rows are tokens:
//   f_i = e^{g_i},  e_i = f_1…f_i,  D_ij = f_{j+1}…f_i (i >= j)
//   A = strict_lower(diag(beta) (K Kᵀ ⊙ D)),   P = scale · lower(Q Kᵀ ⊙ D)
// All decays are products of numbers in [0, 1]: no difference of sums, no positive exponent, e^{-inf} is a plain zero.
#pragma once

#include "kernels/cpu/delta_rule_head.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {

constexpr int kTokens = 16;                       ///< of a chunk; fewer are filled up with k = q = 0, beta = 0, f = 1
constexpr int kTokenVectors = kTokens / kLanes;   ///< vectors holding one number per token
constexpr int kRows = kLanes == 16 ? 8 : 4;       ///< rows of a register block of two vectors
static_assert(kTokens % kLanes == 0 && kTokens % kRows == 0);

/// acc[m][n] += Σ_c a[c·kStepC + m·kStepM] · b[c·kStepB + n·kLanes …]
template <int M, int N, int kStepC, int kStepM, int kStepB>
inline void multiply(Vec (&acc)[M][N], const float* a, const float* b, std::int64_t depth) {
    for (std::int64_t c = 0; c < depth; ++c, a += kStepC, b += kStepB) {
        Vec row[N];
        RANKSCOPE_UNROLL
        for (int n = 0; n < N; ++n) row[n] = load(b + n * kLanes);
        RANKSCOPE_UNROLL
        for (int m = 0; m < M; ++m) {
            const Vec x = broadcast(a[m * kStepM]);
            RANKSCOPE_UNROLL
            for (int n = 0; n < N; ++n) acc[m][n] += x * row[n];
        }
    }
}

template <int M, int N>
inline void load_block(Vec (&acc)[M][N], const float* from, std::int64_t stride) {
    RANKSCOPE_UNROLL
    for (int m = 0; m < M; ++m) {
        RANKSCOPE_UNROLL
        for (int n = 0; n < N; ++n) acc[m][n] = load(from + m * stride + n * kLanes);
    }
}

template <int M, int N>
inline void store_block(const Vec (&acc)[M][N], float* to, std::int64_t stride) {
    RANKSCOPE_UNROLL
    for (int m = 0; m < M; ++m) {
        RANKSCOPE_UNROLL
        for (int n = 0; n < N; ++n) store(to + m * stride + n * kLanes, acc[m][n]);
    }
}

template <bool kHigh>
inline Vec interleave(Vec a, Vec b) {
    Mask order;
    for (int i = 0; i < kLanes; ++i) order[i] = i / 2 + (kHigh ? kLanes / 2 : 0) + (i % 2) * kLanes;
    return __builtin_shuffle(a, b, order);
}

/// Transposes kLanes vectors: interleaving the two halves log2(kLanes) times.
inline void transpose(Vec (&x)[kLanes]) {
    RANKSCOPE_UNROLL
    for (int step = 1; step < kLanes; step *= 2) {
        Vec y[kLanes];
        RANKSCOPE_UNROLL
        for (int r = 0; r < kLanes / 2; ++r) {
            y[2 * r] = interleave<false>(x[r], x[r + kLanes / 2]);
            y[2 * r + 1] = interleave<true>(x[r], x[r + kLanes / 2]);
        }
        RANKSCOPE_UNROLL
        for (int r = 0; r < kLanes; ++r) x[r] = y[r];
    }
}

/// x[r] = row r of `from`, `width` floats of it; zeros behind them and in rows from `count` on. Nothing else is read.
template <int kCount>
inline void load_rows(Vec* x, const float* from, std::int64_t stride, std::int64_t width, std::int64_t count) {
    if (width == kLanes && count >= kCount) {
        RANKSCOPE_UNROLL
        for (int r = 0; r < kCount; ++r) x[r] = load(from + r * stride);
        return;
    }
    alignas(64) float rows[kCount][kLanes] = {};
    for (int r = 0; r < kCount && r < count; ++r) copy_floats(rows[r], from + r * stride, width);
    RANKSCOPE_UNROLL
    for (int r = 0; r < kCount; ++r) x[r] = load(rows[r]);
}

/// `count` rows of K floats, `stride` apart, into to[channel][kTokens]; zeros behind the last row and the last channel up
/// to a multiple of kLanes.
inline void pack_transposed(float* to, const float* from, std::int64_t stride, std::int64_t K, std::int64_t count) {
    for (std::int64_t c = 0; c < K; c += kLanes) {
        const std::int64_t width = kLanes < K - c ? kLanes : K - c;
        for (int part = 0; part < kTokenVectors; ++part) {
            Vec x[kLanes];
            load_rows<kLanes>(x, from + part * kLanes * stride + c, stride, width, count - part * kLanes);
            transpose(x);
            RANKSCOPE_UNROLL
            for (int r = 0; r < kLanes; ++r) store(to + (c + r) * kTokens + part * kLanes, x[r]);
        }
    }
}

/// rows[i][j] = Σ_c a[c][i] · b[c][j] for two packed chunks.
inline void token_products(float (*rows)[kTokens], const float* a, const float* b, std::int64_t K) {
    constexpr int M = kTokenVectors == 4 ? 2 : kRows;
    for (int i = 0; i < kTokens; i += M) {
        Vec acc[M][kTokenVectors] = {};
        multiply<M, kTokenVectors, kTokens, 1, kTokens>(acc, a + i, b, K);
        store_block(acc, rows[i], kTokens);
    }
}

/// What a chunk of up to C tokens of one head is, and its gates.
template <int C>
struct alignas(64) ChunkGates {
    static constexpr int kCount = C;

    float beta[C];
    float factor[C];       ///< f_i
    float since_begin[C];  ///< e_i
    float until_end[C];    ///< f_{i+1}…f_n
    float decay;           ///< f_1…f_n
    std::int64_t begin, count;
    std::int64_t position;  ///< index of the requested state after this chunk, or -1

    void compute_gates(const HeadIndex& head) {
        for (int i = 0; i < C; ++i) {
            beta[i] = i < count ? head.a.beta[head.gate(begin + i)] : 0.0F;
            factor[i] = i < count ? head.decay(begin + i) : 1.0F;
        }
        float product = 1;
        for (int i = 0; i < C; ++i) since_begin[i] = product *= factor[i];
        decay = product;
        product = 1;
        for (int i = C - 1; i >= 0; --i) {
            until_end[i] = product;
            product *= factor[i];
        }
    }
};

struct ChunkTerms : ChunkGates<kTokens> {
    // Where things lie: packed keys and queries are [channel][kStep], A and P in rows of kRow, with queries along kQuery of P.
    static constexpr int kStep = kTokens, kRow = kTokens, kQuery = kTokens, kKey = 1;

    float minus_A[kTokens][kTokens];  ///< -A
    float P[kTokens][kTokens];

    /// Of the packed keys and queries of one chunk with `rows` channels.
    static std::int64_t packed_floats(std::int64_t rows) { return 2 * rows * kTokens; }
    static const float* keys(const float* packed) { return packed; }
    static const float* queries(const float* packed, std::int64_t rows) { return packed + rows * kTokens; }

    /// Everything from the rows of keys and queries.
    void prepare(const HeadIndex& head, float* packed, std::int64_t rows) {
        const std::int64_t from = head.key(begin), stride = head.a.H * head.a.K;
        pack_transposed(packed, head.a.k + from, stride, head.a.K, count);
        pack_transposed(packed + rows * kTokens, head.a.q + from, stride, head.a.K, count);
        compute(head, packed, packed + rows * kTokens);
    }

    [[nodiscard]] const float* weights() const { return P[0]; }

    /// kT and qT: packed keys and queries, [channel][kTokens]. Without beta minus_A is -strict_lower(K Kᵀ ⊙ D); without qT
    /// P is left alone.
    template <bool kWithBeta = true>
    void compute(const HeadIndex& head, const float* kT, const float* qT) {
        compute_gates(head);
        token_products(minus_A, kT, kT, head.a.K);
        if (qT != nullptr) token_products(P, qT, kT, head.a.K);
        for (Decays D(*this); D.more(); D.next()) {
            // Selected, not multiplied by zero: what lies above the diagonal may have overflowed.
            const int i = D.row;
            const float sign = kWithBeta ? -beta[i] : -1.0F;
            for (int j = 0; j < kTokens; ++j) minus_A[i][j] = j < i ? sign * (D.values[j] * minus_A[i][j]) : 0.0F;
            if (qT == nullptr) continue;
            for (int j = 0; j < kTokens; ++j) P[i][j] = j <= i ? head.a.scale * (D.values[j] * P[i][j]) : 0.0F;
        }
    }

    /// The rows of D one after the other; values[j] means something for j <= row.
    struct Decays {
        const ChunkTerms& terms;
        int row = 0;
        float values[kTokens] = {1.0F};

        explicit Decays(const ChunkTerms& of) : terms(of) {}

        [[nodiscard]] bool more() const { return row < kTokens; }

        void next() {
            if (++row == kTokens) return;
            for (int j = 0; j < kTokens; ++j) values[j] = j == row ? 1.0F : values[j] * terms.factor[row];
        }
    };
};

}  // namespace rankscope::kernels::RANKSCOPE_SIMD
