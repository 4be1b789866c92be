// SPDX-License-Identifier: Apache-2.0
// The gradient of every weight of a layer: the fused float32 operations against the float64 composition.
#include "core/base/random.hpp"
#include "core/model/internal/layer.hpp"

#include "emulated_device.hpp"
#include "golden_model.hpp"
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

namespace rankscope::test {
namespace {

using internal::Network;
using ::testing::Contains;
using ::testing::IsEmpty;

at::Tensor draw(at::IntArrayRef shape, Random& random) {
    at::Tensor t = at::empty(shape, at::TensorOptions().dtype(at::kDouble));
    auto* data = t.data_ptr<double>();
    for (std::int64_t i = 0; i < t.numel(); ++i)
        data[i] = random.normal();
    return t;
}

struct Result {
    at::Tensor out;
    std::map<std::string, at::Tensor> gradients;
};

// 131 tokens: more than two pieces of the kernels, and no multiple of anything.
Result run_with_gradients(const std::string& variant, at::ScalarType dtype, bool bf16, std::int64_t tokens = 131) {
    Network network = internal::load_network(ModelFolder::open(golden_models() / variant), at::kCPU, dtype);
    const at::AutoGradMode guard(true);
    std::vector<std::string> names;
    std::vector<at::Tensor> leaves;
    for (auto& [name, weight] : network.weights) {
        weight = weight.detach().clone().requires_grad_(true);
        names.push_back(name);
        leaves.push_back(weight);
    }
    network.bind();
    Random random(3);
    at::Tensor ids = at::empty({2, tokens}, at::TensorOptions().dtype(at::kLong));
    auto* id = ids.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < ids.numel(); ++i)
        id[i] = static_cast<std::int64_t>(random.below(90));
    internal::LayerRun run;
    run.bf16_matmul = bf16;
    at::Tensor x = internal::embed(network, ids);
    for (std::size_t l = 0; l < network.layers.size(); ++l)
        x = internal::run_layer(network, static_cast<std::int64_t>(l), network.layers[l], x, run);
    x = internal::final_hidden(network, x);
    const at::Tensor loss = (x * draw(x.sizes(), random).to(dtype)).sum();
    const auto gradients =
        torch::autograd::grad({loss}, leaves, {}, std::nullopt, false, /*allow_unused=*/true);
    Result result;
    result.out = x.detach();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (gradients[i].defined()) result.gradients[names[i]] = gradients[i].to(at::kDouble);
    }
    return result;
}

double relative(const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b.to(at::kDouble)).abs().max() / b.to(at::kDouble).abs().max())
        .item<double>();
}

// The same with the kernels for GPUs, on the emulator. Tokens behind one stretch of the convolution's gradient.
constexpr std::int64_t kEmulatedTokens = 67;

Result run_on_device(const std::string& variant, bool bf16, const EmulatedKernels& kernels) {
    const internal::EmulatedDevice device(kernels.device());
    return run_with_gradients(variant, at::kFloat, bf16, kEmulatedTokens);
}

class LayerGradients : public ::testing::TestWithParam<std::string> {};

TEST_P(LayerGradients, Float32AgreesWithFloat64) {
    const Result exact = run_with_gradients(GetParam(), at::kDouble, false);
    const Result fused = run_with_gradients(GetParam(), at::kFloat, false);
    EXPECT_LE(relative(fused.out, exact.out), 1e-4);
    ASSERT_EQ(fused.gradients.size(), exact.gradients.size());
    // Everything but an untied head takes part.
    EXPECT_GE(exact.gradients.size() + 1,
              internal::load_network(ModelFolder::open(golden_models() / GetParam()), at::kCPU, at::kFloat)
                  .weights.size());
    for (const auto& [name, gradient] : exact.gradients)
        EXPECT_LE(relative(fused.gradients.at(name), gradient), 2e-4) << name;
}

TEST_P(LayerGradients, ProductsInBfloat16StayNear) {
    const Result exact = run_with_gradients(GetParam(), at::kDouble, false);
    const Result narrow = run_with_gradients(GetParam(), at::kFloat, true);
    EXPECT_EQ(narrow.out.scalar_type(), at::kFloat);
    EXPECT_LE((narrow.out - exact.out).norm().item<double>() / exact.out.norm().item<double>(), 0.03);
    for (const auto& [name, gradient] : exact.gradients) {
        const double error =
            (narrow.gradients.at(name) - gradient).norm().item<double>() / gradient.norm().item<double>();
        // Two layers with random weights amplify rounding; a missing term would be of order 1.
        EXPECT_LE(error, 0.3) << name;
    }
}

TEST_P(LayerGradients, OfADeviceAgreeWithFloat64) {
    const Result exact = run_with_gradients(GetParam(), at::kDouble, false, kEmulatedTokens);
    const EmulatedKernels kernels;
    const Result there = run_on_device(GetParam(), false, kernels);
    EXPECT_THAT(kernels.reports, IsEmpty());
    EXPECT_THAT(kernels.layer_kernels(), Contains("cuda-rms-norm-backward"));
    EXPECT_THAT(kernels.layer_kernels(), Contains("cuda-swiglu-backward"));
    EXPECT_LE(relative(there.out, exact.out), 1e-4);
    ASSERT_EQ(there.gradients.size(), exact.gradients.size());
    for (const auto& [name, gradient] : exact.gradients)
        EXPECT_LE(relative(there.gradients.at(name), gradient), 2e-4) << name;
}

TEST_P(LayerGradients, OfADeviceWithProductsInBfloat16AreThoseOfTheProcessor) {
    const EmulatedKernels kernels;
    const Result there = run_on_device(GetParam(), true, kernels), here = run_with_gradients(GetParam(), at::kFloat, true, kEmulatedTokens);
    EXPECT_THAT(kernels.reports, IsEmpty());
    EXPECT_LE((there.out - here.out).norm().item<double>() / here.out.norm().item<double>(), 0.01);
    for (const auto& [name, gradient] : here.gradients) {
        const double error = (there.gradients.at(name) - gradient).norm().item<double>() / gradient.norm().item<double>();
        EXPECT_LE(error, 0.1) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Models, LayerGradients,
                         ::testing::Values("delta_net-plain", "delta_net-hybrid", "delta_net-tied",
                                           "delta_net-negeig-expandv2", "delta_net-gate-noconv",
                                           "delta_net-relu-nobeta", "gated_deltanet-plain",
                                           "gated_deltanet-gva", "gated_deltanet-nogate"),
                         test_name);

TEST(Network, JoinedMatricesShareTheirMemoryWithTheirParts) {
    Network network = internal::load_network(ModelFolder::open(golden_models() / "gated_deltanet-plain"),
                                             at::kCPU, at::kFloat);
    network.weights.at("model.layers.1.attn.k_proj.weight").fill_(7);
    network.weights.at("model.layers.0.mlp.up_proj.weight").fill_(8);
    const auto& layer = network.layers[1];
    EXPECT_EQ(layer.mixer_in[layer.key_rows][0].item<float>(), 7);
    EXPECT_EQ(network.layers[0].mlp_in[-1][0].item<float>(), 8);
    const void* before = layer.mixer_in.data_ptr();
    network.bind();
    EXPECT_EQ(network.layers[1].mixer_in.data_ptr(), before) << "a second call copies nothing";
}

}  // namespace
}  // namespace rankscope::test
