// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/live_evaluation.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/base/random.hpp"
#include "core/model/load_model.hpp"
#include "tests/support/scarce_model.hpp"

namespace rankscope {
namespace {

// The golden models are small; what counts here is which layers are run and that the numbers are the same.
class LiveEvaluationTest : public ::testing::TestWithParam<std::string> {
protected:
    LiveEvaluationTest()
        : folder_(ModelFolder::open(std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models" / GetParam())),
          model_(load_model(folder_, {"cpu", "float32", 1}, {})) {
        Random random(3);
        for (std::int64_t w = 0; w < 6; ++w) {
            auto& row = windows_.rows.emplace_back();
            // The last window is shorter: batches differ.
            for (int t = 0; t < (w == 5 ? 20 : 32); ++t) row.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(folder_.config().vocab_size))));
            windows_.start.push_back(w * 32);
        }
        windows_.answers = {{0, 3, 2, 1}, {5, 7, 1, 2}};
    }

    // Keeps the first `widths[i]` channels of the i-th prunable layer; 0 = untouched.
    [[nodiscard]] Plan plan(const std::vector<std::int64_t>& widths) const {
        Plan plan;
        std::size_t i = 0;
        for (std::size_t l = 0; l < folder_.config().layers.size(); ++l) {
            const LayerConfig& layer = folder_.config().layers[l];
            if (!layer.prunable()) continue;
            const std::int64_t width = i < widths.size() ? widths[i] : 0;
            ++i;
            if (width == 0) continue;
            PlanLayer entry{static_cast<std::int64_t>(l), "test", 0, layer.key_dim, {}};
            for (std::int64_t h = 0; h < layer.key_heads; ++h) {
                auto& keep = entry.keep.emplace_back();
                for (std::int64_t c = 0; c < width; ++c) keep.push_back(static_cast<std::int32_t>((c + h) % layer.key_dim));
                std::sort(keep.begin(), keep.end());
            }
            plan.layers.push_back(std::move(entry));
        }
        return plan;
    }

    [[nodiscard]] EvaluateResult reference(const std::vector<PlanFile>& plans) const {
        return evaluate(*model_, folder_.parameters(), {windows_, plans, 0}, {});
    }

    static void expect_equal(const Perplexity& a, const Perplexity& b) {
        EXPECT_EQ(a.nll, b.nll);
        EXPECT_EQ(a.perplexity, b.perplexity);
        EXPECT_EQ(a.perplexity_se, b.perplexity_se);
        ASSERT_EQ(a.answers.has_value(), b.answers.has_value());
        if (a.answers) {
            EXPECT_EQ(a.answers->accuracy, b.answers->accuracy);
        }
    }

    static void expect_equal(const EvaluateResult& a, const EvaluateResult& b) {
        EXPECT_EQ(a.tokens, b.tokens);
        EXPECT_EQ(a.windows, b.windows);
        expect_equal(a.baseline, b.baseline);
        ASSERT_EQ(a.plans.size(), b.plans.size());
        for (std::size_t i = 0; i < a.plans.size(); ++i) {
            expect_equal(a.plans[i].value, b.plans[i].value);
            EXPECT_EQ(a.plans[i].delta_nll, b.plans[i].delta_nll);
            EXPECT_EQ(a.plans[i].delta_nll_se, b.plans[i].delta_nll_se);
            EXPECT_EQ(a.plans[i].state_bytes, b.plans[i].state_bytes);
            EXPECT_EQ(a.plans[i].parameters, b.plans[i].parameters);
        }
    }

    ModelFolder folder_;
    std::unique_ptr<Model> model_;
    TokenWindows windows_;
};

TEST_P(LiveEvaluationTest, EqualsEvaluateWhateverWasRunBefore) {
    for (const std::int64_t budget : {std::int64_t{1} << 30, std::int64_t{40000}, std::int64_t{1}}) {
        const auto live = make_live_evaluation(*model_, folder_.parameters(), windows_, {budget, 64});
        for (const auto& widths : std::vector<std::vector<std::int64_t>>{{4, 4}, {4, 2}, {2, 2}, {0, 2}, {4, 4}, {}, {3}, {4, 2}}) {
            const std::vector<PlanFile> plans{{"p", plan(widths)}};
            expect_equal(live->evaluate(plans, true, {}, {}), reference(plans));
        }
        EXPECT_LE(live->memory().held_bytes, budget) << "every " << live->memory().every;
    }
}

TEST_P(LiveEvaluationTest, PartialsGrowAndEndInTheResult) {
    const auto live = make_live_evaluation(*model_, folder_.parameters(), windows_, {0, 32});
    std::vector<LivePartial> partials;
    const auto result = live->evaluate({{"a", plan({4})}}, true, [&](const LivePartial& p) { partials.push_back(p); }, {});
    ASSERT_EQ(partials.size(), 6U);
    for (std::size_t i = 0; i < partials.size(); ++i) {
        EXPECT_EQ(partials[i].windows, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(partials[i].windows_total, 6);
        // Paired on the same windows: the mean difference is the difference of the means.
        EXPECT_NEAR(partials[i].value.delta_nll, partials[i].value.value.nll - partials[i].baseline.nll, 1e-6);
    }
    EXPECT_EQ(partials.back().value.delta_nll, result.plans[0].delta_nll);
    EXPECT_EQ(partials.back().value.delta_nll_se, result.plans[0].delta_nll_se);
}

// The same numbers on a device on which ever less fits, down to one window; then an error.
TEST_P(LiveEvaluationTest, GivesUpItsCacheThenItsBatchesWhereMemoryRunsOut) {
    const std::vector<PlanFile> plans{{"a", plan({4, 2})}, {"b", plan({4, 4})}};
    const EvaluateResult expected = reference(plans);
    const std::vector<std::vector<std::int32_t>> one(windows_.rows.begin(), windows_.rows.begin() + 1);
    const std::int64_t window = model_->embed(one).bytes();
    std::vector<std::string> warnings;
    Progress progress;
    progress.warn = [&](const std::string& text) { warnings.push_back(text); };
    // The budget of the cache is wrong on purpose: another process took the memory.
    const LiveOptions options{std::int64_t{1} << 30, 64};
    for (const std::int64_t windows : {1000, 20, 8, 4, 3, 2}) {
        SCOPED_TRACE(windows);
        const testing::ScarceModel scarce(*model_, windows * window);
        warnings.clear();
        const auto live = make_live_evaluation(scarce, folder_.parameters(), windows_, options);
        const EvaluateResult found = live->evaluate(plans, true, {}, progress);
        for (std::size_t i = 0; i < plans.size(); ++i) {
            EXPECT_NEAR(found.plans[i].value.nll, expected.plans[i].value.nll, 1e-5);
            EXPECT_NEAR(found.plans[i].delta_nll, expected.plans[i].delta_nll, 1e-5);
        }
        EXPECT_EQ(warnings.empty(), scarce.refusals() == 0);
        EXPECT_TRUE(windows == 1000 ? scarce.refusals() == 0 : windows > 4 || scarce.refusals() > 0);
        EXPECT_LE(scarce.peak(), windows * window);

        // Several plans at once also keep the points where they part.
        if (windows < 8) continue;
        const testing::ScarceModel again(*model_, windows * window);
        const EvaluateResult whole = evaluate(again, folder_.parameters(), {windows_, plans, 0}, progress);
        EXPECT_NEAR(whole.plans[0].delta_nll, expected.plans[0].delta_nll, 1e-5);
        EXPECT_TRUE(windows == 1000 ? again.refusals() == 0 : windows > 8 || again.refusals() > 0);
    }
    // A layer's input and output at once is the least.
    const testing::ScarceModel none(*model_, window);
    const auto live = make_live_evaluation(none, folder_.parameters(), windows_, options);
    try {
        live->evaluate(plans, true, {}, progress);
        FAIL() << "one window does not fit";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Resource);
    }
}

TEST_P(LiveEvaluationTest, GoesOnAfterItWasCancelled) {
    const auto live = make_live_evaluation(*model_, folder_.parameters(), windows_, {0, 32});
    std::stop_source stop;
    Progress progress;
    progress.stop = stop.get_token();
    const auto stop_soon = [&](const LivePartial& p) {
        if (p.windows == 3) stop.request_stop();
    };
    EXPECT_THROW(live->evaluate({{"a", plan({4, 4})}}, true, stop_soon, progress), Cancelled);
    // Half of the batches know the cancelled plan, the others the one before or none.
    for (const auto& widths : std::vector<std::vector<std::int64_t>>{{4, 3}, {4, 4}}) {
        const std::vector<PlanFile> plans{{"p", plan(widths)}};
        expect_equal(live->evaluate(plans, true, {}, {}), reference(plans));
    }
}

TEST_P(LiveEvaluationTest, DifferenceOfTwoPlansIsPaired) {
    const auto live = make_live_evaluation(*model_, folder_.parameters(), windows_, {0, 64});
    const Plan a = plan({4, 4}), b = plan({4, 2});
    const auto results = reference({{"a", a}, {"b", b}});
    const PlanDifference difference = live->difference(a, b, {});
    EXPECT_NEAR(difference.delta_nll, results.plans[1].delta_nll - results.plans[0].delta_nll, 1e-9);
    ASSERT_TRUE(difference.delta_nll_se);
    EXPECT_GT(*difference.delta_nll_se, 0);
    EXPECT_EQ(live->difference(a, a, {}).delta_nll, 0);
    EXPECT_FALSE(live->differing_layers(a, b).empty());
    EXPECT_TRUE(live->differing_layers(a, a).empty());
}

INSTANTIATE_TEST_SUITE_P(Models, LiveEvaluationTest, ::testing::Values("delta_net-small", "gated_deltanet-gva", "delta_net-hybrid"),
                         [](const auto& info) {
                             std::string name = info.param;
                             std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
                             return name;
                         });

}  // namespace
}  // namespace rankscope
