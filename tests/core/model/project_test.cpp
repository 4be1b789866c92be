// SPDX-License-Identifier: Apache-2.0
// Products that are too long for one call are done in tiles; nobody may see them.
#include "core/model/internal/layer_operations.hpp"

#include "core/base/random.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <tuple>

namespace rankscope::internal {
namespace {

at::Tensor draw(at::IntArrayRef shape, Random& random) {
    at::Tensor t = at::empty(shape, at::TensorOptions().dtype(at::kDouble));
    for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = random.normal();
    return t;
}

double largest(const at::Tensor& a, const at::Tensor& b) {
    return a.sizes() == b.sizes() ? (a - b).abs().max().item<double>() : INFINITY;
}

TEST(Project, IsTheSameInTiles) {
    Random random{3};
    // Columns in two tiles; rows and columns in two.
    for (const auto& [rows, in, out] : {std::tuple<std::int64_t, std::int64_t, std::int64_t>{300, 512, 7000}, {4200, 64, 4000}}) {
        ASSERT_LT(product_rows(in, out, at::kDouble), rows);
        ASSERT_LT(product_rows(in, std::min<std::int64_t>(rows, 4096), at::kDouble), out);
        at::Tensor x = draw({2, rows / 2, in}, random), w = draw({out, in}, random), b = draw({out}, random);
        const at::Tensor exact = at::linear(x, w, b);
        {
            const at::NoGradGuard guard;
            EXPECT_LE(largest(project(x, w, b), exact), 1e-11);
            EXPECT_LE(largest(project(x, w), exact - b), 1e-11);
        }
        const at::Tensor d = draw(exact.sizes(), random);
        const at::Tensor leaf = x.detach().requires_grad_(true), reference = x.detach().requires_grad_(true);
        const at::Tensor found = project(leaf, w, b);
        EXPECT_LE(largest(found.detach(), exact), 1e-11);
        const at::Tensor gradient = torch::autograd::grad({found}, {leaf}, {d}).front();
        const at::Tensor expected = torch::autograd::grad({at::linear(reference, w, b)}, {reference}, {d}).front();
        EXPECT_LE(largest(gradient, expected), 1e-9);
    }
}

}  // namespace
}  // namespace rankscope::internal
