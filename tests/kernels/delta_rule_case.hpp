// SPDX-License-Identifier: Apache-2.0
// Made-up arguments of the delta rule, in float and double with the same values, and the results of a call.
#pragma once

#include "kernels/delta_rule.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace rankscope::kernels::testing {

struct DeltaRuleShape {
    std::int64_t B = 1, T = 1, H = 1, HV = 1, K = 1, V = 1;
    bool gate = false, initial = false;
    double decay = 1;                     ///< g is uniform in [-decay, 0]
    std::vector<std::int64_t> positions;  ///< where states are wanted

    [[nodiscard]] std::string name() const;
};

/// Inputs with unit keys and queries, v ~ N(0,1), beta in [0, 2]. Everything is rounded to float.
struct DeltaRuleCase {
    DeltaRuleShape shape;
    double scale = 1;
    std::vector<double> q, k, v, beta, g, initial, d_out, d_final;

    DeltaRuleCase(DeltaRuleShape shape, unsigned seed);
};

/// Everything a forward and a backward call write; each vector ends with kGuard untouched values.
template <class Real>
struct DeltaRuleRun {
    static constexpr std::size_t kGuard = 16;

    explicit DeltaRuleRun(const DeltaRuleCase& problem);

    [[nodiscard]] DeltaRuleArgs<Real> forward();
    [[nodiscard]] DeltaRuleBackwardArgs<Real> backward();
    [[nodiscard]] bool guards_intact() const;

    const DeltaRuleShape& shape;
    double scale;
    std::vector<Real> q, k, v, beta, g, initial, d_out, d_final;
    std::vector<Real> out, final_state, states;
    std::vector<Real> d_q, d_k, d_v, d_beta, d_g, d_initial;
};

/// Largest |a - b| over the largest |b| of two results without their guards; infinity where a NaN occurs.
template <class A, class B>
double relative_error(const std::vector<A>& a, const std::vector<B>& b) {
    double difference = 0, magnitude = 1e-30;
    for (std::size_t i = 0; i + DeltaRuleRun<A>::kGuard < b.size(); ++i) {
        const double d = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
        if (!(d <= 1e300)) return INFINITY;
        difference = std::max(difference, d);
        magnitude = std::max(magnitude, std::abs(static_cast<double>(b[i])));
    }
    return difference / magnitude;
}

/// Every implementation of this processor and, on any processor, the sources with 16 lanes.
[[nodiscard]] std::vector<DeltaRuleImplementation> tested_implementations();

/// Names of parameterised tests: "chunked_avx512".
inline std::string implementation_name(const ::testing::TestParamInfo<DeltaRuleImplementation>& info) {
    std::string name(info.param.name);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

}  // namespace rankscope::kernels::testing
