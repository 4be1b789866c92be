// SPDX-License-Identifier: Apache-2.0
#include "core/training/internal/newton_schulz.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace rankscope::internal {

at::Tensor orthogonalised(const at::Tensor& x, std::int64_t steps, bool bf16) {
    constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
    const bool tall = x.size(1) > x.size(2);
    at::Tensor y = tall ? x.transpose(1, 2) : x;  // the Gram matrix then has the smaller side
    y = y / (at::linalg_vector_norm(y, 2, {1, 2}, true) + 1e-12);
    if (bf16) y = y.to(at::kBFloat16);
    for (std::int64_t step = 0; step < steps; ++step) {
        const at::Tensor gram = at::bmm(y, y.transpose(1, 2));
        const at::Tensor polynomial = at::baddbmm(gram, gram, gram, b, c);
        y = at::baddbmm(y, polynomial, y, a, 1);
    }
    y = y.to(x.scalar_type());
    return tall ? y.transpose(1, 2) : y;
}

}  // namespace rankscope::internal
