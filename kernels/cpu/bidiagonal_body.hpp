// SPDX-License-Identifier: Apache-2.0
// Householder bidiagonalisation of kDoubles matrices in lock step. Textbook algorithms pass over the matrix three times for each
// step (product from the left, product from the right, update). Here column after column gets the update that the step before
// left behind, gives its product with the new left reflector u and, since that fixes its entry r_j of the row to be
// eliminated, joins the sum w = Σ_j r_j a_j at once; what the right reflector v = r − ρ e_1 needs is then A v = w − ρ a_1.
#pragma once

#include "kernels/cpu/double_lanes.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

// Squares below this vanish beside entries of order 1; their reciprocals stay finite.
constexpr double kNoLength = 1e-280;

// I − tau (x − rho e_1)(x − rho e_1)ᵀ maps x to rho e_1.
struct Reflector {
    Doubles square;  // ‖x‖²
    Doubles rho;
    Doubles tau;
};

inline Reflector reflector(Doubles square, Doubles first) {
    const Flags none = square < all(kNoLength);
    square = none ? Doubles{} : square;
    const Doubles length = root(square);
    const Doubles tau = all(1) / (square + magnitude(first) * length);
    // The sign that adds up: no cancellation in first − rho.
    return {square, none ? first : (first > 0 ? -length : length), none ? Doubles{} : tau};
}

// What the step before left behind, A −= u yᵀ + x vᵀ, pointers to row 0 and column 0.
struct PendingUpdate {
    const Doubles* u = nullptr;
    const Doubles* x = nullptr;
    const Doubles* y = nullptr;
    const Doubles* v = nullptr;
};

// kColumns columns j, j+1, … from row k on: update, y_j, r_j, and their part of w (rows below k).
template <int kColumns, bool kPending>
inline void pass(std::int64_t m, std::int64_t k, std::int64_t j, Doubles* a, const PendingUpdate& pending, const Doubles* u,
                 Doubles tau, Doubles* y_out, Doubles* r_out, Doubles* w) {
    Doubles* column = a + j * m;
    Doubles y[kColumns];
    Doubles v[kColumns];
    Doubles product[kColumns];
    for (int c = 0; c < kColumns; ++c) {
        product[c] = Doubles{};
        if constexpr (kPending) {
            y[c] = pending.y[j + c];
            v[c] = pending.v[j + c];
        }
    }
    for (std::int64_t i = k; i < m; ++i) {
        // Read before the stores below, which might overlap for all the compiler knows.
        const Doubles ui = u[i];
        Doubles old_u = {};
        Doubles old_x = {};
        if constexpr (kPending) {
            old_u = pending.u[i];
            old_x = pending.x[i];
        }
        for (int c = 0; c < kColumns; ++c) {
            Doubles entry = column[c * m + i];
            if constexpr (kPending) {
                entry = entry - old_u * y[c] - old_x * v[c];
                column[c * m + i] = entry;
            }
            product[c] += entry * ui;
        }
    }
    Doubles r[kColumns];
    for (int c = 0; c < kColumns; ++c) {
        y_out[j + c] = tau * product[c];
        r[c] = column[c * m + k] - u[k] * y_out[j + c];
        r_out[j + c] = r[c];
    }
    for (std::int64_t i = k + 1; i < m; ++i) {
        Doubles sum = w[i];
        for (int c = 0; c < kColumns; ++c) sum += column[c * m + i] * r[c];
        w[i] = sum;
    }
}

template <bool kPending>
inline void pass_over_columns(std::int64_t m, std::int64_t n, std::int64_t k, Doubles* a, const PendingUpdate& pending,
                              const Doubles* u, Doubles tau, Doubles* y, Doubles* r, Doubles* w) {
    std::int64_t j = k + 1;
    for (; j + 4 <= n; j += 4) pass<4, kPending>(m, k, j, a, pending, u, tau, y, r, w);
    for (; j < n; ++j) pass<1, kPending>(m, k, j, a, pending, u, tau, y, r, w);
}

inline std::int64_t bidiagonal_scratch(std::int64_t m, std::int64_t n) {
    return 2 * m + 4 * n;
}

/// a [n][m] (column by column, destroyed), m >= n; scratch bidiagonal_scratch(m, n) vectors. q [n] squares of the diagonal,
/// e [n] squares beside it (the last is 0).
inline void bidiagonalise(std::int64_t m, std::int64_t n, Doubles* a, Doubles* scratch, Doubles* q, Doubles* e, std::int64_t stride) {
    Doubles* x = scratch;
    Doubles* w = x + m;
    Doubles* y = w + m;
    Doubles* v = y + n;
    Doubles* y_next = v + n;
    Doubles* r = y_next + n;
    for (std::int64_t k = 0; k < n; ++k) {
        Doubles* u = a + k * m;
        PendingUpdate pending;
        Doubles square = {};
        if (k > 0) {
            pending = {u - m, x, y, v};
            const Doubles yk = y[k];
            const Doubles vk = v[k];
            for (std::int64_t i = k; i < m; ++i) {
                u[i] = u[i] - pending.u[i] * yk - x[i] * vk;
                square += u[i] * u[i];
            }
        } else {
            for (std::int64_t i = 0; i < m; ++i) square += u[i] * u[i];
        }
        const Reflector left = reflector(square, u[k]);
        q[k * stride] = left.square;
        if (k + 1 == n) {
            e[k * stride] = Doubles{};
            break;
        }
        u[k] -= left.rho;
        for (std::int64_t i = k + 1; i < m; ++i) w[i] = Doubles{};
        if (k > 0) {
            pass_over_columns<true>(m, n, k, a, pending, u, left.tau, y_next, r, w);
        } else {
            pass_over_columns<false>(m, n, k, a, pending, u, left.tau, y_next, r, w);
        }
        square = Doubles{};
        for (std::int64_t j = k + 1; j < n; ++j) square += r[j] * r[j];
        const Reflector right = reflector(square, r[k + 1]);
        e[k * stride] = right.square;
        r[k + 1] -= right.rho;
        Doubles along = {};  // yᵀv
        for (std::int64_t j = k + 1; j < n; ++j) along += y_next[j] * r[j];
        const Doubles* first = a + (k + 1) * m;
        for (std::int64_t i = k + 1; i < m; ++i) w[i] = right.tau * (w[i] - right.rho * first[i] - u[i] * along);
        Doubles* swap = x;
        x = w;
        w = swap;
        swap = y;
        y = y_next;
        y_next = swap;
        swap = v;
        v = r;
        r = swap;
    }
}

}  // namespace
}  // namespace rankscope::kernels::RANKSCOPE_SIMD
