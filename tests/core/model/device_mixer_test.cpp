// SPDX-License-Identifier: Apache-2.0
// The self-check that stands between a kernel of a device and the user: with kernels that are wrong in every way, and with the
// CUDA kernels themselves on the emulator.
#include "core/model/internal/device_mixer.hpp"

#include "core/base/error.hpp"
#include "core/base/random.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rankscope::test {
namespace {

using internal::DeviceMixer;
using internal::DeviceMixers;
using internal::MixerCall;
using internal::MixerResult;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

MixerCall call_of(std::int64_t T, std::int64_t K, std::int64_t V = 12, bool gated = true, at::ScalarType dtype = at::kFloat) {
    const auto made = [](std::initializer_list<std::int64_t> shape) {
        at::Tensor t = at::empty(shape, at::kFloat);
        Random random(3);
        for (std::int64_t i = 0; i < t.numel(); ++i)
            t.data_ptr<float>()[i] = -0.3F * static_cast<float>(random.uniform());
        return t;
    };
    MixerCall call;
    call.q = call.k = made({1, T, 1, K}).to(dtype);
    call.v = made({1, T, 1, V}).to(dtype);
    call.beta = made({1, T, 1});
    if (gated) call.g = call.beta;
    return call;
}

MixerResult composed(const MixerCall& c) {
    const auto exact = [](const at::Tensor& t) { return t.to(at::kFloat); };
    return internal::delta_rule_aten_states(exact(c.q), exact(c.k), exact(c.v), c.beta, c.g, c.scale, c.initial, c.positions);
}

// A kernel that is right but for what `spoil` does to its result.
DeviceMixer spoiled(std::string name, std::function<void(const MixerCall&, MixerResult&)> spoil, int* runs = nullptr) {
    DeviceMixer mixer;
    mixer.name = std::move(name);
    mixer.supports = [](const MixerCall&) { return true; };
    mixer.run = [spoil = std::move(spoil), runs](const MixerCall& c) {
        if (runs != nullptr) ++*runs;
        MixerResult r = composed(c);
        spoil(c, r);
        return r;
    };
    return mixer;
}

DeviceMixer honest(std::string name, int* runs = nullptr) {
    return spoiled(
        std::move(name), [](const MixerCall&, MixerResult&) {}, runs);
}

struct Reports {
    std::vector<std::string> lines;

    internal::KernelCheck::Report sink() {
        return [this](const std::string& line) { lines.push_back(line); };
    }
};

TEST(DeviceMixers, UseTheFirstKernelThatAgrees) {
    Reports reports;
    DeviceMixers mixers({honest("first"), honest("second")}, reports.sink());
    const DeviceMixer* chosen = mixers.choose(call_of(40, 24));
    ASSERT_NE(chosen, nullptr);
    EXPECT_EQ(chosen->name, "first");
    EXPECT_THAT(reports.lines, IsEmpty());
    ASSERT_EQ(mixers.verdicts().size(), 1U);
    EXPECT_TRUE(mixers.verdicts().front().trusted);
    EXPECT_THAT(mixers.verdicts().front().text(), AllOf(HasSubstr("first on cpu at K=24 V=12 gated"), HasSubstr("agrees")));
}

TEST(DeviceMixers, SwitchOffAWrongKernelAndNameItsWidthAndError) {
    Reports reports;
    // Wrong at one width alone, the way padded kernels are.
    const auto wrong = spoiled("wrong", [](const MixerCall& c, MixerResult& r) {
        if (c.q.size(3) == 96) r.out = r.out * 1.25;
    });
    DeviceMixers mixers({wrong, honest("right")}, reports.sink());
    EXPECT_EQ(mixers.choose(call_of(40, 64))->name, "wrong");
    EXPECT_THAT(reports.lines, IsEmpty());
    EXPECT_EQ(mixers.choose(call_of(40, 96))->name, "right");
    EXPECT_THAT(reports.lines, ElementsAre(AllOf(HasSubstr("wrong on cpu at K=96 V=12"), HasSubstr("switched off"),
                                                 HasSubstr("error 2.5e-01"))));
    EXPECT_EQ(mixers.choose(call_of(40, 96))->name, "right");
    EXPECT_EQ(reports.lines.size(), 1U) << "reported once";
    EXPECT_EQ(mixers.choose(call_of(40, 64))->name, "wrong") << "other widths are not its fault";
}

TEST(DeviceMixers, LookAtStatesToo) {
    for (const auto& spoil : std::vector<std::function<void(const MixerCall&, MixerResult&)>>{
             [](const MixerCall&, MixerResult& r) { r.final_state = r.final_state + 0.01; },
             [](const MixerCall&, MixerResult& r) { r.states = r.states.clone(), r.states[1].mul_(1.01); },
             [](const MixerCall&, MixerResult& r) {
                 r.out = r.out.clone(), r.out.select(1, 0).fill_(std::numeric_limits<double>::quiet_NaN());
             }}) {
        Reports reports;
        DeviceMixers mixers({spoiled("wrong", spoil)}, reports.sink());
        EXPECT_EQ(mixers.choose(call_of(40, 16)), nullptr) << "the composition computes";
        EXPECT_EQ(reports.lines.size(), 1U);
    }
}

TEST(DeviceMixers, LookAtLongSequencesThatMayBeSplit) {
    Reports reports;
    const auto wrong = spoiled("wrong when long", [](const MixerCall& c, MixerResult& r) {
        if (c.q.size(1) > 512) r.out = r.out * 0.5;
    });
    DeviceMixers mixers({wrong}, reports.sink());
    EXPECT_NE(mixers.choose(call_of(100, 16)), nullptr);
    EXPECT_EQ(mixers.choose(call_of(2000, 16)), nullptr) << "trusted with short ones alone";
}

TEST(DeviceMixers, TakeAnExceptionForDisagreement) {
    Reports reports;
    DeviceMixers mixers(
        {spoiled("failing", [](const MixerCall&, MixerResult&) { throw Error(ErrorKind::Internal, "misaligned address"); }),
         honest("right")},
        reports.sink());
    EXPECT_EQ(mixers.choose(call_of(8, 8))->name, "right");
    EXPECT_THAT(reports.lines, ElementsAre(AllOf(HasSubstr("failing"), HasSubstr("misaligned address"))));
}

TEST(DeviceMixers, CheckOnceForEachUse) {
    Reports reports;
    int runs = 0;
    DeviceMixers mixers({honest("counted", &runs)}, reports.sink());
    for (int i = 0; i < 3; ++i)
        EXPECT_NE(mixers.choose(call_of(30, 8)), nullptr);
    EXPECT_EQ(runs, 1);
    EXPECT_NE(mixers.choose(call_of(1, 8)), nullptr);
    EXPECT_NE(mixers.choose(call_of(30, 8, 12, false)), nullptr);
    EXPECT_NE(mixers.choose(call_of(30, 9)), nullptr);
    EXPECT_EQ(runs, 4) << "decoding, no gate and another width are other uses";
}

// The wrapper of tensors and the kernels behind it, thread by thread.
TEST(DeviceMixers, TrustTheCudaKernelsOnTheEmulator) {
    const kernels::DeviceLimits limits{90, 132, std::size_t{227} << 10, true, "emulated"};
    std::vector<DeviceMixer> emulated;
    for (const kernels::DeviceDeltaRule& rule : kernels::device_delta_rules())
        emulated.push_back(internal::device_mixer(rule, limits));
    Reports reports;
    DeviceMixers mixers(emulated, reports.sink());
    for (const std::int64_t K : {13, 48, 96}) {
        const DeviceMixer* decode = mixers.choose(call_of(1, K));
        const DeviceMixer* prefill = mixers.choose(call_of(700, K));
        ASSERT_TRUE(decode != nullptr && prefill != nullptr) << K;
        EXPECT_EQ(decode->name, "cuda-decode");
        EXPECT_EQ(prefill->name, "cuda-chunked");
    }
    EXPECT_NE(mixers.choose(call_of(30, 20, 7, false)), nullptr);
    EXPECT_EQ(mixers.choose(call_of(30, 300)), nullptr) << "wider than any kernel";
    for (const auto& verdict : mixers.verdicts())
        EXPECT_LT(verdict.error, 1e-5) << verdict.text();
    EXPECT_THAT(reports.lines, IsEmpty());
}

// Float32 states of bfloat16 inputs: rounding is far below what a mistake makes, and within what is allowed for it.
TEST(DeviceMixers, TrustTheCudaKernelsInBFloat16OnTheEmulator) {
    const kernels::DeviceLimits limits{90, 132, std::size_t{227} << 10, true, "emulated"};
    std::vector<DeviceMixer> emulated;
    for (const kernels::DeviceDeltaRule& rule : kernels::device_delta_rules())
        emulated.push_back(internal::device_mixer(rule, limits));
    Reports reports;
    DeviceMixers mixers(emulated, reports.sink());
    for (const std::int64_t K : {13, 48, 96, 256}) {
        EXPECT_NE(mixers.choose(call_of(1, K, 12, true, at::kBFloat16)), nullptr) << K;
        const DeviceMixer* prefill = mixers.choose(call_of(700, K, 12, K != 48, at::kBFloat16));
        ASSERT_NE(prefill, nullptr) << K;
        const MixerResult r = prefill->run(call_of(70, K, 12, true, at::kBFloat16));
        EXPECT_EQ(r.out.scalar_type(), at::kBFloat16);
        EXPECT_EQ(r.final_state.scalar_type(), at::kFloat);
    }
    for (const auto& verdict : mixers.verdicts()) {
        EXPECT_LT(verdict.error, 1e-2) << verdict.text();
        EXPECT_GT(verdict.error, 1e-5) << verdict.text();
        EXPECT_THAT(verdict.text(), HasSubstr(" bfloat16"));
    }
    EXPECT_EQ(mixers.verdicts().size(), 8U) << "nothing is inferred from float32";
    EXPECT_THAT(reports.lines, IsEmpty());
}

TEST(DeviceMixers, SwitchOffWhatIsWrongInBFloat16Alone) {
    Reports reports;
    const auto wrong = spoiled("wrong", [](const MixerCall& c, MixerResult& r) {
        if (c.q.scalar_type() == at::kBFloat16) r.out = r.out * 1.05;
    });
    DeviceMixers mixers({wrong}, reports.sink());
    EXPECT_NE(mixers.choose(call_of(40, 24)), nullptr);
    EXPECT_EQ(mixers.choose(call_of(40, 24, 12, true, at::kBFloat16)), nullptr);
    EXPECT_THAT(reports.lines, ElementsAre(AllOf(HasSubstr("wrong on cpu at K=24 V=12 gated bfloat16"), HasSubstr("expected at most 3.0e-02"))));
}

}  // namespace
}  // namespace rankscope::test
