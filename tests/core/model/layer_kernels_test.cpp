// SPDX-License-Identifier: Apache-2.0
// The self-check between the kernels around the recurrence and the user: with kernels that are wrong in every way, and with the CUDA
// kernels themselves on the emulator.
#include "core/model/internal/layer_kernels.hpp"

#include "core/base/random.hpp"
#include "core/model/internal/composed_operations.hpp"
#include "core/model/internal/drawn_numbers.hpp"

#include "emulated_layer_kernels.hpp"
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/sigmoid.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <tuple>
#include <vector>

namespace rankscope::test {
namespace {

using internal::ConvCall;
using internal::LayerKernelFunctions;
using internal::LayerKernels;
using internal::NormCall;
using kernels::NormGate;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

at::Tensor made(std::vector<std::int64_t> shape, at::ScalarType dtype = at::kFloat) {
    Random random(static_cast<std::uint64_t>(shape.back()), 77);
    return internal::draw(shape, random, &internal::normal).to(dtype);
}

NormCall gated(at::ScalarType dtype, std::int64_t width = 48, NormGate act = NormGate::Swish) {
    const at::Tensor joint = made({2, 5, 3 * width + 40}, dtype);
    return {made({2, 5, 3, width}, dtype), {}, made({width}), joint.narrow(-1, 24, 3 * width), act, 1e-5, dtype};
}

NormCall added(at::ScalarType stream, at::ScalarType product) {
    return {made({2, 7, 100}, stream), made({2, 7, 100}, product) * 0.5, made({100}), {}, NormGate::None, 1e-5, product};
}

ConvCall convolution(at::ScalarType dtype, at::ScalarType out, std::int64_t width, bool normalised, std::int64_t T = 11) {
    return {made({2, T, 3 * width + 5}, dtype), 2, made({3 * width, 4}, dtype), made({2, 3, 3 * width + 5}, dtype), 3, normalised, out};
}

double difference(const at::Tensor& got, const at::Tensor& want) {
    return (got.to(at::kDouble) - want.to(at::kDouble).reshape(got.sizes())).abs().max().item<double>();
}

struct Reports {
    std::vector<std::string> lines;

    internal::KernelCheck::Report sink() {
        return [this](const std::string& line) { lines.push_back(line); };
    }
};

at::Tensor exact(const ConvCall& c) {
    const std::int64_t C = c.weight.size(0);
    const auto columns = [&](const at::Tensor& t) { return t.defined() ? t.narrow(-1, c.first, C).to(at::kDouble) : t; };
    const at::Tensor y = internal::composed_conv(columns(c.joint), c.weight.to(at::kDouble), columns(c.tail), true)
                             .reshape({c.joint.size(0), c.joint.size(1), c.heads, -1});
    return c.normalised ? internal::composed_l2_norm(y) : y;
}

TEST(LayerKernels, AreTheCompositionOnTheEmulator) {
    Reports reports;
    LayerKernels kernels(emulated_layer_functions(), reports.sink());
    const auto wide = [](const at::Tensor& t) { return t.defined() ? t.to(at::kDouble) : t; };
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
        const double bound = dtype == at::kFloat ? 1e-5 : 2e-2;
        for (const NormGate act : {NormGate::Swish, NormGate::Sigmoid}) {
            const NormCall call = gated(dtype, 48, act);
            const auto got = kernels.norm(call);
            ASSERT_TRUE(got);
            EXPECT_EQ(got->out.scalar_type(), dtype);
            EXPECT_FALSE(got->sum.defined());
            EXPECT_LT(difference(got->out, internal::composed_gated_norm(wide(call.x), wide(call.weight), wide(call.gate), act, call.eps)),
                      bound * 4);
        }
        for (const std::int64_t width : {1, 13, 48, 96}) {
            for (const bool normalised : {false, true}) {
                const ConvCall call = convolution(dtype, dtype, width, normalised);
                const auto got = kernels.conv(call);
                ASSERT_TRUE(got) << width;
                EXPECT_EQ(got->scalar_type(), dtype);
                EXPECT_LT(difference(*got, exact(call)), bound * 4) << width;
            }
        }
        const at::Tensor gate_up = made({2, 3, 74}, dtype);
        const auto y = kernels.swiglu(gate_up);
        ASSERT_TRUE(y);
        EXPECT_LT(difference(*y, internal::composed_swiglu(wide(gate_up))), bound * 4);
    }
    for (const auto& [stream, product] :
         {std::pair(at::kFloat, at::kFloat), std::pair(at::kFloat, at::kBFloat16), std::pair(at::kBFloat16, at::kBFloat16)}) {
        const NormCall call = added(stream, product);
        const auto got = kernels.norm(call);
        ASSERT_TRUE(got);
        EXPECT_EQ(got->sum.scalar_type(), stream);
        EXPECT_EQ(got->out.scalar_type(), product);
        const at::Tensor sum = wide(call.x) + wide(call.add);
        EXPECT_LT(difference(got->sum, sum), stream == at::kFloat ? 1e-5 : 3e-2);
        EXPECT_LT(difference(got->out, internal::composed_norm(sum, wide(call.weight), call.eps)), product == at::kFloat ? 1e-4 : 6e-2);
    }
    const at::Tensor joint = 3 * made({2, 9, 50}), rates = made({4}), biases = made({4}) * 0.5;
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16}) {
        const at::Tensor x = joint.to(dtype);
        const auto gates = kernels.gates({x, 7, 30, 4, 2, rates, biases});
        ASSERT_TRUE(gates);
        EXPECT_LT(difference(gates->beta, 2 * at::sigmoid(wide(x).narrow(-1, 7, 4))), 1e-5);
        EXPECT_LT(difference(gates->g, internal::composed_log_decay(wide(x).narrow(-1, 30, 4), wide(rates), wide(biases))), 1e-4);
        const auto decay = kernels.gates({x, -1, 30, 4, 1, rates, biases});
        ASSERT_TRUE(decay);
        EXPECT_FALSE(decay->beta.defined());
        EXPECT_TRUE(at::equal(decay->g, gates->g));
    }
    const ConvCall mixed = convolution(at::kBFloat16, at::kFloat, 16, true);
    const auto q = kernels.conv(mixed);
    ASSERT_TRUE(q);
    EXPECT_LT(difference(*q, exact(mixed)), 1e-5) << "inputs are exact, outputs float32";
    EXPECT_THAT(reports.lines, IsEmpty());
    EXPECT_THAT(kernels.verdicts(), Each(::testing::Field(&internal::KernelVerdict::trusted, true)));
}

// Results of the real kernels, spoiled at one width.
std::string wrong_norm(const kernels::DeviceRmsNormArgs& a, const kernels::DeviceLimits& limits) {
    std::string error = kernels::device_rms_norm(a, limits);
    if (a.width == 48) static_cast<float*>(a.out)[a.width - 1] += 0.01F;
    return error;
}

std::string wrong_sum(const kernels::DeviceRmsNormArgs& a, const kernels::DeviceLimits& limits) {
    std::string error = kernels::device_rms_norm(a, limits);
    if (a.sum != nullptr) static_cast<float*>(a.sum)[0] += 0.1F;
    return error;
}

std::string without_tail(const kernels::DeviceShortConvArgs& args, const kernels::DeviceLimits& limits) {
    kernels::DeviceShortConvArgs a = args;
    a.tail = nullptr;
    return kernels::device_short_conv(a, limits);
}

std::string wrong_gates(const kernels::DeviceMixerGatesArgs& a, const kernels::DeviceLimits& limits) {
    std::string error = kernels::device_mixer_gates(a, limits);
    if (a.g != nullptr) a.g[a.HV] *= 1.001F;
    return error;
}

std::string failing_swiglu(const kernels::DeviceSwigluArgs&, const kernels::DeviceLimits&) {
    return "misaligned address";
}

TEST(LayerKernels, AreSwitchedOffWhereTheyAreWrongAndNamed) {
    LayerKernelFunctions functions = emulated_layer_functions();
    functions.norm = &wrong_norm;
    Reports reports;
    LayerKernels kernels(functions, reports.sink());
    EXPECT_TRUE(kernels.norm(gated(at::kFloat, 64)));
    EXPECT_THAT(reports.lines, IsEmpty());
    EXPECT_FALSE(kernels.norm(gated(at::kFloat, 48)));
    EXPECT_FALSE(kernels.norm(gated(at::kFloat, 48)));
    EXPECT_THAT(reports.lines,
                ElementsAre(AllOf(HasSubstr("cuda-rms-norm on cpu at width 48 (3 heads), float32, swish gate"), HasSubstr("switched off"),
                                  HasSubstr("the composition of ATen operations computes instead"))));
}

TEST(LayerKernels, AreCheckedInTheirSumsTheirTailsAndTheirExceptions) {
    LayerKernelFunctions functions = emulated_layer_functions();
    functions.norm = &wrong_sum;
    functions.conv = &without_tail;
    functions.swiglu = &failing_swiglu;
    functions.gates = &wrong_gates;
    Reports reports;
    LayerKernels kernels(functions, reports.sink());
    EXPECT_FALSE(kernels.norm(added(at::kFloat, at::kFloat)));
    EXPECT_FALSE(kernels.conv(convolution(at::kFloat, at::kFloat, 16, true)));
    EXPECT_FALSE(kernels.conv(convolution(at::kFloat, at::kFloat, 16, true, 1)));
    EXPECT_FALSE(kernels.swiglu(made({3, 20})));
    EXPECT_FALSE(kernels.gates({made({1, 3, 20}), 0, 4, 4, 1, made({4}), made({4})}));
    EXPECT_TRUE(kernels.gates({made({1, 3, 20}), 0, -1, 4, 1, {}, {}})) << "beta is right";
    ASSERT_THAT(reports.lines, SizeIs(5));
    EXPECT_THAT(reports.lines[4], HasSubstr("cuda-mixer-gates on cpu at 4 heads, float32, beta, decay"));
    EXPECT_THAT(reports.lines[2], HasSubstr("decoding"));
    EXPECT_THAT(reports.lines[3], AllOf(HasSubstr("cuda-swiglu on cpu at width 10, float32"), HasSubstr("misaligned address")));
}

std::string wrong_norm_gradient(const kernels::DeviceRmsNormBackwardArgs& b, void* workspace) {
    std::string error = kernels::device_rms_norm_backward(b, workspace);
    b.d_weight[0] += 0.05F;
    return error;
}

std::string wrong_conv_gradient(const kernels::DeviceShortConvBackwardArgs& b, void* workspace) {
    std::string error = kernels::device_short_conv_backward(b, workspace);
    static_cast<float*>(b.d_x)[b.forward.C] += 0.05F;  // a column of somebody else
    return error;
}

std::string failing_swiglu_gradient(const kernels::DeviceSwigluBackwardArgs&, const kernels::DeviceLimits&) {
    return "misaligned address";
}

TEST(LayerKernels, GoBackOnlyWhereTheGradientIsTrustedToo) {
    NormCall norm = added(at::kFloat, at::kBFloat16);
    ConvCall conv = convolution(at::kFloat, at::kFloat, 16, true);
    conv.tail = at::Tensor();
    Reports reports;
    LayerKernels right(emulated_layer_functions(), reports.sink());
    EXPECT_TRUE(right.differentiates(norm));
    EXPECT_TRUE(right.differentiates(gated(at::kFloat)));
    EXPECT_TRUE(right.differentiates(conv));
    EXPECT_TRUE(right.differentiates(made({3, 20})));
    EXPECT_FALSE(right.differentiates(convolution(at::kFloat, at::kFloat, 16, true))) << "with a tail";
    EXPECT_FALSE(right.differentiates(added(at::kBFloat16, at::kBFloat16)));
    EXPECT_THAT(reports.lines, IsEmpty());

    LayerKernelFunctions functions = emulated_layer_functions();
    functions.norm_backward = &wrong_norm_gradient;
    functions.conv_backward = &wrong_conv_gradient;
    functions.swiglu_backward = &failing_swiglu_gradient;
    LayerKernels wrong(functions, reports.sink());
    EXPECT_FALSE(wrong.differentiates(norm));
    EXPECT_FALSE(wrong.differentiates(conv));
    EXPECT_FALSE(wrong.differentiates(made({3, 20})));
    EXPECT_TRUE(wrong.norm(norm)) << "forward it is right";
    ASSERT_THAT(reports.lines, SizeIs(3));
    EXPECT_THAT(reports.lines[0], HasSubstr("cuda-rms-norm-backward on cpu at width 100, float32 to bfloat16, addition"));
    EXPECT_THAT(reports.lines[1], HasSubstr("cuda-short-conv-backward on cpu at width 16 (3 heads), float32, 4 taps of float32, l2 norm"));
    EXPECT_THAT(reports.lines[2], HasSubstr("misaligned address"));

    functions.conv = &without_tail;
    functions.norm = &wrong_sum;
    LayerKernels forward_wrong(functions, reports.sink());
    EXPECT_FALSE(forward_wrong.differentiates(norm));
    EXPECT_FALSE(forward_wrong.differentiates(conv));
}

int norms = 0;

std::string counted_norm(const kernels::DeviceRmsNormArgs& a, const kernels::DeviceLimits& limits) {
    ++norms;
    return kernels::device_rms_norm(a, limits);
}

TEST(LayerKernels, AreCheckedOnceForEachUse) {
    LayerKernelFunctions functions = emulated_layer_functions();
    functions.norm = &counted_norm;
    Reports reports;
    LayerKernels kernels(functions, reports.sink());
    norms = 0;
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(kernels.norm(gated(at::kFloat)));
    EXPECT_EQ(norms, 4) << "one check and three calls";
    std::vector<NormCall> others{gated(at::kFloat, 56), gated(at::kFloat, 48, NormGate::Sigmoid), gated(at::kBFloat16),
                                 added(at::kFloat, at::kFloat), added(at::kFloat, at::kBFloat16)};
    NormCall plain = added(at::kFloat, at::kFloat);
    plain.add = at::Tensor();
    others.push_back(plain);
    for (const NormCall& call : others)
        EXPECT_TRUE(kernels.norm(call));
    EXPECT_EQ(norms, 4 + 2 * 6) << "width, gate, dtypes and the addition are other uses";
    EXPECT_THAT(kernels.verdicts(), SizeIs(7));
    for (const auto& [out, width, normalised, T] :
         {std::tuple(at::kFloat, 16, true, 11), std::tuple(at::kBFloat16, 16, true, 11), std::tuple(at::kBFloat16, 16, false, 11),
          std::tuple(at::kBFloat16, 24, true, 11), std::tuple(at::kBFloat16, 16, true, 1)}) {
        for (int i = 0; i < 2; ++i)
            EXPECT_TRUE(kernels.conv(convolution(at::kBFloat16, out, width, normalised, T)));
    }
    EXPECT_THAT(kernels.verdicts(), SizeIs(12));
}

TEST(LayerKernels, LeaveWhatTheyDoNotTakeToTheComposition) {
    Reports reports;
    LayerKernels kernels(emulated_layer_functions(), reports.sink());
    EXPECT_FALSE(kernels.norm(gated(at::kDouble)));
    EXPECT_FALSE(kernels.swiglu(made({3, 20}, at::kDouble)));
    EXPECT_FALSE(kernels.swiglu(made({3, 20}, at::kHalf)));
    EXPECT_FALSE(kernels.swiglu(made({0, 20})));
    LayerKernels none(std::nullopt, reports.sink());
    EXPECT_FALSE(none.norm(gated(at::kFloat)));
    EXPECT_FALSE(none.conv(convolution(at::kFloat, at::kFloat, 16, true)));
    EXPECT_FALSE(none.swiglu(made({3, 20})));
    EXPECT_THAT(reports.lines, IsEmpty());
    EXPECT_THAT(none.verdicts(), IsEmpty());
}

}  // namespace
}  // namespace rankscope::test
