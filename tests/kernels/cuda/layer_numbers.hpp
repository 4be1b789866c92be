// SPDX-License-Identifier: Apache-2.0
// Made-up numbers for the operations around the recurrence, and how near results have to be.
#pragma once

#include "device_case.hpp"
#include "device_elements.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace rankscope::kernels::testing {

inline constexpr DeviceElement kF32 = DeviceElement::Float32, kBf16 = DeviceElement::BFloat16;

template <class Element>
inline constexpr DeviceElement kElement = sizeof(Element) == 4 ? kF32 : kBf16;

// Rounding of an output beside that of the arithmetic, relative to the number.
template <class Element>
inline constexpr double kRounded = sizeof(Element) == 4 ? 2e-6 : 1.0 / 256;

// Normal numbers, every seventh of which is zero, exact in Element.
template <class Element>
std::vector<Element> numbers(std::mt19937& random, std::int64_t count, double scale = 1) {
    std::normal_distribution<double> normal;
    std::vector<Element> out;
    for (std::int64_t i = 0; i < count; ++i)
        out.push_back(element_of(below(random, 7) == 0 ? 0.0F : static_cast<float>(scale * normal(random)), Element{}));
    return out;
}

template <class Element>
std::vector<Element> nothing(std::int64_t count) {
    return std::vector<Element>(static_cast<std::size_t>(count), gap_element<Element>());
}

inline double sigmoid(double z) {
    return 1 / (1 + std::exp(-z));
}

// |got - want| within `relative` of want and `absolute` of `scale`.
template <class Element>
void expect_near(const std::vector<Element>& got, const std::vector<double>& want, double relative, double absolute,
                 const std::string& what) {
    ASSERT_EQ(got.size(), want.size()) << what;
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        const double error = std::abs(static_cast<double>(value_of(got[i])) - want[i]), allowed = relative * std::abs(want[i]) + absolute;
        const double share = error <= allowed ? 0 : error == error ? error / allowed : std::numeric_limits<double>::infinity();
        if (share > worst) worst = share, where = i;
    }
    EXPECT_LE(worst, 1) << what << " at " << where << " of " << want.size();
}

template <class Element>
bool same_bits(const std::vector<Element>& a, const std::vector<Element>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Element)) == 0;
}

}  // namespace rankscope::kernels::testing
