// SPDX-License-Identifier: Apache-2.0
// The recurrence as the model calls it: the chunked composition and the kernels against stored operations,
// their states, and their gradients against the hand-written backward pass of the plain recurrence.
#include "core/model/internal/mixer.hpp"

#include "core/base/random.hpp"
#include "kernels/delta_rule.hpp"

#include "golden_model.hpp"
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;

const fs::path kOps = fs::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/ops";

std::vector<std::string> operations() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(kOps)) {
        const std::string name = entry.path().stem().string();
        if (name.starts_with("delta_rule") || name.starts_with("gated_delta_rule")) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

at::Tensor read(const SafetensorsFile& file, const std::string& name) {
    const auto found = file.tensors().find(name);
    if (found == file.tensors().end()) return {};
    const TensorView& view = found->second;
    at::Tensor t =
        at::empty(view.shape, at::TensorOptions().dtype(view.dtype == DType::F64 ? at::kDouble : at::kFloat));
    std::memcpy(t.data_ptr(), view.bytes.data(), view.bytes.size());
    return t;
}

double relative(const at::Tensor& a, const at::Tensor& b) {
    EXPECT_EQ(a.sizes(), b.sizes());
    const at::Tensor wide = b.to(at::kDouble);
    return ((a.to(at::kDouble) - wide).abs().max() / wide.abs().max().clamp_min(1e-30)).item<double>();
}

class MixerGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(MixerGolden, AgreesWithTheStoredOperation) {
    const SafetensorsFile file(kOps / (GetParam() + ".safetensors"));
    const double scale = std::stod(file.metadata().at("scale"));
    const bool strong = GetParam().find("strongdecay") != std::string::npos;
    for (const bool reference : {true, false}) {
        SCOPED_TRACE(reference ? "composed" : "kernel");
        const at::Tensor v = read(file, "v");
        const double tolerance = v.scalar_type() == at::kDouble ? 1e-12 : strong ? 5e-5 : 1e-5;
        const auto r = internal::delta_rule(read(file, "q"), read(file, "k"), v, read(file, "beta"),
                                            read(file, "g"), scale, read(file, "S0"), {}, reference);
        EXPECT_LE(relative(r.out, read(file, "o")), tolerance);
        EXPECT_LE(relative(r.final_state, read(file, "S_T")), tolerance);
    }
}

INSTANTIATE_TEST_SUITE_P(Operations, MixerGolden, ::testing::ValuesIn(operations()), test_name);

struct Inputs {
    at::Tensor q, k, v, beta, g, initial;
    double scale = 0.25;
};

at::Tensor draw(std::vector<std::int64_t> shape, Random& random, at::ScalarType dtype, auto&& map) {
    at::Tensor t = at::empty(shape, at::TensorOptions().dtype(at::kDouble));
    auto* data = t.data_ptr<double>();
    for (std::int64_t i = 0; i < t.numel(); ++i)
        data[i] = map(random);
    return t.to(dtype);
}

Inputs random_inputs(std::int64_t T, bool gated, at::ScalarType dtype) {
    Random random(static_cast<std::uint64_t>(T) + (gated ? 1000 : 0));
    const auto normal = [](Random& r) { return r.normal(); };
    const std::int64_t B = 2, H = 2, HV = 4, K = 12, V = 20;
    Inputs in;
    const auto unit = [](const at::Tensor& x) { return x / x.norm(2, -1, true); };
    in.q = unit(draw({B, T, H, K}, random, dtype, normal));
    in.k = unit(draw({B, T, H, K}, random, dtype, normal));
    in.v = draw({B, T, HV, V}, random, dtype, normal);
    in.beta = draw({B, T, HV}, random, dtype, [](Random& r) { return 2 * r.uniform(); });
    if (gated) in.g = draw({B, T, HV}, random, dtype, [](Random& r) { return -0.3 * r.uniform(); });
    in.initial = draw({B, HV, K, V}, random, dtype, normal);
    return in;
}

class Mixer : public ::testing::TestWithParam<std::tuple<std::int64_t, bool>> {};

TEST_P(Mixer, StatesAreThoseOfShorterSequences) {
    const auto [T, gated] = GetParam();
    for (const auto dtype : {at::kDouble, at::kFloat}) {
        const Inputs in = random_inputs(T, gated, dtype);
        std::vector<std::int64_t> positions{0};
        for (const std::int64_t p : {T / 3, T / 2, T - 1}) {
            if (p > positions.back()) positions.push_back(p);
        }
        const auto r =
            internal::delta_rule(in.q, in.k, in.v, in.beta, in.g, in.scale, in.initial, positions, false);
        const double tolerance = dtype == at::kDouble ? 1e-12 : 1e-5;
        for (std::size_t i = 0; i < positions.size(); ++i) {
            const auto cut = [&](const at::Tensor& x) {
                return x.defined() ? x.narrow(1, 0, positions[i] + 1) : x;
            };
            const auto part = internal::delta_rule(cut(in.q), cut(in.k), cut(in.v), cut(in.beta), cut(in.g),
                                                   in.scale, in.initial, {}, true);
            EXPECT_LE(relative(r.states[static_cast<std::int64_t>(i)], part.final_state), tolerance);
        }
    }
}

TEST_P(Mixer, GradientsAgreeWithTheHandWrittenBackwardPass) {
    const auto [T, gated] = GetParam();
    Inputs in = random_inputs(T, gated, at::kDouble);
    Random random(5);
    const at::Tensor d_out =
        draw(in.v.sizes().vec(), random, at::kDouble, [](Random& r) { return r.normal(); });
    kernels::DeltaRuleBackwardArgs<double> args;
    auto& f = args.forward;
    f.B = in.q.size(0);
    f.T = T;
    f.H = in.q.size(2);
    f.K = in.q.size(3);
    f.HV = in.v.size(2);
    f.V = in.v.size(3);
    f.scale = in.scale;
    f.q = in.q.const_data_ptr<double>();
    f.k = in.k.const_data_ptr<double>();
    f.v = in.v.const_data_ptr<double>();
    f.beta = in.beta.const_data_ptr<double>();
    if (gated) f.g = in.g.const_data_ptr<double>();
    const auto zeros = [](const at::Tensor& x) { return at::zeros(x.sizes(), x.options()); };
    std::vector<at::Tensor> expected{zeros(in.q), zeros(in.k), zeros(in.v), zeros(in.beta)};
    if (gated) expected.push_back(zeros(in.g));
    args.d_out = d_out.const_data_ptr<double>();
    args.d_q = expected[0].data_ptr<double>();
    args.d_k = expected[1].data_ptr<double>();
    args.d_v = expected[2].data_ptr<double>();
    args.d_beta = expected[3].data_ptr<double>();
    if (gated) args.d_g = expected[4].data_ptr<double>();
    kernels::delta_rule_reference_backward(args);
    for (const auto dtype : {at::kDouble, at::kFloat}) {
        SCOPED_TRACE(dtype == at::kDouble ? "composed, float64" : "kernel, float32");
        const at::AutoGradMode guard(true);
        std::vector<at::Tensor> leaves{in.q, in.k, in.v, in.beta};
        if (gated) leaves.push_back(in.g);
        for (at::Tensor& leaf : leaves)
            leaf = leaf.to(dtype).detach().clone().requires_grad_(true);
        const auto r = internal::delta_rule(leaves[0], leaves[1], leaves[2], leaves[3],
                                            gated ? leaves[4] : at::Tensor(), in.scale, {}, {}, false);
        const auto gradients = torch::autograd::grad({r.out}, leaves, {d_out.to(dtype)});
        for (std::size_t i = 0; i < leaves.size(); ++i)
            EXPECT_LE(relative(gradients[i], expected[i]), dtype == at::kDouble ? 1e-11 : 2e-5)
                << "input " << i;
    }
}

TEST(MixerGradient, GateAloneHasAGradientToo) {
    const Inputs in = random_inputs(20, true, at::kFloat);
    const at::AutoGradMode guard(true);
    const at::Tensor g = in.g.detach().clone().requires_grad_(true);
    const auto r = internal::delta_rule(in.q, in.k, in.v, in.beta, g, in.scale, {}, {}, false);
    ASSERT_TRUE(r.out.requires_grad());
    EXPECT_GT(torch::autograd::grad({r.out.sum()}, {g}).front().abs().max().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Lengths, Mixer,
                         ::testing::Combine(::testing::Values(1, 2, 63, 64, 65, 200), ::testing::Bool()));

}  // namespace
}  // namespace rankscope::test
