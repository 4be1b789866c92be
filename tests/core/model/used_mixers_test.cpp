// SPDX-License-Identifier: Apache-2.0
// What a provenance says computed the recurrence is what did.
#include "core/model/internal/used_mixers.hpp"

#include "core/model/internal/mixer.hpp"
#include "kernels/delta_rule.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <torch/csrc/autograd/autograd.h>

#include <string>

namespace rankscope::test {
namespace {

using internal::UsedMixers;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Used : public ::testing::Test {
protected:
    void SetUp() override { UsedMixers::instance().forget(); }

    // Names of what a call of T tokens and K channels used.
    static std::vector<std::string> names(std::int64_t T, std::int64_t K, bool reference = false, at::ScalarType dtype = at::kFloat) {
        (void)call(T, K, reference, dtype);
        return UsedMixers::instance().names();
    }

    static at::Tensor call(std::int64_t T, std::int64_t K, bool reference, at::ScalarType dtype, bool gradient = false) {
        const auto filled = [&](std::vector<std::int64_t> shape) { return at::full(shape, 0.1, at::TensorOptions().dtype(dtype)); };
        at::Tensor v = filled({1, T, 2, 96});
        v.requires_grad_(gradient);
        return internal::delta_rule(filled({1, T, 2, K}), filled({1, T, 2, K}), v, filled({1, T, 2}), -filled({1, T, 2}), 1, {}, {}, reference).out;
    }

    static std::string chosen(std::int64_t T, std::int64_t K) {
        const float gate = -0.1F;
        kernels::DeltaRuleArgs<float> args;
        args.B = 1;
        args.T = T;
        args.H = args.HV = 2;
        args.K = K;
        args.V = 96;
        args.g = &gate;
        return std::string(kernels::choose_delta_rule(args).name);
    }
};

TEST_F(Used, AreTheImplementationsThatRanInTheirOrder) {
    EXPECT_THAT(UsedMixers::instance().names(), IsEmpty());
    EXPECT_THAT(names(1, 64), ElementsAre(chosen(1, 64))) << "decoding";
    EXPECT_THAT(names(1, 4), ElementsAre(chosen(1, 64))) << "said once";
    ASSERT_NE(chosen(1, 64), "aten-chunked");
    EXPECT_THAT(names(3, 8, true), ElementsAre(chosen(1, 64), "aten-chunked"));
    UsedMixers::instance().forget();
    EXPECT_THAT(names(200, 64), ElementsAre(chosen(200, 64)));
    UsedMixers::instance().forget();
    EXPECT_THAT(names(200, 64, false, at::kDouble), ElementsAre("aten-chunked")) << "the kernels take float32";
}

TEST_F(Used, SayWhatWalkedBack) {
    const at::AutoGradMode on(true);
    const at::Tensor out = call(64, 64, false, at::kFloat, true);
    const std::string forward = chosen(64, 64);
    EXPECT_THAT(UsedMixers::instance().names(), ElementsAre(forward));
    out.sum().backward();
    EXPECT_THAT(UsedMixers::instance().names(), ElementsAre(forward, ::testing::MatchesRegex("(chunked|recurrent)-[a-z0-9]+ \\(gradient\\)")));
}

}  // namespace
}  // namespace rankscope::test
