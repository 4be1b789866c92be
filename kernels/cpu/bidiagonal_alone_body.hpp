// SPDX-License-Identifier: Apache-2.0
// Householder bidiagonalisation of one matrix, its rows along the lanes: for matrices of which kDoubles, in the lock step of
// bidiagonal_body.hpp, would not fit a cache near the core. The same single pass over the matrix for each step. With many registers
// one loop does two things: while a block of columns gets the update that the step before left behind and its product with u, a
// block whose r_j are known by then joins w = Σ_j r_j a_j, out of the first-level cache.
#pragma once

#include "kernels/cpu/bidiagonal_body.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

// Columns that share a load of u and of what the update needs, and whether there are registers to join others meanwhile.
constexpr int kBlock = kDoubles >= 4 ? 4 : 2;
constexpr bool kJoinMeanwhile = kDoubles >= 8;

constexpr std::int64_t whole_vectors(std::int64_t m) {
    return (m + kDoubles - 1) / kDoubles;
}

typedef double Block __attribute__((vector_size(kBlock * 8)));

// Sums over the lanes of kBlock vectors, side by side.
#if RANKSCOPE_DOUBLES == 8
inline Block sums_of_lanes(const Doubles* x) {
    const Doubles p = __builtin_shufflevector(x[0], x[1], 0, 8, 2, 10, 4, 12, 6, 14) + __builtin_shufflevector(x[0], x[1], 1, 9, 3, 11, 5, 13, 7, 15);
    const Doubles q = __builtin_shufflevector(x[2], x[3], 0, 8, 2, 10, 4, 12, 6, 14) + __builtin_shufflevector(x[2], x[3], 1, 9, 3, 11, 5, 13, 7, 15);
    const Doubles s = __builtin_shufflevector(p, q, 0, 1, 8, 9, 4, 5, 12, 13) + __builtin_shufflevector(p, q, 2, 3, 10, 11, 6, 7, 14, 15);
    return __builtin_shufflevector(s, s, 0, 1, 2, 3) + __builtin_shufflevector(s, s, 4, 5, 6, 7);
}
#elif RANKSCOPE_DOUBLES == 4
inline Block sums_of_lanes(const Doubles* x) {
    const Doubles p = __builtin_shufflevector(x[0], x[1], 0, 4, 2, 6) + __builtin_shufflevector(x[0], x[1], 1, 5, 3, 7);
    const Doubles q = __builtin_shufflevector(x[2], x[3], 0, 4, 2, 6) + __builtin_shufflevector(x[2], x[3], 1, 5, 3, 7);
    return __builtin_shufflevector(p, q, 0, 1, 4, 5) + __builtin_shufflevector(p, q, 2, 3, 6, 7);
}
#else
inline Block sums_of_lanes(const Doubles* x) {
    return __builtin_shufflevector(x[0], x[1], 0, 2) + __builtin_shufflevector(x[0], x[1], 1, 3);
}
#endif

inline double sum_of_lanes(Doubles x) {
    Doubles one[kBlock] = {x};
    return sums_of_lanes(one)[0];
}

// A block on its way into w: `count` columns, none, one or kBlock.
struct Joining {
    const Doubles* columns = nullptr;
    Block r = {};
    int count = 0;
};

// Vectors first..rows-1 of kColumns columns, and of kBefore columns that join w.
template <int kColumns, int kBefore>
inline void block_pass(std::int64_t first, std::int64_t rows, Doubles* columns, const double* y, const double* v, const Doubles* old_u,
                       const Doubles* old_x, const Doubles* u, Doubles* w, const Joining& before, Block* product) {
    constexpr int kRoom = kColumns > 0 ? kColumns : 1;
    constexpr int kRoomBefore = kBefore > 0 ? kBefore : 1;
    Doubles ys[kRoom], vs[kRoom], rs[kRoomBefore];
    Doubles sums[kBlock] = {};
    for (int c = 0; c < kColumns; ++c) {
        ys[c] = all(y[c]);
        vs[c] = all(v[c]);
    }
    for (int c = 0; c < kBefore; ++c) rs[c] = all(before.r[c]);
    for (std::int64_t i = first; i < rows; ++i) {
        if constexpr (kBefore > 0) {
            Doubles sum = w[i];
            for (int c = 0; c < kBefore; ++c) sum += before.columns[c * rows + i] * rs[c];
            w[i] = sum;
        }
        if constexpr (kColumns > 0) {
            const Doubles ui = u[i];
            const Doubles oui = old_u[i];
            const Doubles oxi = old_x[i];
            for (int c = 0; c < kColumns; ++c) {
                const Doubles entry = columns[c * rows + i] - oui * ys[c] - oxi * vs[c];
                columns[c * rows + i] = entry;
                sums[c] += entry * ui;
            }
        }
    }
    if constexpr (kColumns > 0) *product = sums_of_lanes(sums);
}

struct ScalarReflector {
    double square, rho, tau;
};

inline ScalarReflector scalar_reflector(double square, double first) {
    if (square < kNoLength) return {0, first, 0};
    const double length = __builtin_sqrt(square);
    return {square, first > 0 ? -length : length, 1 / (square + __builtin_fabs(first) * length)};
}

inline std::int64_t bidiagonal_alone_scratch(std::int64_t m, std::int64_t n) {
    return 4 * whole_vectors(m) + 4 * whole_vectors(n + kBlock);
}

/// a [n][whole_vectors(m)] vectors (column by column, rows behind m zero, destroyed), m >= n; scratch bidiagonal_alone_scratch
/// vectors. q [n] squares of the diagonal, e [n] squares beside it (the last is 0), `stride` apart.
inline void bidiagonalise_alone(std::int64_t m, std::int64_t n, Doubles* a, Doubles* scratch, double* q, double* e, std::int64_t stride) {
    const std::int64_t rows = whole_vectors(m);
    Doubles* u = scratch;
    Doubles* u_old = u + rows;
    Doubles* x = u_old + rows;
    Doubles* w = x + rows;
    auto* y = reinterpret_cast<double*>(w + rows);
    double* v = y + whole_vectors(n + kBlock) * kDoubles;
    double* y_next = v + whole_vectors(n + kBlock) * kDoubles;
    double* r = y_next + whole_vectors(n + kBlock) * kDoubles;
    // A zero update is left behind at first; entries above the row of a step keep what no one reads, finite.
    for (std::int64_t i = 0; i < rows; ++i) {
        u_old[i] = x[i] = Doubles{};
        u[i] = a[i];
    }
    for (std::int64_t j = 0; j < n; ++j) y[j] = v[j] = 0;
    Flags lanes;
    for (int l = 0; l < kDoubles; ++l) lanes[l] = l;
    for (std::int64_t k = 0; k < n; ++k) {
        // u holds column k, updated.
        const std::int64_t first = k / kDoubles;
        const Flags place = all_flags(k % kDoubles);
        const Doubles top = lanes < place ? Doubles{} : u[first];
        Doubles squares = top * top;
        for (std::int64_t i = first + 1; i < rows; ++i) squares += u[i] * u[i];
        double u_first = 0;
        __builtin_memcpy(&u_first, reinterpret_cast<const double*>(u) + k, sizeof u_first);
        const ScalarReflector left = scalar_reflector(sum_of_lanes(squares), u_first);
        q[k * stride] = left.square;
        if (k + 1 == n) {
            e[k * stride] = 0;
            break;
        }
        u[first] = lanes == place ? top - left.rho : top;
        const double uk = u_first - left.rho;
        for (std::int64_t i = first; i < rows; ++i) w[i] = Doubles{};

        Block r_squares = {};
        Block alongs = {};  // yᵀr
        // r_j of a block are known some time after its pass: it joins w during the pass after the next.
        Joining last;
        Joining before;
        const auto join = [&](const Joining& block) {
            if (block.count == kBlock) {
                block_pass<0, kBlock>(first, rows, nullptr, nullptr, nullptr, u_old, x, u, w, block, nullptr);
            } else if (block.count > 0) {
                block_pass<0, 1>(first, rows, nullptr, nullptr, nullptr, u_old, x, u, w, block, nullptr);
            }
        };
        Block product = {};
        std::int64_t j = k + 1;
        const auto close = [&](int count) {
            const auto* entries = reinterpret_cast<const double*>(a + j * rows) + k;
            Block row = {};
            for (int c = 0; c < count; ++c) row[c] = entries[c * rows * kDoubles];
            const Block ys = left.tau * product;
            const Block rs = row - uk * ys;
            __builtin_memcpy(y_next + j, &ys, sizeof ys);
            __builtin_memcpy(r + j, &rs, sizeof rs);
            before = last;
            last = {a + j * rows, rs, count};
            r_squares += rs * rs;
            alongs += ys * rs;
            j += count;
        };
        // The odd columns first.
        for (std::int64_t odd = (n - k - 1) % kBlock; odd > 0; --odd) {
            block_pass<1, 0>(first, rows, a + j * rows, y + j, v + j, u_old, x, u, w, before, &product);
            join(before);
            close(1);
        }
        while (j < n) {
            if (kJoinMeanwhile && before.count == kBlock) {
                block_pass<kBlock, kBlock>(first, rows, a + j * rows, y + j, v + j, u_old, x, u, w, before, &product);
            } else {
                block_pass<kBlock, 0>(first, rows, a + j * rows, y + j, v + j, u_old, x, u, w, before, &product);
                join(before);
            }
            close(kBlock);
        }
        join(before);
        double r_square = 0;
        double along = 0;
        for (int c = 0; c < kBlock; ++c) {
            r_square += r_squares[c];
            along += alongs[c];
        }
        const ScalarReflector right = scalar_reflector(r_square, r[k + 1]);
        e[k * stride] = right.square;
        r[k + 1] -= right.rho;
        along -= y_next[k + 1] * right.rho;
        join(last);
        // x of this step, and with it the next column as the next step finds it.
        const Doubles* next = a + (k + 1) * rows;
        const Doubles rho = all(right.rho);
        const Doubles tau = all(right.tau);
        const Doubles share = all(along);
        const Doubles y_first = all(y_next[k + 1]);
        const Doubles v_first = all(r[k + 1]);
        for (std::int64_t i = first; i < rows; ++i) {
            const Doubles entry = next[i];
            const Doubles xi = tau * (w[i] - rho * entry - u[i] * share);
            x[i] = xi;
            u_old[i] = entry - u[i] * y_first - xi * v_first;
        }
        Doubles* swap = u;
        u = u_old;
        u_old = swap;
        double* swap_row = y;
        y = y_next;
        y_next = swap_row;
        swap_row = v;
        v = r;
        r = swap_row;
    }
}

}  // namespace
}  // namespace rankscope::kernels::RANKSCOPE_SIMD
