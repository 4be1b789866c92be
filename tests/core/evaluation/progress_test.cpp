// SPDX-License-Identifier: Apache-2.0
// A batch of a large model takes many seconds: whoever waits hears of every layer.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/engine/calibrate.hpp"
#include "core/evaluation/evaluate.hpp"
#include "core/evaluation/live_evaluation.hpp"
#include "core/evaluation/noise.hpp"
#include "core/model/load_model.hpp"

namespace rankscope {
namespace {

class ProgressOf : public testing::Test {
protected:
    ProgressOf() {
        windows_.rows = {{3, 17, 44, 9, 60, 2, 71, 33}};  // one batch
        windows_.start = {0};
        progress_.report = [this](const ProgressUpdate& update) {
            EXPECT_LE(update.done, update.total * (1 + 1e-12));
            if (!shares_.empty()) EXPECT_GE(update.done / update.total, shares_.back() - 1e-12);
            shares_.push_back(update.done / update.total);
        };
    }

    // One for every layer, evenly, until all is done.
    void expect_layers(std::int64_t passes) const {
        ASSERT_GE(std::ssize(shares_), passes * std::ssize(model_->config().layers));
        EXPECT_LT(shares_.front(), 0.5);
        EXPECT_NEAR(shares_.back(), 1, 1e-9);
    }

    std::unique_ptr<Model> model_ =
        load_model(ModelFolder::open(std::filesystem::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/models/delta_net-small"), {"cpu", "auto", 0}, {});
    TokenWindows windows_;
    Progress progress_;
    std::vector<double> shares_;
};

TEST_F(ProgressOf, AnEvaluation) {
    EvaluateRequest request;
    request.windows = windows_;
    (void)evaluate(*model_, 1, request, progress_);
    expect_layers(1);
}

TEST_F(ProgressOf, ALiveEvaluation) {
    (void)make_live_evaluation(*model_, 1, windows_, {})->evaluate({}, true, {}, progress_);
    expect_layers(1);
}

TEST_F(ProgressOf, ALiveEvaluationOfAPlan) {
    PlanFile file;
    for (std::size_t l = 0; l < model_->config().layers.size(); ++l) {
        PlanLayer layer;
        layer.index = static_cast<std::int64_t>(l);
        layer.key_dim = model_->config().layers[l].key_dim;
        layer.keep.assign(static_cast<std::size_t>(model_->config().layers[l].key_heads), {0, 1});
        file.plan.layers.push_back(layer);
    }
    (void)make_live_evaluation(*model_, 1, windows_, {})->evaluate({file}, true, {}, progress_);
    expect_layers(2);
}

TEST_F(ProgressOf, ACalibration) {
    std::vector<ChannelNeeds> needs(model_->config().layers.size());
    for (ChannelNeeds& need : needs) need.energy = true;
    (void)calibrate(*model_, windows_, needs, 0, progress_);
    expect_layers(1);
}

TEST_F(ProgressOf, Noise) {
    NoiseRequest request;
    request.windows = windows_;
    request.levels = {0.1};
    (void)measure_noise(*model_, request, progress_);
    expect_layers(3);
}

}  // namespace
}  // namespace rankscope
