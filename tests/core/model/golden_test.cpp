// SPDX-License-Identifier: Apache-2.0
// Every reference model: what the whole forward pass and each mixer computes, in both precisions and with
// both mixers.
#include "golden_model.hpp"

#include <cstdlib>
#include <numeric>

namespace rankscope::test {
namespace {

struct Tolerance {
    double logits, nll, mean_nll, relative;
};

constexpr Tolerance kFloat{1e-4, 1e-4, 1e-5, 1e-4};
// What is stored is rounded to float32, and so is what the model hands out.
constexpr Tolerance kDouble{2e-6, 2e-6, 1e-6, 2e-6};

void expect_golden(const Golden& golden, const Pass& pass, const Tolerance& tolerance) {
    EXPECT_LE(largest_difference(pass.logits, golden.floats("logits")), tolerance.logits);
    const std::vector<float> nll = golden.floats("nll");
    EXPECT_LE(largest_difference(pass.scores.nll, nll), tolerance.nll);
    const auto mean = [](const std::vector<float>& v) {
        return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
    };
    EXPECT_NEAR(mean(pass.scores.nll), mean(nll), tolerance.mean_nll);
    bool first = true;
    for (const auto& [layer, trace] : pass.traces) {
        SCOPED_TRACE("layer " + std::to_string(layer));
        std::string suffix = ".";
        suffix += std::to_string(layer);
        EXPECT_LE(relative_difference(trace.states, golden.floats("states" + suffix)), tolerance.relative);
        EXPECT_EQ(golden.has("q" + suffix), first) << "only the first recurrent layer has its inputs stored";
        if (first) {
            EXPECT_LE(relative_difference(trace.q, golden.floats("q" + suffix)), tolerance.relative);
            EXPECT_LE(relative_difference(trace.k, golden.floats("k" + suffix)), tolerance.relative);
            EXPECT_LE(relative_difference(trace.v, golden.floats("v" + suffix)), tolerance.relative);
            EXPECT_LE(relative_difference(trace.beta, golden.floats("beta" + suffix)), tolerance.relative);
            EXPECT_EQ(golden.has("g" + suffix), !trace.g.empty());
            if (!trace.g.empty()) {
                EXPECT_LE(relative_difference(trace.g, golden.floats("g" + suffix)), tolerance.relative);
            }
        }
        first = false;
    }
    EXPECT_FALSE(first) << "no recurrent layer was traced";
}

class ModelGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(ModelGolden, Float32AgreesWithBothMixers) {
    const auto folder = golden_models() / GetParam();
    const Golden golden(folder);
    const auto model = load(folder);
    for (const bool reference : {false, true}) {
        SCOPED_TRACE(reference ? "composed mixer" : "kernel");
        PassOptions options;
        options.positions = golden.integers("positions");
        options.reference_mixer = reference;
        expect_golden(golden, run(*model, golden.ids(), options), kFloat);
    }
}

TEST_P(ModelGolden, Float64AgreesToTheRoundingOfWhatIsStored) {
    const auto folder = golden_models() / GetParam();
    const Golden golden(folder);
    PassOptions options;
    options.positions = golden.integers("positions");
    expect_golden(golden, run(*load(folder, "float64"), golden.ids(), options), kDouble);
}

TEST_P(ModelGolden, CorrectMarksTheArgMax) {
    const auto folder = golden_models() / GetParam();
    const Golden golden(folder);
    const auto model = load(folder);
    const Ids ids = golden.ids();
    const Pass pass = run(*model, ids);
    const auto vocab = static_cast<std::size_t>(model->config().vocab_size);
    const std::size_t T = ids.front().size();
    for (std::size_t b = 0; b < ids.size(); ++b) {
        for (std::size_t t = 0; t + 1 < T; ++t) {
            const float* row = pass.logits.data() + (b * T + t) * vocab;
            const bool right = std::max_element(row, row + vocab) - row == ids[b][t + 1];
            EXPECT_EQ(pass.scores.correct[b * (T - 1) + t] != 0, right) << b << ", " << t;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Models, ModelGolden, ::testing::ValuesIn(golden_variants()), test_name);

TEST(ModelGoldenLarge, TheMediumModelAgrees) {
    const char* root = std::getenv("RANKSCOPE_GOLDEN");
    const std::filesystem::path folder =
        (root != nullptr ? std::filesystem::path(root)
                         : std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "../shared/golden")
        / "models/delta_net-mid";
    if (!std::filesystem::exists(folder))
        GTEST_SKIP() << "no " << folder << "; RANKSCOPE_GOLDEN names the folder that holds models/";
    const Golden golden(folder);
    const auto model = load(folder);
    PassOptions options;
    options.positions = golden.integers("positions");
    const Pass pass = run(*model, golden.ids(), options);
    const std::vector<float> expected = golden.floats("logits");
    const auto vocab = static_cast<std::size_t>(model->config().vocab_size);
    std::vector<float> stored;
    for (const std::int64_t t : golden.integers("logit_positions")) {
        const auto begin =
            pass.logits.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(t) * vocab);
        stored.insert(stored.end(), begin, begin + static_cast<std::ptrdiff_t>(vocab));
    }
    EXPECT_LE(largest_difference(stored, expected), 1e-4);
    EXPECT_LE(largest_difference(pass.scores.nll, golden.floats("nll")), 1e-4);
    for (const std::int64_t layer : {std::int64_t{0}, std::ssize(model->config().layers) - 1}) {
        EXPECT_LE(relative_difference(pass.traces.at(layer).states,
                                      golden.floats("states." + std::to_string(layer))),
                  1e-4);
    }
}

}  // namespace
}  // namespace rankscope::test
