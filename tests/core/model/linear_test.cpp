// SPDX-License-Identifier: Apache-2.0
// Dense products through either library against float64, with gradients.
#include "core/base/random.hpp"
#include "core/model/internal/linear.hpp"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <tuple>

namespace rankscope::internal {
namespace {

at::Tensor draw(at::IntArrayRef shape, Random& random) {
    at::Tensor t = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
    auto* data = t.data_ptr<float>();
    for (std::int64_t i = 0; i < t.numel(); ++i) data[i] = static_cast<float>(random.normal());
    return t;
}

// Largest difference, in units of what rounding a sum of `terms` products of normal numbers (up to 16 each) may cost.
double error(const at::Tensor& found, const at::Tensor& expected, std::int64_t terms) {
    if (found.sizes() != expected.sizes()) return INFINITY;
    if (found.numel() == 0) return 0;
    return (found.to(at::kDouble) - expected).abs().max().item<double>() / (std::ldexp(1.0, -22) * static_cast<double>(terms + 8));
}

// The libraries that this LibTorch has: oneDNN, and what ATen calls.
class LinearProducts : public testing::TestWithParam<bool> {
protected:
    void SetUp() override {
        set_one_dnn_products(GetParam());
        if (GetParam() && !one_dnn_products()) GTEST_SKIP() << "this LibTorch has no oneDNN";
    }

    void TearDown() override { set_one_dnn_products(std::nullopt); }

    Random random{5};
};

INSTANTIATE_TEST_SUITE_P(Libraries, LinearProducts, testing::Bool(), [](const auto& info) { return info.param ? "OneDnn" : "Aten"; });

TEST_P(LinearProducts, AgreeWithFloat64) {
    for (const std::int64_t rows : {1, 63, 64, 100, 511}) {
        for (const auto& [in, out] : {std::tuple<std::int64_t, std::int64_t>{1, 1}, {7, 5}, {192, 48}, {192, 1}, {300, 515}}) {
            const at::Tensor x = draw({rows, in}, random), w = draw({out, in}, random), b = draw({out}, random);
            const at::Tensor exact = at::linear(x.to(at::kDouble), w.to(at::kDouble));
            EXPECT_LE(error(apply_linear(x, w), exact, in), 1) << rows << ' ' << in << ' ' << out;
            EXPECT_LE(error(apply_linear(x, w, b), exact + b.to(at::kDouble), in), 1) << rows << ' ' << in << ' ' << out;
            EXPECT_LE(error(matrix_product(x, w.t().contiguous()), exact, in), 1) << rows << ' ' << in << ' ' << out;
        }
    }
}

TEST_P(LinearProducts, TakeTensorsAsTheyLie) {
    const at::Tensor wide = draw({4, 50, 90}, random), tall = draw({90, 70}, random), bias = draw({60}, random);
    const at::Tensor x = wide.narrow(2, 3, 70), w = tall.t().narrow(0, 0, 70).narrow(1, 10, 70), part = w.narrow(0, 5, 60);
    EXPECT_LE(error(apply_linear(x, part, bias.slice(0, 0, 60)), at::linear(x.to(at::kDouble), part.to(at::kDouble), bias.to(at::kDouble)), 70), 1);
    EXPECT_LE(error(apply_linear(x.transpose(0, 1), part), at::linear(x.transpose(0, 1).to(at::kDouble), part.to(at::kDouble)), 70), 1);
    const at::Tensor right = draw({90, 40}, random);
    EXPECT_LE(error(matrix_product(tall.t(), right), at::mm(tall.t().to(at::kDouble), right.to(at::kDouble)), 90), 1);
    const c10::InferenceMode guard;
    const at::Tensor inside = x.clone();
    EXPECT_LE(error(apply_linear(inside, part), at::linear(x.to(at::kDouble), part.to(at::kDouble)), 70), 1);
}

TEST_P(LinearProducts, OfNothingAreNothing) {
    EXPECT_EQ(apply_linear(draw({0, 5}, random), draw({3, 5}, random)).sizes(), (std::vector<std::int64_t>{0, 3}));
    EXPECT_EQ(apply_linear(draw({70, 5}, random), draw({0, 5}, random)).sizes(), (std::vector<std::int64_t>{70, 0}));
}

TEST_P(LinearProducts, KeepOtherPrecisions) {
    const at::Tensor x = draw({80, 30}, random), w = draw({20, 30}, random);
    EXPECT_TRUE(at::equal(apply_linear(x.to(at::kDouble), w.to(at::kDouble)), at::linear(x.to(at::kDouble), w.to(at::kDouble))));
    EXPECT_TRUE(at::equal(apply_linear(x.to(at::kBFloat16), w.to(at::kBFloat16)), at::linear(x.to(at::kBFloat16), w.to(at::kBFloat16))));
}

TEST_P(LinearProducts, HaveTheGradientsOfFloat64) {
    for (const bool with_bias : {false, true}) {
        for (const std::int64_t rows : {3, 150}) {
            const at::AutoGradMode guard(true);
            std::vector<at::Tensor> leaves = {draw({2, rows, 40}, random).requires_grad_(true), draw({70, 40}, random).requires_grad_(true)};
            if (with_bias) leaves.push_back(draw({70}, random).requires_grad_(true));
            std::vector<at::Tensor> exact;
            for (const at::Tensor& leaf : leaves) exact.push_back(leaf.detach().to(at::kDouble).requires_grad_(true));
            const at::Tensor weights = draw({2, rows, 70}, random);
            const auto bias = [&](const std::vector<at::Tensor>& of) { return with_bias ? std::optional(of[2]) : std::nullopt; };
            const at::Tensor loss = (apply_linear(leaves[0], leaves[1], bias(leaves)) * weights).sum();
            const at::Tensor exact_loss = (at::linear(exact[0], exact[1], bias(exact)) * weights.to(at::kDouble)).sum();
            const auto found = torch::autograd::grad({loss}, leaves);
            const auto expected = torch::autograd::grad({exact_loss}, exact);
            for (std::size_t i = 0; i < leaves.size(); ++i) EXPECT_LE(error(found[i], expected[i], 2 * rows + 70), 1) << i << ' ' << rows;
        }
    }
}

TEST(LinearProductsOfThisProcessor, CanBeChosenForTests) {
    const bool usual = one_dnn_products();
    set_one_dnn_products(false);
    EXPECT_FALSE(one_dnn_products());
    set_one_dnn_products(std::nullopt);
    EXPECT_EQ(one_dnn_products(), usual);
    EXPECT_TRUE(at::hasMKLDNN() || !usual);
}

}  // namespace
}  // namespace rankscope::internal
