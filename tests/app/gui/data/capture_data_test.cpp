// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/capture_data.hpp"

#include "app/gui/data/capture_loading.hpp"
#include "core/capture/capture_reader.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/singular_values.hpp"
#include "tests/app/gui/data/written_capture.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/scratch_folder.hpp"

#include <cmath>
#include <limits>
#include <numeric>

namespace rankscope::gui {
namespace {

class CaptureDataTest : public testing::Test {
protected:
    CaptureDataTest() {
        written_.write(path_, 3);
        data_ = loadCapture(CaptureReader(path_), path_.string(), [] {});
    }

    // Mean over the states of a head, zero ones left out, of what a function says of one.
    template <class F>
    double meanOf(std::size_t layer, std::size_t head, F&& value) const {
        double sum = 0;
        int states = 0;
        for (std::size_t w = 0; w < 3; ++w) {
            for (std::size_t p = 0; p < 3; ++p) {
                const auto state = written_.state(layer, w, p, head);
                double all = 0;
                for (const float x : state)
                    all += static_cast<double>(x) * x;
                if (all == 0) continue;
                sum += value(state, all);
                ++states;
            }
        }
        return sum / states;
    }

    rankscope::test::ScratchFolder folder_;
    std::filesystem::path path_ = folder_ / "states.h5";
    test::WrittenCapture written_;
    std::shared_ptr<const CaptureData> data_;
};

TEST_F(CaptureDataTest, FindsLayersHeadsAndPositions) {
    EXPECT_EQ(data_->captured(1), 0);
    EXPECT_EQ(data_->captured(4), 1);
    EXPECT_EQ(data_->captured(2), -1);
    EXPECT_EQ(data_->capturedHead(1, 3), 1);
    EXPECT_EQ(data_->capturedHead(1, 2), -1);
    EXPECT_EQ(data_->capturedHead(7, 0), -1);
    EXPECT_EQ(data_->nearestPosition(0), 0u);
    EXPECT_EQ(data_->nearestPosition(4), 1u) << "the later one of two equally near";
    EXPECT_EQ(data_->nearestPosition(100), 2u);
    EXPECT_EQ(data_->nearestState(5), 1);
    EXPECT_EQ(data_->nearestState(4), 0);
    CaptureData without = *data_;
    without.layout.states = false;
    EXPECT_EQ(without.nearestState(5), -1);
}

TEST_F(CaptureDataTest, KeepsWhatTheFileSays) {
    EXPECT_EQ(data_->creator, "rankscope test");
    EXPECT_EQ(data_->provenance, R"({"device": "cpu"})");
    EXPECT_EQ(data_->windows, 3);
    EXPECT_EQ(data_->tokens, written_.tokens);
    EXPECT_EQ(data_->tokenText.at(2).at(1), "t21");
}

TEST_F(CaptureDataTest, GivesTheSpectrumOfEachState) {
    for (const std::size_t layer : {0u, 1u}) {
        const CaptureLayer& shape = data_->layout.layers[layer];
        for (std::size_t w = 0; w < 3; ++w) {
            for (std::size_t p = 0; p < 3; ++p) {
                for (std::size_t h = 0; h < 2; ++h) {
                    std::vector<double> sigma(static_cast<std::size_t>(shape.rank_limit()));
                    singular_values(written_.state(layer, w, p, h), 1, shape.key_dim, shape.value_dim, sigma);
                    const auto found = data_->spectrum(layer, static_cast<std::int64_t>(w), p, h);
                    ASSERT_EQ(found.size(), sigma.size());
                    for (std::size_t i = 0; i < sigma.size(); ++i)
                        EXPECT_EQ(found[i], static_cast<float>(sigma[i]));
                    EXPECT_EQ(data_->metric("rank_stable", layer, static_cast<std::int64_t>(w), p, h),
                              static_cast<float>(rank_metrics(sigma).stable));
                }
            }
        }
    }
    EXPECT_TRUE(data_->spectrum(0, 3, 0, 0).empty());
    EXPECT_TRUE(data_->spectrum(0, 0, 3, 0).empty());
    EXPECT_TRUE(data_->spectrum(2, 0, 0, 0).empty());
    EXPECT_TRUE(std::isnan(data_->metric("rank_of_nothing", 0, 0, 0, 0)));
    EXPECT_TRUE(std::isnan(data_->metric("rank_stable", 0, 0, 0, 2)));
}

TEST_F(CaptureDataTest, ACaptureOfRanksHasThemAndNothingElse) {
    test::WrittenCapture ranks = written_;
    ranks.layout.spectra = false;
    ranks.layout.ranks = true;
    const std::filesystem::path path = folder_ / "ranks.h5";
    ranks.write(path, 3);
    const auto data = loadCapture(CaptureReader(path), path.string(), [] {});
    for (const char* name : {"rank_stable", "rank_utilisation", "norm_frobenius", "norm_spectral"}) {
        EXPECT_EQ(data->metric(name, 1, 2, 1, 1), data_->metric(name, 1, 2, 1, 1)) << name;
        EXPECT_EQ(data->metricSummary(name, 0, 1).mean, data_->metricSummary(name, 0, 1).mean) << name;
    }
    for (const char* name : {"rank_entropy", "rank_energy", "rank_participation", "rank_threshold", "rank_at_99"}) {
        EXPECT_TRUE(std::isnan(data->metric(name, 1, 2, 1, 1))) << name;
        EXPECT_TRUE(std::isnan(data->metricSummary(name, 0, 1).mean)) << name;
    }
    EXPECT_TRUE(data->spectrum(1, 0, 0, 0).empty());
    EXPECT_TRUE(data->meanSpectrum(1, 0).empty());
    const std::vector<std::int32_t> rows{0, 1};
    EXPECT_TRUE(std::isnan(data->keptEnergy(1, 0, rows)));
    EXPECT_TRUE(std::isnan(data->bestDirections(1, 0, 2)));
}

TEST_F(CaptureDataTest, AveragesEverySingularValueByItself) {
    const auto mean = data_->meanSpectrum(1, 1);
    ASSERT_EQ(mean.size(), 3u);
    for (std::size_t i = 0; i < mean.size(); ++i) {
        double sum = 0;
        for (std::int64_t w = 0; w < 3; ++w) {
            for (std::size_t p = 0; p < 3; ++p)
                sum += data_->spectrum(1, w, p, 1)[i];
        }
        EXPECT_NEAR(mean[i], sum / 9, 1e-6);
    }
}

TEST_F(CaptureDataTest, SummarisesAMetricOverWindows) {
    std::vector<double> windows;
    for (std::int64_t w = 0; w < 3; ++w) {
        double sum = 0;
        for (std::size_t p = 0; p < 3; ++p)
            sum += data_->metric("rank_entropy", 1, w, p, 0);
        windows.push_back(sum / 3);
    }
    const double mean = std::accumulate(windows.begin(), windows.end(), 0.0) / 3;
    double squares = 0;
    for (const double window : windows)
        squares += (window - mean) * (window - mean);
    const auto summary = data_->metricSummary("rank_entropy", 1, 0);
    EXPECT_NEAR(summary.mean, mean, 1e-9);
    EXPECT_NEAR(summary.sd, std::sqrt(squares / 2), 1e-9);
    EXPECT_TRUE(std::isnan(data_->metricSummary("rank_of_nothing", 1, 0).mean));
    CaptureData one = *data_;
    one.windows = 1;
    EXPECT_TRUE(std::isnan(one.metricSummary("rank_entropy", 1, 0).sd));
}

TEST_F(CaptureDataTest, SharesEnergyWithoutZeroStates) {
    const std::vector<std::int32_t> kept{0, 3, 5};
    const double expected = meanOf(0, 0, [&](const std::vector<float>& state, double all) {
        double sum = 0;
        for (const std::int32_t row : kept) {
            for (std::size_t v = 0; v < 4; ++v)
                sum += std::pow(static_cast<double>(state[static_cast<std::size_t>(row) * 4 + v]), 2);
        }
        return sum / all;
    });
    EXPECT_NEAR(data_->keptEnergy(0, 0, kept), expected, 1e-6);
    EXPECT_NEAR(data_->keptEnergy(0, 0, std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}), 1, 1e-6);
    EXPECT_EQ(data_->keptEnergy(0, 0, std::vector<std::int32_t>{}), 0);
    EXPECT_TRUE(std::isnan(data_->keptEnergy(0, 2, kept)));
}

TEST_F(CaptureDataTest, BoundsWhatRowsCanHold) {
    const double expected = meanOf(0, 0, [&](const std::vector<float>& state, double all) {
        std::vector<double> sigma(4);
        singular_values(state, 1, 6, 4, sigma);
        return (sigma[0] * sigma[0] + sigma[1] * sigma[1]) / all;
    });
    EXPECT_NEAR(data_->bestDirections(0, 0, 2), expected, 1e-6);
    EXPECT_EQ(data_->bestDirections(0, 0, 4), 1);
    for (std::int32_t a = 0; a < 6; ++a) {
        for (std::int32_t b = a + 1; b < 6; ++b)
            EXPECT_LE(data_->keptEnergy(0, 1, std::vector<std::int32_t>{a, b}),
                      data_->bestDirections(0, 1, 2) + 1e-6);
    }
    EXPECT_TRUE(std::isnan(CaptureData{}.bestDirections(0, 0, 1)));
}

TEST(ChannelSharesTest, LeavesOutWhatIsNoState) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    ChannelShares shares(2, 2);
    shares.add(std::vector<float>{1, 3, 0, 0});
    shares.add(std::vector<float>{0, 0, nan, 1});
    shares.add(std::vector<float>{3, 1, 0, 5});
    EXPECT_EQ(shares.means(), (std::vector<float>{0.5F, 0.5F, 0, 1}));
}

TEST(SpectrumOfRowsTest, IsThatOfTheRowsAlone) {
    const std::vector<float> state{3, 0, 0, 0, 5, 0, 0, 0, 2};  // [3, 3]
    EXPECT_EQ(spectrumOfRows(state, 3, 3, std::vector<std::int32_t>{0, 2}), (std::vector<float>{3, 2}));
    EXPECT_TRUE(spectrumOfRows(state, 3, 3, std::vector<std::int32_t>{}).empty());
    rankscope::test::expect_error(ErrorKind::Usage, "row 3", [&] {
        (void)spectrumOfRows(state, 3, 3, std::vector<std::int32_t>{0, 3});
    });
    rankscope::test::expect_error(ErrorKind::Usage, "row 1", [&] {
        (void)spectrumOfRows(state, 3, 3, std::vector<std::int32_t>{1, 1});
    });
}

}  // namespace
}  // namespace rankscope::gui
