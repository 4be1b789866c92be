// SPDX-License-Identifier: Apache-2.0
// What calibration sums up does not depend on how much fits the memory at once.
#include "core/engine/calibrate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <new>
#include <string>

#include "core/base/error.hpp"
#include "core/base/random.hpp"
#include "core/model/load_model.hpp"
#include "tests/support/scarce_model.hpp"

namespace rankscope {
namespace {

class CalibrateTest : public ::testing::TestWithParam<std::string> {
protected:
    CalibrateTest()
        : folder_(ModelFolder::open(std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models" / GetParam())),
          model_(load_model(folder_, {"cpu", "float32", 1}, {})) {
        Random random(8);
        for (std::int64_t w = 0; w < 12; ++w) {
            auto& row = windows_.rows.emplace_back();
            // Batches of 8, 1 and 3.
            for (int t = 0; t < (w == 8 ? 9 : 20); ++t) row.push_back(static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(folder_.config().vocab_size))));
            windows_.start.push_back(w * 20);
        }
        ChannelNeeds all;
        all.input_norms = all.energy = all.r_factor = all.normalised_factor = all.sampled_factor = true;
        needs_.assign(folder_.config().layers.size(), all);
    }

    [[nodiscard]] ChannelStatistics statistics(const Model& model, const Progress& progress = {}) const {
        return calibrate(model, windows_, needs_, 5, progress);
    }

    static void expect_near(const std::vector<double>& found, const std::vector<double>& expected, const std::string& what) {
        ASSERT_EQ(found.size(), expected.size()) << what;
        double largest = 0, worst = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            largest = std::max(largest, std::abs(expected[i]));
            worst = std::max(worst, std::abs(found[i] - expected[i]));
        }
        EXPECT_GT(largest, 0) << what;
        EXPECT_LE(worst, 1e-5 * largest) << what;
    }

    // An R factor is known up to the signs of its rows.
    static std::vector<double> gram(const std::vector<double>& r) {
        const auto K = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(r.size()))));
        std::vector<double> g(r.size(), 0.0);
        for (std::size_t i = 0; i < K; ++i) {
            for (std::size_t j = 0; j < K; ++j) {
                for (std::size_t n = 0; n < K; ++n) g[i * K + j] += r[n * K + i] * r[n * K + j];
            }
        }
        return g;
    }

    void expect_same(const ChannelStatistics& found, const ChannelStatistics& expected) const {
        for (std::size_t l = 0; l < needs_.size(); ++l) {
            if (!folder_.config().layers[l].prunable()) continue;
            const auto layer = static_cast<std::int64_t>(l);
            const std::string name = "layer " + std::to_string(l);
            expect_near(found.input_norms(layer), expected.input_norms(layer), name + " inputs");
            expect_near(found.energy(layer), expected.energy(layer), name + " energy");
            for (std::int64_t h = 0; h < folder_.config().layers[l].key_heads; ++h) {
                // SampledRows also holds the number of tokens to what it should be.
                for (const FactorKind kind : {FactorKind::AllRows, FactorKind::NormalisedRows, FactorKind::SampledRows}) {
                    expect_near(gram(found.factor(layer, h, kind)), gram(expected.factor(layer, h, kind)), name + " factor");
                }
            }
        }
    }

    ModelFolder folder_;
    std::unique_ptr<Model> model_;
    TokenWindows windows_;
    std::vector<ChannelNeeds> needs_;
};

TEST_P(CalibrateTest, SumsUpTheSameWhereMemoryRunsOut) {
    const ChannelStatistics expected = statistics(*model_);
    const std::vector<std::vector<std::int32_t>> one(windows_.rows.begin(), windows_.rows.begin() + 1);
    const std::int64_t window = model_->embed(one).bytes();
    std::vector<std::string> warnings;
    Progress progress;
    progress.warn = [&](const std::string& text) { warnings.push_back(text); };
    for (std::int64_t from_layer = 0; from_layer < std::ssize(needs_); ++from_layer) {
        // Attention layers need nothing, and what follows the last recurrent one is not run.
        if (!folder_.config().layers[static_cast<std::size_t>(from_layer)].prunable()) continue;
        // A layer's input and output are alive at once.
        for (const std::int64_t windows : {100, 11, 6, 4, 2}) {
            SCOPED_TRACE("room for " + std::to_string(windows) + " windows from layer " + std::to_string(from_layer));
            const testing::ScarceModel scarce(*model_, windows * window, from_layer);
            warnings.clear();
            expect_same(statistics(scarce, progress), expected);
            EXPECT_EQ(warnings.size(), static_cast<std::size_t>(scarce.refusals()));
            EXPECT_TRUE(windows == 100 ? warnings.empty() : !warnings.empty());
        }
    }
}

TEST_P(CalibrateTest, OneWindowThatDoesNotFitIsTheError) {
    const std::vector<std::vector<std::int32_t>> one(windows_.rows.begin(), windows_.rows.begin() + 1);
    const testing::ScarceModel none(*model_, model_->embed(one).bytes());
    try {
        (void)statistics(none);
        FAIL() << "one window does not fit";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Resource);
    }
}

INSTANTIATE_TEST_SUITE_P(Models, CalibrateTest, ::testing::Values("delta_net-small", "gated_deltanet-gva", "delta_net-hybrid"), [](const auto& info) {
    std::string name = info.param;
    std::replace_if(name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return name;
});

}  // namespace
}  // namespace rankscope
