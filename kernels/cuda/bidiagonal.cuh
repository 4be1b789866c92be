// SPDX-License-Identifier: Apache-2.0
// Singular values of one matrix by one block. The matrix is cut down column after column; what a step changes in a column
// is left to the pass of the next one (pending: A −= u yᵀ + x vᵀ), so that every step reads and writes the matrix once:
//   u = reflector of column k;  y_j = τ uᵀa_j,  r_j = a_j[k] − u_k y_j (row k),  w = Σ_j r_j a_j           a warp a column
//   v = reflector of r (v = r − ρ e);  x = τ' (w − ρ a_{k+1} − u (yᵀv))                         as in kernels/cpu
// u and x live in the registers of every warp, row i of lane i % 32; two barriers a step.
#pragma once

#include "kernels/cuda/simt.cuh"

#include <cmath>

namespace rankscope::cuda {

constexpr int kMatrixThreads = 256;
constexpr int kMatrixWarps = kMatrixThreads / simt::kWarp;

template <class Real>
struct Precision;

template <>
struct Precision<float> {
    static constexpr float no_length = 1e-30F;  // squares below it vanish beside entries of order 1
    static constexpr float tiny = 1e-36F;       // stands for a pivot of zero
    static constexpr float huge = 1e36F;
    static constexpr int bits = 27;  // of a value, relative to the largest
};

template <>
struct Precision<double> {
    static constexpr double no_length = 1e-280;
    static constexpr double tiny = 1e-300;
    static constexpr double huge = 1e300;
    static constexpr int bits = 55;
};

template <class Real>
RANKSCOPE_DEVICE Real warp_sum(Real x) {
    RANKSCOPE_UNROLLED
    for (int mask = 16; mask > 0; mask /= 2)
        x += simt::shuffle_xor(x, mask);
    return x;
}

/// 1 − tau (x − rho e)(x − rho e)ᵀ maps x to rho e.
template <class Real>
struct Reflector {
    Real square, rho, tau;

    RANKSCOPE_DEVICE Reflector(Real length_squared, Real first) {
        const bool none = length_squared < Precision<Real>::no_length;
        square = none ? Real(0) : length_squared;
        const Real length = sqrt(square);
        tau = none ? Real(0) : Real(1) / (square + fabs(first) * length);
        // The sign that adds up: no cancellation in first − rho.
        rho = none ? first : (first > 0 ? -length : length);
    }
};

/// Memory of a block beside the matrix.
template <class Real>
struct MatrixScratch {
    Real *y, *r;  ///< [2][n] of this step and the one before
    Real* parts;  ///< [warps][m]
    Real* w;      ///< [m]
    Real *q, *e;  ///< [n] squares of the bidiagonal matrix
    int* counts;  ///< [threads]
    int* some;    ///< [m + n] whether a row, a column holds something

    static constexpr std::size_t bytes(int m, int n) {
        return (static_cast<std::size_t>(6 * n + (kMatrixWarps + 1) * m) * sizeof(Real)
                + static_cast<std::size_t>(kMatrixThreads + m + n) * sizeof(int) + 15)
               / 16 * 16;
    }

    RANKSCOPE_DEVICE MatrixScratch(char* memory, int m, int n) {
        y = reinterpret_cast<Real*>(memory);
        r = y + 2 * n;
        q = r + 2 * n;
        e = q + n;
        parts = e + n;
        w = parts + kMatrixWarps * m;
        counts = reinterpret_cast<int*>(w + m);
        some = counts + kMatrixThreads;
    }
};

/// a [n] columns of m rows, `pitch` apart, m >= n, m <= 32 · kRows; destroyed. Writes s.q and s.e; a barrier must follow.
template <int kRows, class Real>
RANKSCOPE_DEVICE void bidiagonalise(Real* a, int pitch, int m, int n, const MatrixScratch<Real>& s) {
    const int lane = simt::thread() % simt::kWarp, warp = simt::thread() / simt::kWarp;
    Real u[kRows], x[kRows];
    RANKSCOPE_UNROLLED
    for (int i = 0; i < kRows; ++i)
        u[i] = x[i] = 0;
    for (int j = simt::thread(); j < 2 * n; j += kMatrixThreads)
        s.y[j] = s.r[j] = 0;
    Real v_first = 0;  // v_{k}, which differs from r_k
    simt::sync_block();
    RANKSCOPE_ROLLED
    for (int k = 0; k < n; ++k) {
        const Real *y_old = s.y + (k + 1) % 2 * n, *r_old = s.r + (k + 1) % 2 * n;
        Real *y = s.y + k % 2 * n, *r = s.r + k % 2 * n;
        Real next[kRows], square = 0, first = 0;
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kRows; ++i) {
            const int row = i * simt::kWarp + lane;
            next[i] = row >= k && row < m ? a[k * pitch + row] - u[i] * y_old[k] - x[i] * v_first : Real(0);
            square += next[i] * next[i];
            if (row == k) first = next[i];
        }
        first = simt::shuffle(first, k % simt::kWarp);
        const Reflector<Real> left(warp_sum(square), first);
        if (simt::thread() == 0) s.q[k] = left.square;
        if (k + 1 == n) {
            if (simt::thread() == 0) s.e[k] = 0;
            return;
        }
        const Real u_first = first - left.rho;
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kRows; ++i) {
            if (i * simt::kWarp + lane == k) next[i] = u_first;
        }
        Real w[kRows];
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kRows; ++i)
            w[i] = 0;
        RANKSCOPE_ROLLED
        for (int j = k + 1 + warp; j < n; j += kMatrixWarps) {
            Real column[kRows], product = 0, at_k = 0;
            const Real y_j = y_old[j], v_j = r_old[j];
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kRows; ++i) {
                const int row = i * simt::kWarp + lane;
                column[i] = 0;
                if (row < k || row >= m) continue;
                column[i] = a[j * pitch + row] - u[i] * y_j - x[i] * v_j;
                a[j * pitch + row] = column[i];
                product += column[i] * next[i];
                if (row == k) at_k = column[i];
            }
            const Real y_new = left.tau * warp_sum(product);
            const Real r_new = simt::shuffle(at_k, k % simt::kWarp) - u_first * y_new;
            RANKSCOPE_UNROLLED
            for (int i = 0; i < kRows; ++i)
                w[i] += r_new * column[i];
            if (lane == 0) {
                y[j] = y_new;
                r[j] = r_new;
            }
        }
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kRows; ++i) {
            const int row = i * simt::kWarp + lane;
            if (row < m) s.parts[warp * m + row] = w[i];
        }
        simt::sync_block();
        for (int row = simt::thread(); row < m; row += kMatrixThreads) {
            Real sum = 0;
            RANKSCOPE_UNROLLED
            for (int part = 0; part < kMatrixWarps; ++part)
                sum += s.parts[part * m + row];
            s.w[row] = sum;
        }
        square = 0;
        Real along = 0;
        for (int j = k + 1 + lane; j < n; j += simt::kWarp) {
            square += r[j] * r[j];
            along += y[j] * r[j];
        }
        const Reflector<Real> right(warp_sum(square), r[k + 1]);
        along = warp_sum(along) - right.rho * y[k + 1];
        v_first = r[k + 1] - right.rho;
        if (simt::thread() == 0) s.e[k] = right.square;
        simt::sync_block();
        RANKSCOPE_UNROLLED
        for (int i = 0; i < kRows; ++i) {
            const int row = i * simt::kWarp + lane;
            u[i] = next[i];
            x[i] = row > k && row < m ? right.tau * (s.w[row] - right.rho * a[(k + 1) * pitch + row] - u[i] * along) : Real(0);
        }
    }
}

/// Squared singular values below x: negative pivots of BᵀB − x (stationary qd transformation).
template <class Real>
RANKSCOPE_DEVICE int count_below(int n, const Real* q, const Real* e, Real x) {
    int below = 0;
    Real t = -x;
    RANKSCOPE_ROLLED
    for (int i = 0; i < n; ++i) {
        Real pivot = q[i] + t;
        below += pivot < 0 ? 1 : 0;
        // A zero pivot counts as positive and tiny: the limit from above.
        if (pivot == 0) pivot = Precision<Real>::tiny;
        t = e[i] * (t / pivot) - x;
        t = t > Precision<Real>::huge ? Precision<Real>::huge : t;
        t = t < -Precision<Real>::huge ? -Precision<Real>::huge : t;
    }
    return below;
}

/// Value r (falling) to every r < n of `to`, times unscale. First one count at each of 256 even steps for all, then every
/// value's bracket is cut by `probes` threads at a time.
template <class Real>
RANKSCOPE_DEVICE void bisect(int n, const MatrixScratch<Real>& s, int rank, double unscale, double* to) {
    const int t = simt::thread();
    Real top = 0;
    for (int i = 0; i < n; ++i) {
        const Real beside = (i > 0 ? s.e[i - 1] : Real(0)) + s.e[i];
        const Real sum = s.q[i] + beside + (i > 0 ? 2 * sqrt(s.e[i - 1] * s.q[i - 1]) : Real(0));
        top = sum > top ? sum : top;
    }
    top = sqrt(2 * top);  // ‖B‖ by Gershgorin, generously
    const Real step = top / kMatrixThreads;
    {
        const Real x = step * (t + 1);
        s.counts[t] = count_below(n, s.q, s.e, x * x);
    }
    simt::sync_block();
    int probes = 1;
    while (probes < simt::kWarp && 2 * probes * n <= kMatrixThreads)
        probes *= 2;
    // The first cut gave 8 bits, a round of `probes` gives log2(probes + 1).
    const int rounds = static_cast<int>(ceilf((Precision<Real>::bits - 8) / log2f(static_cast<float>(probes + 1))));
    const int at_once = kMatrixThreads / probes;
    for (int base = 0; base < n; base += at_once) {
        const int r = base + t / probes, probe = t % probes;
        const int wanted = n - (r < n ? r : n - 1);  // so many values are not above it
        int low_step = 0, high_step = kMatrixThreads;
        while (high_step - low_step > 1) {
            const int middle = (low_step + high_step) / 2;
            if (s.counts[middle - 1] >= wanted) {
                high_step = middle;
            } else {
                low_step = middle;
            }
        }
        Real low = step * low_step, high = step * high_step;
        RANKSCOPE_ROLLED
        for (int round = 0; round < rounds; ++round) {
            const Real part = (high - low) / (probes + 1), x = low + part * (probe + 1);
            int above = count_below(n, s.q, s.e, x * x) >= wanted ? 0 : 1;
            for (int mask = 1; mask < probes; mask *= 2)
                above += simt::shuffle_xor(above, mask);
            high = above == probes ? high : low + part * (above + 1);
            low += part * above;
        }
        if (r < n && probe == 0) to[r] = r < rank && low > 0 ? unscale * static_cast<double>(low + (high - low) / 2) : 0.0;
    }
}

}  // namespace rankscope::cuda
