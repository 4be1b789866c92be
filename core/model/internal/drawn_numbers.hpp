// SPDX-License-Identifier: Apache-2.0
// Numbers of the calls that self-checks make up.
#pragma once

#include "core/base/random.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

namespace rankscope::internal {

/// float64 on the CPU, exact in float32, so that both sides of a check see the same.
inline at::Tensor draw(at::IntArrayRef shape, Random& random, double (*number)(Random&)) {
    at::Tensor t = at::empty(shape, at::kDouble);
    auto* data = t.data_ptr<double>();
    for (std::int64_t i = 0; i < t.numel(); ++i)
        data[i] = static_cast<float>(number(random));
    return t;
}

inline double normal(Random& r) {
    return r.normal();
}

}  // namespace rankscope::internal
