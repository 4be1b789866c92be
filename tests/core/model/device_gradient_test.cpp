// SPDX-License-Identifier: Apache-2.0
// Training on a device: autograd through the CUDA kernels on the emulator against the processor's kernels, and gradients that are
// wrong switched off.
#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/base/stop_scope.hpp"
#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/mixer.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

namespace rankscope::test {
namespace {

using internal::DeviceGradient;
using internal::DeviceMixer;
using internal::DeviceMixers;
using internal::MixerCall;
using internal::MixerGradients;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const kernels::DeviceLimits kLimits{90, 132, std::size_t{227} << 10, true, "emulated"};

at::Tensor drawn(std::initializer_list<std::int64_t> shape, std::uint64_t seed, double (*map)(double)) {
    at::Tensor t = at::empty(shape, at::kFloat);
    Random random(seed);
    for (std::int64_t i = 0; i < t.numel(); ++i)
        t.data_ptr<float>()[i] = static_cast<float>(map(random.normal()));
    return t;
}

double same(double x) {
    return x;
}

MixerCall call_of(std::int64_t B, std::int64_t T, std::int64_t H, std::int64_t HV, std::int64_t K, std::int64_t V, bool gated) {
    MixerCall c;
    const auto unit = [](const at::Tensor& x) { return x / x.norm(2, -1, true); };
    c.q = unit(drawn({B, T, H, K}, 1, same));
    c.k = unit(drawn({B, T, H, K}, 2, same));
    c.v = drawn({B, T, HV, V}, 3, same);
    c.beta = drawn({B, T, HV}, 4, [](double x) { return 1 / (1 + std::exp(-x)); });
    if (gated) c.g = drawn({B, T, HV}, 5, [](double x) { return -0.1 * std::abs(x); });
    c.scale = 1 / std::sqrt(static_cast<double>(K));
    return c;
}

std::vector<DeviceMixer> emulated_mixers() {
    std::vector<DeviceMixer> mixers;
    for (const kernels::DeviceDeltaRule& rule : kernels::device_delta_rules())
        mixers.push_back(internal::device_mixer(rule, kLimits));
    return mixers;
}

DeviceGradient emulated_gradient() {
    return internal::device_gradient(kernels::device_delta_rule_backwards().front(), kLimits);
}

// The kernel's gradients but for what `spoil` does to them.
DeviceGradient spoiled(std::function<void(const MixerCall&, MixerGradients&)> spoil) {
    DeviceGradient gradient = emulated_gradient();
    gradient.name = "wrong";
    gradient.run = [run = gradient.run, spoil = std::move(spoil)](const MixerCall& c, const at::Tensor& d_out) {
        MixerGradients g = run(c, d_out);
        spoil(c, g);
        return g;
    };
    return gradient;
}

struct Reports {
    std::vector<std::string> lines;

    internal::KernelCheck::Report sink() {
        return [this](const std::string& line) { lines.push_back(line); };
    }
};

double relative(const at::Tensor& got, const at::Tensor& want) {
    const double error = ((got - want).abs().max() / want.abs().max()).item<double>();
    return std::isfinite(error) ? error : std::numeric_limits<double>::infinity();
}

// Gradients of a weighted sum of the outputs, for every input that is there.
std::vector<at::Tensor> gradients_of(const MixerCall& c, const std::function<at::Tensor(const MixerCall&)>& run) {
    const at::AutoGradMode on(true);
    MixerCall leaves = c;
    std::vector<at::Tensor> inputs;
    for (at::Tensor* t : {&leaves.q, &leaves.k, &leaves.v, &leaves.beta, &leaves.g}) {
        if (!t->defined()) continue;
        *t = t->detach().clone().requires_grad_(true);
        inputs.push_back(*t);
    }
    const at::Tensor out = run(leaves), weights = drawn({out.size(0), out.size(1), out.size(2), out.size(3)}, 9, same);
    return torch::autograd::grad({(out * weights).sum()}, inputs);
}

TEST(DeviceGradients, AreThoseOfTheProcessor) {
    Reports reports;
    DeviceMixers mixers(emulated_mixers(), reports.sink(), {emulated_gradient()});
    for (const MixerCall& call : {call_of(2, 70, 1, 2, 20, 12, true), call_of(1, 40, 2, 2, 48, 33, false)}) {
        const auto want = gradients_of(call, [](const MixerCall& c) {
            return internal::delta_rule(c.q, c.k, c.v, c.beta, c.g, c.scale, {}, {}, false).out;
        });
        const auto got = gradients_of(call, [&](const MixerCall& c) {
            const auto r = internal::delta_rule_on_device(mixers, c, true);
            EXPECT_TRUE(r && r->out.requires_grad());
            return r->out;
        });
        ASSERT_EQ(got.size(), want.size());
        for (std::size_t i = 0; i < got.size(); ++i)
            EXPECT_LT(relative(got[i], want[i]), 1e-5) << i;
    }
    EXPECT_THAT(reports.lines, IsEmpty());
    int gradients = 0;
    for (const auto& verdict : mixers.verdicts()) {
        EXPECT_LT(verdict.error, 1e-5) << verdict.text();
        gradients += verdict.use.kernel == "cuda-chunked-backward" ? 1 : 0;
    }
    EXPECT_EQ(gradients, 2);
}

TEST(DeviceGradients, TrustTheCudaKernelOnTheEmulator) {
    Reports reports;
    DeviceMixers mixers(emulated_mixers(), reports.sink(), {emulated_gradient()});
    for (const MixerCall& call : {call_of(1, 700, 1, 1, 16, 24, true), call_of(1, 700, 1, 1, 13, 8, false), call_of(1, 100, 1, 3, 96, 20, true),
                                  call_of(1, 100, 1, 1, 256, 16, true), call_of(1, 1, 1, 2, 24, 16, true)})
        EXPECT_NE(mixers.choose_gradient(call), nullptr);
    EXPECT_EQ(mixers.verdicts().size(), 5U);
    for (const auto& verdict : mixers.verdicts())
        EXPECT_LT(verdict.error, 1e-5) << verdict.text();
    EXPECT_THAT(reports.lines, IsEmpty());
}

TEST(DeviceGradients, AreSwitchedOffWithKernelWidthAndError) {
    const MixerCall call = call_of(1, 40, 1, 1, 16, 12, true);
    for (const auto& spoil : std::vector<std::function<void(const MixerCall&, MixerGradients&)>>{
             [](const MixerCall&, MixerGradients& g) { g.q.mul_(1.001); },
             [](const MixerCall&, MixerGradients& g) { g.k.select(1, 3).zero_(); },
             [](const MixerCall&, MixerGradients& g) { g.v.neg_(); },
             [](const MixerCall&, MixerGradients& g) { g.beta.mul_(0.99); },
             [](const MixerCall&, MixerGradients& g) { g.g.add_(1); },
             [](const MixerCall&, MixerGradients& g) { g.g.select(1, 7).fill_(std::nan("")); },
         }) {
        Reports reports;
        DeviceMixers mixers(emulated_mixers(), reports.sink(), {spoiled(spoil)});
        EXPECT_FALSE(internal::delta_rule_on_device(mixers, call, true)) << "the composition computes";
        EXPECT_FALSE(internal::delta_rule_on_device(mixers, call, true));
        EXPECT_THAT(reports.lines, ElementsAre(AllOf(HasSubstr("wrong on cpu at K=16 V=12 gated"), HasSubstr("switched off, error"),
                                                     HasSubstr("the composition of ATen operations computes instead"))));
        EXPECT_TRUE(internal::delta_rule_on_device(mixers, call, false)) << "its forward pass is not to blame";
    }
}

TEST(DeviceGradients, LookAtLongSequencesThatMayBeSplit) {
    Reports reports;
    DeviceMixers mixers(emulated_mixers(), reports.sink(), {spoiled([](const MixerCall& c, MixerGradients& g) {
                            if (c.tokens() > 512) g.v.mul_(2);
                        })});
    EXPECT_TRUE(internal::delta_rule_on_device(mixers, call_of(1, 100, 1, 1, 8, 8, true), true));
    EXPECT_FALSE(internal::delta_rule_on_device(mixers, call_of(1, 700, 1, 1, 8, 8, true), true));
    EXPECT_THAT(reports.lines, ElementsAre(HasSubstr("wrong on cpu at K=8 V=8 gated long: switched off")));
}

TEST(DeviceGradients, LeaveToTheCompositionWhatTheyDoNotTake) {
    Reports reports;
    DeviceMixers mixers(emulated_mixers(), reports.sink(), {emulated_gradient()});
    MixerCall call = call_of(1, 20, 1, 1, 8, 8, true);
    EXPECT_FALSE(internal::delta_rule_on_device(mixers, call_of(1, 20, 1, 1, 300, 8, true), true));
    call.initial = at::zeros({1, 1, 8, 8}, at::kFloat);
    EXPECT_FALSE(internal::delta_rule_on_device(mixers, call, true)) << "a state to begin with has a gradient too";
    call.initial = at::Tensor();
    const std::vector<std::int64_t> positions{3};
    call.positions = positions;
    EXPECT_FALSE(internal::delta_rule_on_device(mixers, call, true));
    EXPECT_TRUE(internal::delta_rule_on_device(mixers, call, false));
    DeviceMixers without(emulated_mixers(), reports.sink());
    call.positions = {};
    EXPECT_FALSE(internal::delta_rule_on_device(without, call, true));
}

TEST(DeviceGradients, HearAStopOnTheWayBack) {
    Reports reports;
    DeviceMixers mixers(emulated_mixers(), reports.sink(), {emulated_gradient()});
    std::stop_source source;
    const StopScope scope(source.get_token());
    EXPECT_THROW((void)gradients_of(call_of(1, 20, 1, 1, 8, 8, true),
                                    [&](const MixerCall& c) {
                                        const at::Tensor out = internal::delta_rule_on_device(mixers, c, true)->out;
                                        source.request_stop();
                                        return out;
                                    }),
                 Cancelled);
}

}  // namespace
}  // namespace rankscope::test
