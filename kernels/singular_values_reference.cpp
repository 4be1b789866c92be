// SPDX-License-Identifier: Apache-2.0
#include "kernels/singular_values.hpp"

#include <algorithm>
#include <cmath>

namespace rankscope::kernels {
namespace {

// Number of squared singular values below x: negative pivots of BᵀB − x (stationary qd transformation; Sylvester).
std::int64_t count_below(std::int64_t n, const double* q, const double* e, double x) {
    std::int64_t below = 0;
    double t = -x;
    for (std::int64_t i = 0; i < n; ++i) {
        const double pivot = q[i] + t;
        below += pivot < 0 ? 1 : 0;
        if (i + 1 == n) break;
        // A zero pivot counts as positive and tiny: the limit from above.
        const double divisor = pivot == 0 ? 1e-300 : pivot;
        t = e[i] * (t / divisor) - x;
        if (!std::isfinite(t)) t = std::signbit(t) ? -1e300 : 1e300;
    }
    return below;
}

}  // namespace

void bidiagonal_squares_by_bisection(std::int64_t n, const double* q, const double* e, double* out) {
    double top = 0;
    for (std::int64_t i = 0; i < n; ++i) top = std::max(top, q[i] + (i + 1 < n ? e[i] : 0.0) + (i > 0 ? e[i - 1] + 2 * std::sqrt(e[i - 1] * q[i - 1]) : 0.0));
    top *= 2;  // ‖BᵀB‖ by Gershgorin, generously
    for (std::int64_t r = 0; r < n; ++r) {
        // out[r] is the (n - r)-th from below. Halving σ, not σ²: small ones need no fewer digits than large ones.
        double low = 0;
        double high = std::sqrt(top);
        for (int step = 0; step < 200 && high - low > 0x1p-53 * high; ++step) {
            const double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high || middle < 0x1p-60 * std::sqrt(top)) break;
            if (count_below(n, q, e, middle * middle) >= n - r) {
                high = middle;
            } else {
                low = middle;
            }
        }
        const double sigma = low == 0 ? 0 : low + (high - low) / 2;
        out[r] = sigma * sigma;
    }
}

}  // namespace rankscope::kernels
