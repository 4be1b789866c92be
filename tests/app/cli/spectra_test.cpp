// SPDX-License-Identifier: Apache-2.0
#include "core/capture/capture_writer.hpp"
#include "core/spectra/rank_metrics.hpp"
#include "tests/app/cli/capture_cli.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

namespace rankscope {
namespace {

using capture_cli::Answer;
using nlohmann::json;
using testing::HasSubstr;

// Diagonal states, whose singular values are known: layer 3 has diag(4, 2) and diag(0, 0), layer 7 the identity.
class SpectraCommandTest : public capture_cli::CaptureCli {
protected:
    void SetUp() override {
        CaptureCli::SetUp();
        CaptureLayout layout;
        layout.layers = {{3, "delta_rule", 1, 1, 2, 2, false, {0}, {0}, {0, 1}}, {7, "delta_rule", 1, 2, 2, 2, false, {1}, {0}, {0, 1}}};
        layout.positions = {3};
        layout.window_start = {0, 4};
        layout.window_tokens = 4;
        layout.states = false;
        TokenWindows read;
        read.rows.assign(2, {1, 2, 3, 4});
        read.start = layout.window_start;
        auto writer = CaptureWriter::create(output_, layout, {WindowStream(std::move(read)), nullptr, R"({"model_hash": "m"})", "test"});
        for (std::int64_t w = 0; w < 2; ++w) {
            writer.write_spectra(0, w, 0, spectra_block(w == 0 ? std::vector<float>{4, 0, 0, 2} : std::vector<float>{0, 0, 0, 0}, 2, 2));
            writer.write_spectra(1, w, 0, spectra_block(std::vector<float>{1, 0, 0, 1}, 2, 2));
            writer.finish_window(w);
            if (w == 0) std::filesystem::copy_file(output_.string() + ".part", folder_ / "unfinished.h5.part");
        }
        writer.commit();
    }
};

TEST_F(SpectraCommandTest, MeansOverWindowsHeadByHead) {
    const Answer answer = run("spectra " + output_.string() + " --json");
    ASSERT_EQ(answer.code, 0) << answer.errors;
    const json said = json::parse(answer.out);
    ASSERT_EQ(said["layers"].size(), 2U);
    const json& layer = said["layers"][0];
    EXPECT_EQ(layer["index"], 3);
    EXPECT_EQ(layer["singular_values"], (json{2.0, 1.0}));
    const json& head = layer["heads"][0];
    for (const RankMetric& metric : rank_metrics_table()) EXPECT_EQ(head[std::string(metric.name)]["n"], 2) << metric.name;
    // diag(4, 2): ‖S‖_F²/σ₁² = 20/16; the zero state has 0.
    EXPECT_NEAR(head["rank_stable"]["mean"].get<double>(), 0.625, 1e-7);
    EXPECT_NEAR(head["rank_stable"]["sd"].get<double>(), 1.25 / std::sqrt(2.0), 1e-7);
    EXPECT_NEAR(head["norm_spectral"]["mean"].get<double>(), 2, 1e-7);
    EXPECT_EQ(said["layers"][1]["heads"][0]["index"], 1);
    EXPECT_EQ(said["layers"][1]["heads"][0]["rank_threshold"]["mean"], 2.0);
    EXPECT_EQ(said["metrics"]["rank_threshold"], "#{σ_i > 10⁻⁴ σ_1}");
    EXPECT_EQ(said["provenance"]["model_hash"], "m");
}

TEST_F(SpectraCommandTest, CsvAndChosenLayers) {
    const Answer answer = run(fmt::format("spectra {} --layers 7 --csv {}", output_.string(), (folder_ / "r.csv").string()));
    ASSERT_EQ(answer.code, 0) << answer.errors;
    EXPECT_THAT(answer.out, HasSubstr("rank_stable"));
    std::ifstream file(folder_ / "r.csv");
    std::string header, line, more;
    std::getline(file, header);
    std::getline(file, line);
    EXPECT_THAT(header, testing::StartsWith("layer,head,n,rank_stable,rank_stable_sd,"));
    EXPECT_THAT(header, testing::EndsWith(",sigma_1,sigma_2"));
    EXPECT_THAT(line, testing::StartsWith("7,1,2,2,0,"));
    EXPECT_THAT(line, testing::EndsWith(",1,1"));
    EXPECT_FALSE(std::getline(file, more));
    EXPECT_EQ(run(fmt::format("spectra {} --csv {}", output_.string(), (folder_ / "r.csv").string())).code, 2);
    EXPECT_EQ(run("spectra " + output_.string() + " --layers 5").code, 2);
}

TEST_F(SpectraCommandTest, AnUnfinishedCaptureShowsWhatIsThere) {
    const Answer answer = run(fmt::format("spectra {} --json", (folder_ / "unfinished.h5.part").string()));
    ASSERT_EQ(answer.code, 0) << answer.errors;
    EXPECT_THAT(answer.errors, HasSubstr("1 of 2 windows"));
    EXPECT_EQ(json::parse(answer.out)["layers"][0]["heads"][0]["rank_stable"]["mean"], 1.25);
}

TEST_F(SpectraCommandTest, BadFilesEndInOneLineAndTheRightCode) {
    std::ofstream(folder_ / "text.h5") << "no capture";
    std::filesystem::copy_file(output_, folder_ / "cut.h5");
    std::filesystem::resize_file(folder_ / "cut.h5", std::filesystem::file_size(output_) / 2);
    for (const char* name : {"text.h5", "cut.h5", "none.h5", ""}) {
        const Answer answer = run(fmt::format("spectra '{}' --json", (folder_ / name).string()));
        EXPECT_EQ(answer.code, 3) << name;
        EXPECT_THAT(answer.errors, testing::StartsWith("rankscope-cli: "));
        EXPECT_EQ(json::parse(answer.out)["error"]["code"], 3);
    }
}

}  // namespace
}  // namespace rankscope
