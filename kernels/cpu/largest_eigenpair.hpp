// SPDX-License-Identifier: Apache-2.0
// Largest eigenvalue of the symmetric tridiagonal matrix that Lanczos builds, one row at a time. Scalar.
#pragma once

namespace rankscope::kernels::RANKSCOPE_SIMD {
namespace {

constexpr int kMostSteps = 64;  ///< of Lanczos

/// Grown by add(); then `value` is the largest eigenvalue and `vector` its unit vector.
class LargestEigenpair {
public:
    double value = 0;
    double vector[kMostSteps];

    /// A row with `diagonal`, coupled to the row before it by `beside` (ignored for the first).
    void add(double diagonal, double beside) {
        const int n = count_++;
        diagonal_[n] = diagonal;
        beside_[n] = n > 0 ? beside : 0;
        if (n == 0) {
            value = diagonal;
            vector[0] = 1;
            return;
        }
        // Interlacing from below; the norm of the step from above.
        const double coupled = beside * magnitude_of(vector[n - 1]);
        double low = value > diagonal ? value : diagonal;
        double high = low + beside;
        // The 2 x 2 problem of the old pair and the new row: a lower bound, and close.
        const double half = (value - diagonal) / 2, middle = (value + diagonal) / 2;
        double x = middle + __builtin_sqrt(half * half + coupled * coupled);
        low = x > low ? x * (1 - 1e-15) : low;
        for (int i = 0; i < 60 && high - low > 1e-12 * high; ++i) {
            double slope = 0;
            const double last = pivots(x, slope);
            if (last > 0) {
                high = x;
            } else {
                low = x;
            }
            // The last pivot rises and is concave where all before it are positive (slope > 0 says so): Newton comes from below.
            const double next = slope > 0 ? x - last / slope : low + (high - low) / 2;
            if (slope > 0 && magnitude_of(next - x) <= 1e-12 * x) {
                x = next;
                break;
            }
            x = next > low && next < high ? next : low + (high - low) / 2;
        }
        value = x;
        double slope = 0;
        (void)pivots(x, slope);
        double square = 1;
        vector[n] = 1;
        for (int i = n - 1; i >= 0; --i) {
            vector[i] = beside_[i + 1] * vector[i + 1] / pivot_[i];
            square += vector[i] * vector[i];
        }
        const double unit = 1 / __builtin_sqrt(square);
        for (int i = 0; i <= n; ++i) vector[i] *= unit;
    }

    [[nodiscard]] int count() const { return count_; }

    /// About the unit vector of the second largest eigenvalue, from a few steps of iteration beside `vector`; false where there is
    /// nothing beside it.
    bool second(double* to) const {
        // What of the first basis vector does not lie along `vector`.
        for (int i = 0; i < count_; ++i) to[i] = (i == 0 ? 1.0 : 0.0) - vector[0] * vector[i];
        constexpr int kIterations = 6;
        double before[kMostSteps];
        for (int n = 0; n <= kIterations; ++n) {
            double along = 0, square = 0;
            for (int i = 0; i < count_; ++i) along += to[i] * vector[i];
            for (int i = 0; i < count_; ++i) {
                to[i] -= along * vector[i];
                square += to[i] * to[i];
            }
            if (!(square > 1e-24)) return false;
            const double unit = 1 / __builtin_sqrt(square);
            for (int i = 0; i < count_; ++i) before[i] = to[i] *= unit;
            if (n == kIterations) break;
            for (int i = 0; i < count_; ++i) {
                to[i] = diagonal_[i] * before[i];
                if (i > 0) to[i] += beside_[i] * before[i - 1];
                if (i + 1 < count_) to[i] += beside_[i + 1] * before[i + 1];
            }
            // A product that vanished leaves nothing to iterate on.
            double product = 0;
            for (int i = 0; i < count_; ++i) product += to[i] * to[i];
            if (!(product > 1e-60)) return false;
            const double factor = 1 / __builtin_sqrt(product);
            for (int i = 0; i < count_; ++i) to[i] *= factor;
        }
        return true;
    }

private:
    static double magnitude_of(double x) { return x < 0 ? -x : x; }

    // Of x − T, eliminated from the first row on. Returns the last pivot and, where all others are positive, its derivative;
    // otherwise a negative number and a slope of 0: x is below the largest eigenvalue.
    double pivots(double x, double& slope) {
        double pivot = x - diagonal_[0], derivative = 1;
        pivot_[0] = pivot;
        for (int i = 1; i < count_; ++i) {
            if (!(pivot > 0)) {
                slope = 0;
                return -1;
            }
            const double ratio = beside_[i] / pivot;
            derivative = 1 + ratio * ratio * derivative;
            pivot = x - diagonal_[i] - beside_[i] * ratio;
            pivot_[i] = pivot;
        }
        slope = derivative;
        return pivot;
    }

    int count_ = 0;
    double diagonal_[kMostSteps], beside_[kMostSteps], pivot_[kMostSteps];
};

}  // namespace
}  // namespace rankscope::kernels::RANKSCOPE_SIMD
