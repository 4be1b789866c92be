// SPDX-License-Identifier: Apache-2.0
// Singular values of bidiagonal matrices by the differential quotient-difference algorithm with shifts (Fernando & Parlett 1994),
// kChains vectors of matrices in lock step: one sweep is a chain of divisions, so several chains run side by side. Every lane
// has its own unreduced block [lo, hi], shift and failures; a lane outside its block, or done, keeps its numbers.
#pragma once

#include "kernels/cpu/double_lanes.hpp"

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

constexpr int kChains = 2;
constexpr int kGroup = kChains * kDoubles;

constexpr double kEpsilon = 0x1p-52;
// b below 2ε a is dropped; e and q are squares. Dropping b moves no singular value by more than b.
constexpr double kNegligible = 4 * kEpsilon * kEpsilon;

// Where the sweep of one chain stands; the arrays q, e and their copies are [n][kChains].
struct Sweep {
    Flags lo, hi;
    Doubles shift, d;
    Doubles floor;     // an e below it is negligible
    Doubles least;     // of all d but the last
    Flags split;       // last i < hi-1 with a negligible e, or -1
};

inline void sweep(std::int64_t first, std::int64_t last, Doubles* q, Doubles* e, Doubles* q_old, Doubles* e_old, Sweep* chains) {
    Sweep local[kChains];
    for (int c = 0; c < kChains; ++c) local[c] = chains[c];
    for (std::int64_t i = first; i < last; ++i) {
        const Flags index = all_flags(i);
        for (int c = 0; c < kChains; ++c) {
            Sweep& s = local[c];
            const std::int64_t at = i * kChains + c;
            const Doubles qi = q[at];
            const Doubles ei = e[at];
            q_old[at] = qi;
            e_old[at] = ei;
            const Flags active = (s.lo <= index) & (index < s.hi);
            s.least = active ? smaller(s.least, s.d) : s.least;
            const Doubles q_new = s.d + ei;
            const Doubles ratio = q[at + kChains] / q_new;
            const Doubles e_new = ei * ratio;
            const Flags cut = active & (index + 1 < s.hi) & (e_new <= larger(q_new * kNegligible, s.floor));
            s.split = cut ? index : s.split;
            s.d = active ? s.d * ratio - s.shift : s.d;
            q[at] = active ? q_new : qi;
            e[at] = active ? e_new : ei;
        }
    }
    for (int c = 0; c < kChains; ++c) chains[c] = local[c];
}

// One matrix of the group: everything that is decided between two sweeps.
class Lane {
public:
    // `cut` [n]: what had been subtracted from the block that ends at i when it was split off, -1 where none ends.
    void start(std::int64_t n, int lane, double* q, double* e, double* q_old, double* e_old, double* cut, double* squares) {
        q_ = q + lane;
        e_ = e + lane;
        q_old_ = q_old + lane;
        e_old_ = e_old + lane;
        cut_ = cut;
        squares_ = squares;
        double largest = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            cut[i] = -1;
            const double sum = q_[i * kGroup] + e_[i * kGroup];
            largest = sum > largest ? sum : largest;
        }
        floor_ = largest * kNegligible;
        patience_ = 40 * n + 100;
        hi = n - 1;
        cut[hi] = 0;
        open_block();
        prepare();
    }

    // After a sweep with `shift`: d the last value, `least` the least before it, `split` as in Sweep.
    void finish(double d, double least, std::int64_t split) {
        if (--patience_ < 0) {
            converged = false;
            done = true;
            return;
        }
        bool good = least >= 0 && d >= 0;
        if (!good && least >= 0 && d < 0 && -d <= 4 * kEpsilon * (sigma_ + shift)) {
            d = 0;  // the shift is the eigenvalue
            good = true;
        }
        if (!good) {
            retry(d, least);
            return;
        }
        q(hi) = d;
        sigma_ += shift;
        failures_ = 0;
        least_ = least < d ? least : d;
        if (split >= lo) {
            cut_[split] = sigma_;
            e(split) = 0;
            lo = split + 1;
        }
        prepare();
    }

    [[nodiscard]] double first_d() const { return q_[lo * kGroup] - shift; }

    // What the sweep may drop beside q_new.
    [[nodiscard]] double floor() const { return floor_ > kNegligible * sigma_ ? floor_ : kNegligible * sigma_; }

    std::int64_t lo = 0, hi = 0;
    double shift = 0;
    bool done = false;
    bool converged = true;

private:
    double& q(std::int64_t i) { return q_[i * kGroup]; }

    double& e(std::int64_t i) { return e_[i * kGroup]; }

    bool negligible(std::int64_t i) {
        const double above = q(i);
        const double below = q(i + 1) + sigma_;
        return e(i) <= kNegligible * (above > below ? above : below) || e(i) <= floor_;
    }

    void emit(double square) { squares_[found_++] = square; }

    // The last unreduced block ends at hi: finds its beginning and turns it so that small values come to its end.
    void open_block() {
        sigma_ = cut_[hi];
        lo = hi;
        while (lo > 0 && !negligible(lo - 1)) --lo;
        if (lo > 0) {
            if (cut_[lo - 1] < 0) cut_[lo - 1] = sigma_;
            e(lo - 1) = 0;
        }
        least_ = -1;
        if (q(lo) * 1.5 >= q(hi)) return;
        for (std::int64_t i = lo, j = hi; i < j; ++i, --j) {
            const double swap = q(i);
            q(i) = q(j);
            q(j) = swap;
        }
        for (std::int64_t i = lo, j = hi - 1; i < j; ++i, --j) {
            const double swap = e(i);
            e(i) = e(j);
            e(j) = swap;
        }
    }

    // Takes off what has converged and chooses the next shift.
    void prepare() {
        for (;;) {
            while (hi > lo && negligible(hi - 1)) {
                emit(sigma_ + q(hi));
                e(hi - 1) = 0;
                --hi;
            }
            if (hi > lo + 1) break;
            if (hi == lo) {
                emit(sigma_ + q(hi));
            } else {
                // q1 q2 is the determinant, q1 + e1 + q2 the trace.
                const double q1 = q(lo), e1 = e(lo), q2 = q(hi);
                const double half_gap = q1 - q2 + e1;
                const double large = (q1 + e1 + q2 + __builtin_sqrt(half_gap * half_gap + 4 * e1 * q2)) / 2;
                emit(sigma_ + large);
                emit(sigma_ + q1 * (q2 / large));
            }
            hi = lo - 1;
            if (hi < 0) {
                done = true;
                return;
            }
            open_block();
        }
        choose_shift();
    }

    // A lower bound of the least eigenvalue of B Bᵀ wherever its last rows tell: the smaller eigenvalue θ of the last 2×2 block
    // less the residual r of its vector (or r²/gap, Kato and Temple, once r is small beside the gap to the other one).
    void choose_shift() {
        const double a = q(hi - 1) + e(hi - 1);
        const double b = q(hi);
        const double beside = e(hi - 1) * b;
        const double large = (a + b + __builtin_sqrt((a - b) * (a - b) + 4 * beside)) / 2;
        const double theta = q(hi - 1) * (b / large);
        const double distance = a - theta;
        const double share = beside / (beside + distance * distance);
        const double square = share * e(hi - 2) * q(hi - 1);
        const double gap = large - theta;
        double bound;
        if (square * 16 <= gap * gap) {
            bound = theta - 1.25 * square / gap;
        } else {
            bound = theta - __builtin_sqrt(square);
        }
        if (!(bound > 0)) bound = least_ > 0 ? least_ / 4 : 0;
        if (least_ >= 0 && bound > least_) bound = least_;
        shift = bound;
    }

    void retry(double d, double least) {
        for (std::int64_t i = lo; i < hi; ++i) {
            q(i) = q_old_[i * kGroup];
            e(i) = e_old_[i * kGroup];
        }
        ++failures_;
        // Only the last one negative: shift + d is a lower bound, and a close one.
        const double late = (shift + d) * (1 - 4 * kEpsilon);
        if (failures_ == 1 && least >= 0 && late > 0) {
            shift = late;
        } else {
            shift = failures_ < 3 ? shift / 4 : 0;
        }
    }

    double* q_ = nullptr;
    double* e_ = nullptr;
    const double* q_old_ = nullptr;
    const double* e_old_ = nullptr;
    double* cut_ = nullptr;
    double* squares_ = nullptr;
    double floor_ = 0;
    double sigma_ = 0;   // subtracted so far
    double least_ = -1;  // of the last sweep over this block, an upper bound; -1: none yet
    std::int64_t found_ = 0, patience_ = 0;
    int failures_ = 0;
};

/// q, e, q_old, e_old [n][kChains] vectors; cut [kGroup][n], squares [kGroup][n]. Returns the number of sweeps.
inline std::int64_t dqds(std::int64_t n, Doubles* q, Doubles* e, Doubles* q_old, Doubles* e_old, double* cut, double* squares, bool* converged) {
    Lane lanes[kGroup];
    for (int l = 0; l < kGroup; ++l) {
        lanes[l].start(n, l, reinterpret_cast<double*>(q), reinterpret_cast<double*>(e), reinterpret_cast<double*>(q_old),
                       reinterpret_cast<double*>(e_old), cut + l * n, squares + l * n);
    }
    std::int64_t sweeps = 0;
    for (;; ++sweeps) {
        Sweep chains[kChains];
        std::int64_t first = n;
        std::int64_t last = 0;
        for (int l = 0; l < kGroup; ++l) {
            const Lane& lane = lanes[l];
            Sweep& s = chains[l / kDoubles];
            const int at = l % kDoubles;
            s.lo[at] = lane.done ? n : lane.lo;
            s.hi[at] = lane.done ? -1 : lane.hi;
            s.shift[at] = lane.done ? 0 : lane.shift;
            s.d[at] = lane.done ? 1 : lane.first_d();
            s.floor[at] = lane.floor();
            s.least[at] = 1e300;
            s.split[at] = -1;
            if (lane.done) continue;
            first = lane.lo < first ? lane.lo : first;
            last = lane.hi > last ? lane.hi : last;
        }
        if (first >= last) break;
        sweep(first, last, q, e, q_old, e_old, chains);
        for (int l = 0; l < kGroup; ++l) {
            const Sweep& s = chains[l / kDoubles];
            const int at = l % kDoubles;
            if (!lanes[l].done) lanes[l].finish(s.d[at], s.least[at], s.split[at]);
        }
    }
    for (int l = 0; l < kGroup; ++l) converged[l] = lanes[l].converged;
    return sweeps;
}

}  // namespace
}  // namespace rankscope::kernels::RANKSCOPE_SIMD
