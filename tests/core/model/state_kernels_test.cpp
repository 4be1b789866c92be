// SPDX-License-Identifier: Apache-2.0
// Spectra and norms on a device: kernels that are wrong are switched off, the CUDA kernels themselves run on the emulator behind the
// tensor wrapper, and memory that runs out halves the batches.
#include "core/model/internal/state_summary.hpp"

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/base/stop_scope.hpp"
#include "core/model/internal/mixer_aten.hpp"
#include "emulated_state_kernels.hpp"
#include "kernels/singular_values.hpp"
#include "kernels/state_norms.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rankscope::test {
namespace {

using internal::NormsCall;
using internal::NormsKernel;
using internal::NormsResult;
using internal::SpectraKernel;
using internal::StateKernels;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const at::Device kHere = at::kCPU;

at::Tensor drawn(std::initializer_list<std::int64_t> shape, std::uint64_t seed = 3) {
    at::Tensor t = at::empty(shape, at::kFloat);
    Random random(seed);
    for (std::int64_t i = 0; i < t.numel(); ++i)
        t.data_ptr<float>()[i] = static_cast<float>(random.normal());
    return t;
}

std::vector<double> numbers(const at::Tensor& t) {
    const at::Tensor c = t.to(at::kDouble).contiguous();
    return {c.const_data_ptr<double>(), c.const_data_ptr<double>() + c.numel()};
}

// What a right kernel gives: NaNs for a matrix with a NaN.
at::Tensor true_spectra(const at::Tensor& matrices) {
    const std::int64_t n = matrices.size(0), rows = matrices.size(1), columns = matrices.size(2), side = std::min(rows, columns);
    at::Tensor out = at::empty({n, side}, at::kDouble);
    for (std::int64_t i = 0; i < n; ++i) {
        const at::Tensor one = matrices[i].contiguous();
        double* to = out.data_ptr<double>() + i * side;
        if (kernels::singular_values({1, rows, columns, one.const_data_ptr<float>(), to}) >= 0)
            std::fill_n(to, side, std::numeric_limits<double>::quiet_NaN());
    }
    return out;
}

SpectraKernel spoiled(std::function<void(at::Tensor& values)> spoil, int* runs = nullptr) {
    SpectraKernel kernel;
    kernel.name = "spectra";
    kernel.supports = [](std::int64_t, std::int64_t) { return true; };
    kernel.run = [spoil = std::move(spoil), runs](const at::Tensor& matrices) {
        if (runs != nullptr) ++*runs;
        at::Tensor values = true_spectra(matrices);
        spoil(values);
        return values;
    };
    return kernel;
}

NormsCall call_of(std::int64_t K, std::int64_t V, std::int64_t T = 1, bool gated = true) {
    NormsCall call;
    call.k = drawn({1, T, 1, K}, 5) / std::sqrt(static_cast<double>(K));
    call.v = drawn({1, T, 2, V}, 6);
    call.beta = drawn({1, T, 2}, 7).abs().clamp(0, 1);
    if (gated) call.g = -drawn({1, T, 2}, 8).abs();
    return call;
}

NormsResult true_norms(const NormsCall& c) {
    kernels::StateNormsArgs args;
    auto& a = args.recurrence;
    a.B = 1, a.T = c.k.size(1), a.H = c.k.size(2), a.K = c.k.size(3), a.HV = c.v.size(2), a.V = c.v.size(3);
    a.k = c.k.const_data_ptr<float>(), a.v = c.v.const_data_ptr<float>(), a.beta = c.beta.const_data_ptr<float>();
    if (c.g.defined()) a.g = c.g.const_data_ptr<float>();
    if (c.initial.defined()) a.initial_state = c.initial.const_data_ptr<float>();
    a.state_positions = c.positions;
    NormsResult r{at::empty({std::ssize(c.positions), 1, a.HV, 2}, at::kFloat), at::empty({1, a.HV, a.K, a.V}, at::kFloat)};
    args.norms = r.norms.data_ptr<float>();
    a.final_state = r.final_state.data_ptr<float>();
    kernels::state_norms(args);
    return r;
}

NormsKernel spoiled_norms(std::function<void(NormsResult&)> spoil) {
    NormsKernel kernel;
    kernel.name = "norms";
    kernel.supports = [](const NormsCall&) { return true; };
    kernel.run = [spoil = std::move(spoil)](const NormsCall& c) {
        NormsResult r = true_norms(c);
        spoil(r);
        return r;
    };
    return kernel;
}

struct Reports {
    std::vector<std::string> lines;

    internal::KernelCheck::Report sink() {
        return [this](const std::string& line) { lines.push_back(line); };
    }
};

TEST(StateKernels, AreUsedWhereTheyAgree) {
    Reports reports;
    int runs = 0;
    StateKernels kernels(spoiled([](at::Tensor&) {}, &runs), spoiled_norms([](NormsResult&) {}), reports.sink());
    EXPECT_NE(kernels.spectra(kHere, 20, 12), nullptr);
    EXPECT_NE(kernels.spectra(kHere, 20, 12), nullptr);
    EXPECT_EQ(runs, 1) << "checked once for each shape";
    EXPECT_NE(kernels.spectra(kHere, 12, 20), nullptr);
    EXPECT_EQ(runs, 2);
    EXPECT_NE(kernels.norms(call_of(20, 12)), nullptr);
    EXPECT_THAT(reports.lines, IsEmpty());
    EXPECT_EQ(kernels.verdicts().size(), 3U);
}

TEST(StateKernels, AreSwitchedOffWithKernelWidthAndError) {
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    for (const auto& spoil : std::vector<std::function<void(at::Tensor&)>>{
             [](at::Tensor& s) { s[0][0] *= 1.001; },
             [](at::Tensor& s) { s[1][7].add_(1e-6 * s[1][0].item<double>()); },
             [](at::Tensor& s) { s[2].mul_(1 + 1e-6); },
             [](at::Tensor& s) { s[3][11] += 1e-30; },  // a rank that is lower than it seems
             [](at::Tensor& s) { s[4][0] += 1e-30; },
             [nan](at::Tensor& s) { s[4].fill_(nan); },
             [](at::Tensor& s) { s[5].fill_(1); },  // a NaN that is lost
         }) {
        Reports reports;
        StateKernels kernels(spoiled(spoil), std::nullopt, reports.sink());
        EXPECT_EQ(kernels.spectra(kHere, 20, 12), nullptr);
        EXPECT_EQ(kernels.spectra(kHere, 20, 12), nullptr);
        EXPECT_THAT(reports.lines, ElementsAre(AllOf(HasSubstr("spectra on cpu at K=20 V=12"), HasSubstr("switched off, error"),
                                                     HasSubstr("the processor computes instead"))));
    }
    for (const auto& spoil : std::vector<std::function<void(NormsResult&)>>{
             [](NormsResult& r) { r.norms.select(3, 0).mul_(1.001); },
             [](NormsResult& r) { r.norms[4][0][0][1] *= 0.999; },
             // With two value heads to a key head alone.
             [](NormsResult& r) {
                 if (r.norms.size(2) == 2) r.norms[4][0][1][1] *= 0.999;
             },
             [nan](NormsResult& r) { r.norms[2][0][0][1] = nan; },
         }) {
        Reports reports;
        StateKernels kernels(std::nullopt, spoiled_norms(spoil), reports.sink());
        EXPECT_EQ(kernels.norms(call_of(20, 12)), nullptr);
        EXPECT_THAT(reports.lines, ElementsAre(AllOf(HasSubstr("norms on cpu at K=20 V=12 gated"),
                                                     HasSubstr("switched off"))));
    }
    Reports reports;
    SpectraKernel failing = spoiled([](at::Tensor&) { throw Error(ErrorKind::Internal, "misaligned address"); });
    StateKernels kernels(failing, std::nullopt, reports.sink());
    EXPECT_EQ(kernels.spectra(kHere, 8, 8), nullptr);
    EXPECT_THAT(reports.lines, ElementsAre(HasSubstr("misaligned address")));
    EXPECT_EQ(kernels.norms(call_of(8, 8)), nullptr) << "there is none";
}

TEST(StateKernels, TrustTheCudaKernelsOnTheEmulator) {
    Reports reports;
    const auto kernels = emulated_state_kernels(reports.sink());
    for (const auto& [K, V] : std::vector<std::pair<int, int>>{{1, 1}, {16, 24}, {13, 5}, {48, 64}}) {
        EXPECT_NE(kernels->spectra(kHere, K, V), nullptr);
        EXPECT_NE(kernels->norms(call_of(K, V)), nullptr);
        EXPECT_NE(kernels->norms(call_of(K, V, 1, false)), nullptr);
    }
    EXPECT_EQ(kernels->spectra(kHere, 600, 64), nullptr) << "wider than the kernel";
    EXPECT_EQ(kernels->norms(call_of(300, 8)), nullptr);
    EXPECT_THAT(reports.lines, IsEmpty());
    for (const auto& verdict : kernels->verdicts())
        EXPECT_LT(verdict.error, verdict.use.kernel == "cuda-state-norms" ? 1e-5 : 1e-12) << verdict.text();
}

// A device without room for more than `most` matrices.
SpectraKernel scarce(std::int64_t most, std::vector<std::int64_t>& counts) {
    SpectraKernel kernel = spoiled([](at::Tensor&) {});
    kernel.run = [most, &counts](const at::Tensor& matrices) {
        counts.push_back(matrices.size(0));
        if (matrices.size(0) > most) throw c10::OutOfMemoryError({"", "", 0}, "CUDA out of memory");
        return true_spectra(matrices);
    };
    return kernel;
}

TEST(StateSpectra, AreThoseOfTheChosenHeadsWhateverTheBatches) {
    const at::Tensor states = drawn({5, 2, 4, 6, 9});
    const std::vector<std::int32_t> heads{1, 3};
    const at::Tensor chosen = at::stack({states.select(2, 1), states.select(2, 3)}, 2).contiguous();
    const auto want = numbers(true_spectra(chosen.reshape({-1, 6, 9})));
    const auto energy = numbers(chosen.to(at::kDouble).square().sum(-1));
    const std::int64_t row = 2 * 6 * 9 * 4;  // bytes of the heads of one token
    for (const std::int64_t bytes : {std::int64_t{1}, row, 3 * row, internal::kSpectraBatchBytes}) {
        std::vector<std::int64_t> counts;
        const auto got = internal::state_spectra(scarce(1000, counts), states, heads, bytes);
        EXPECT_THAT(counts, Each(::testing::Le(std::max<std::int64_t>(2, bytes / row * 2))));
        EXPECT_EQ(got.singular_values.sizes(), (at::IntArrayRef{5, 2, 2, 6}));
        EXPECT_EQ(got.row_energy.sizes(), (at::IntArrayRef{5, 2, 2, 6}));
        EXPECT_EQ(numbers(got.singular_values), want);
        EXPECT_THAT(numbers(got.row_energy), ::testing::Pointwise(::testing::DoubleNear(1e-5), energy));
    }
    std::vector<std::int64_t> counts;
    EXPECT_EQ(numbers(internal::state_spectra(scarce(1000, counts), states, {}).singular_values),
              numbers(true_spectra(states.reshape({-1, 6, 9}))));
}

TEST(StateSpectra, HalveTheBatchesWhereMemoryRunsOut) {
    const at::Tensor states = drawn({7, 1, 2, 3, 4});
    std::vector<std::int64_t> counts;
    const auto got = internal::state_spectra(scarce(5, counts), states, {});
    EXPECT_EQ(numbers(got.singular_values), numbers(true_spectra(states.reshape({-1, 3, 4}))));
    EXPECT_THAT(counts, ElementsAre(14, 6, 2, 2, 2, 2, 2, 2, 2));
    counts.clear();
    EXPECT_THROW((void)internal::state_spectra(scarce(1, counts), states, {}), c10::OutOfMemoryError)
        << "not even the heads of one token";
}

TEST(StateSpectra, HearAStop) {
    std::stop_source source;
    source.request_stop();
    const StopScope scope(source.get_token());
    std::vector<std::int64_t> counts;
    EXPECT_THROW((void)internal::state_spectra(scarce(9, counts), drawn({2, 1, 1, 3, 3}), {}), Cancelled);
    EXPECT_THAT(counts, IsEmpty());
}

TEST(StateNorms, CarryTheStateFromPieceToPiece) {
    const NormsKernel kernel = spoiled_norms([](NormsResult&) {});
    NormsCall call = call_of(10, 14, 50);
    const std::vector<std::int64_t> positions{2, 15, 16, 17, 47};
    call.positions = positions;
    const auto whole = numbers(true_norms(call).norms);
    for (const std::int64_t piece : {1, 7, 16, 1000}) {
        const at::Tensor norms = internal::state_norms(kernel, call, piece);
        EXPECT_EQ(norms.sizes(), (at::IntArrayRef{5, 1, 2, 2}));
        EXPECT_THAT(numbers(norms), ::testing::Pointwise(::testing::DoubleNear(1e-4), whole)) << piece;
    }
    const std::vector<std::int32_t> second{1};
    const NormsCall alone = internal::norms_call(call.k, call.v, call.beta, call.g, second, positions);
    EXPECT_EQ(alone.v.size(2), 1);
    EXPECT_EQ(alone.k.size(2), 1);
    const auto norms = numbers(internal::state_norms(kernel, alone));
    for (std::size_t p = 0; p < positions.size(); ++p) {
        EXPECT_NEAR(norms[2 * p], whole[4 * p + 2], 1e-4);
        EXPECT_NEAR(norms[2 * p + 1], whole[4 * p + 3], 1e-4);
    }
}

}  // namespace
}  // namespace rankscope::test
