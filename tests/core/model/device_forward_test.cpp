// SPDX-License-Identifier: Apache-2.0
// Whole models whose recurrences, convolutions, norms and gates run through the CUDA kernels, on the emulator, against the same models on
// the processor.
#include "emulated_device.hpp"
#include "golden_model.hpp"
#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

namespace rankscope::test {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

class DeviceForward : public ::testing::TestWithParam<std::string> {
protected:
    // The model's pass, on the processor or on the device.
    Pass pass(const Model& model, bool on_device, const PassOptions& options = {}) {
        std::unique_ptr<internal::EmulatedDevice> device;
        if (on_device) device = std::make_unique<internal::EmulatedDevice>(kernels_.device());
        model.forget_used_mixers();
        return run(model, ids(), options);
    }

    // Few tokens: the emulator takes a thread of a GPU at a time.
    [[nodiscard]] static Ids ids() {
        Ids all = Golden(golden_models() / GetParam()).ids();
        all.resize(1);
        all[0].resize(std::min<std::size_t>(all[0].size(), 20));
        return all;
    }

    EmulatedKernels kernels_;
};

TEST_P(DeviceForward, IsThatOfTheProcessorInFloat32) {
    const auto model = load(golden_models() / GetParam(), "float32");
    const Pass want = pass(*model, false);
    const Pass got = pass(*model, true);
    EXPECT_THAT(model->used_mixers(), Contains("cuda-chunked"));
    EXPECT_THAT(kernels_.layer_kernels(), Contains("cuda-rms-norm"));
    EXPECT_THAT(kernels_.layer_kernels(), Contains("cuda-swiglu"));
    EXPECT_LT(relative_difference(got.logits, want.logits), 2e-5);
    EXPECT_THAT(kernels_.reports, IsEmpty());
}

TEST_P(DeviceForward, IsRoundedAsTheModelIsInBFloat16) {
    const auto model = load(golden_models() / GetParam(), "bfloat16");
    const Pass exact = pass(*load(golden_models() / GetParam(), "float32"), false);
    const Pass composed = pass(*model, false);
    const Pass got = pass(*model, true);
    EXPECT_THAT(model->used_mixers(), Contains("cuda-chunked"));
    EXPECT_THAT(kernels_.reports, IsEmpty());
    // As far from the exact model as the composition in bfloat16 is, and no farther.
    const double rounding = relative_difference(composed.logits, exact.logits);
    EXPECT_LT(relative_difference(got.logits, exact.logits), 2 * rounding + 5e-3);
    EXPECT_GT(relative_difference(got.logits, exact.logits), 0);
}

TEST_P(DeviceForward, TracesAndSlicesAsTheProcessorDoes) {
    const auto model = load(golden_models() / GetParam(), "float32");
    PassOptions options;
    options.positions = {3, 17};
    for (const LayerConfig& layer : model->config().layers) {
        LayerSelection s;
        for (std::int64_t h = 0; layer.prunable() && h < layer.key_heads; ++h) {
            std::vector<std::int32_t>& kept = s.keep.emplace_back();
            for (std::int64_t c = h % 2; c < layer.key_dim; c += 2)
                kept.push_back(static_cast<std::int32_t>(c));
            if (h % 2 == 1 && layer.key_dim % 2 == 1) kept.push_back(static_cast<std::int32_t>(layer.key_dim - 1));
            std::sort(kept.begin(), kept.end());
            kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
        }
        const bool even = std::all_of(s.keep.begin(), s.keep.end(), [&](const auto& kept) { return kept.size() == s.keep.front().size(); });
        if (!even) s.keep.clear();
        options.selections.push_back(s);
    }
    const Pass want = pass(*model, false, options);
    const Pass got = pass(*model, true, options);
    EXPECT_LT(relative_difference(got.logits, want.logits), 2e-5);
    ASSERT_EQ(got.traces.size(), want.traces.size());
    for (const auto& [layer, trace] : want.traces)
        EXPECT_LT(relative_difference(got.traces.at(layer).states, trace.states), 2e-5) << "layer " << layer;
}

TEST_P(DeviceForward, DecodesAsItPrefills) {
    for (const char* dtype : {"float32", "bfloat16"}) {
        const auto model = load(golden_models() / GetParam(), dtype);
        const Pass all = pass(*model, true);
        const internal::EmulatedDevice device(kernels_.device());
        model->forget_used_mixers();
        const auto state = model->begin_decode(1, {});
        const auto vocab = static_cast<std::size_t>(model->config().vocab_size);
        const std::vector<std::int32_t> row = ids()[0];
        for (std::size_t t = 0; t < row.size(); ++t) {
            const std::vector<std::int32_t> token{row[t]};
            const std::vector<std::int32_t> next = model->decode_step(*state, token, nullptr);
            const float* logits = all.logits.data() + t * vocab;
            const float best = *std::max_element(logits, logits + vocab);
            // Where two are nearly alike, rounding chooses.
            const float near = std::string(dtype) == "float32" ? 1e-4F : 5e-2F;
            EXPECT_GE(logits[next[0]], best - near * std::abs(best)) << dtype << " token " << t;
        }
        EXPECT_THAT(model->used_mixers(), Contains("cuda-decode"));
        EXPECT_THAT(model->used_mixers(), Not(Contains("cuda-chunked")));
    }
}

INSTANTIATE_TEST_SUITE_P(Models, DeviceForward,
                         ::testing::Values("delta_net-plain", "delta_net-gate-noconv", "delta_net-sum-elu", "gated_deltanet-gva",
                                           "gated_deltanet-expandv1.5-negeig", "gated_deltanet-hybrid-legacy-bf16"),
                         test_name);

}  // namespace
}  // namespace rankscope::test
