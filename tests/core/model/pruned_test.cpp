// SPDX-License-Identifier: Apache-2.0
// Pruning by selection in the unpruned folder is the exported folder, and both are what the reference
// computes.
#include "golden_model.hpp"
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace rankscope::test {
namespace {

class PrunedGolden : public ::testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] std::filesystem::path folder() const { return golden_models() / GetParam(); }

    /// The plan of a folder; `own`: every layer scales with its own width instead of the written one.
    [[nodiscard]] std::vector<LayerSelection> selections(bool own) const {
        const auto plan = nlohmann::json::parse(std::ifstream(folder() / "plan.json"));
        std::vector<LayerSelection> out;
        for (std::size_t l = 0; l < plan.at("key_dims").size(); ++l) {
            const auto width = static_cast<double>(plan.at("key_dims")[l].get<int>());
            out.push_back({plan.at("keep").at(std::to_string(l)),
                           own ? 1.0 / std::sqrt(width) : plan.at("scale").get<double>()});
        }
        return out;
    }
};

TEST_P(PrunedGolden, TheExportedFolderAgrees) {
    const Golden golden(folder());
    const auto model = load(folder());
    PassOptions options;
    options.positions = golden.integers("positions");
    const Pass pass = run(*model, golden.ids(), options);
    EXPECT_LE(largest_difference(pass.logits, golden.floats("logits")), 3e-4);
    EXPECT_LE(largest_difference(pass.scores.nll, golden.floats("nll")), 3e-4);
}

TEST_P(PrunedGolden, SelectionInTheUnprunedFolderIsTheExportedModel) {
    const Golden golden(folder());
    for (const std::string dtype : {"float32", "float64"}) {
        SCOPED_TRACE(dtype);
        const double tolerance = dtype == "float32" ? 3e-4 : 3e-6;
        PassOptions options;
        options.selections = selections(false);
        options.positions = golden.integers("positions");
        const auto unpruned = load(folder().parent_path(), dtype);
        const Pass pass = run(*unpruned, golden.ids(), options);
        EXPECT_LE(largest_difference(pass.logits, golden.floats("logits")), tolerance);
        EXPECT_LE(largest_difference(pass.scores.nll, golden.floats("nll")), tolerance);
        const auto plan = nlohmann::json::parse(std::ifstream(folder() / "plan.json"));
        const auto written = plan.at("written_width").get<std::int64_t>();
        for (const auto& [layer, trace] : pass.traces) {
            // The stored states have the written width; rows behind the kept ones are zero.
            const std::vector<float> stored = golden.floats("states." + std::to_string(layer));
            const LayerConfig& c = unpruned->config().layers[static_cast<std::size_t>(layer)];
            std::vector<float> expected;
            for (std::size_t row = 0; row < stored.size() / static_cast<std::size_t>(c.value_dim); ++row) {
                const auto begin = stored.begin() + static_cast<std::ptrdiff_t>(row) * c.value_dim;
                if (static_cast<std::int64_t>(row) % written < trace.K)
                    expected.insert(expected.end(), begin, begin + c.value_dim);
            }
            EXPECT_LE(relative_difference(trace.states, expected), tolerance);
        }
    }
}

TEST_P(PrunedGolden, TheScaleOfTheKeptWidthAgrees) {
    const Golden golden(folder());
    PassOptions options;
    options.selections = selections(true);
    const Pass pass = run(*load(folder().parent_path(), "float64"), golden.ids(), options);
    const std::vector<float> last = golden.floats("logits_own_scale");
    const std::vector<float> logits(pass.logits.end() - static_cast<std::ptrdiff_t>(last.size()),
                                    pass.logits.end());
    EXPECT_LE(largest_difference(logits, last), 3e-6);
    EXPECT_LE(largest_difference(pass.scores.nll, golden.floats("nll_own_scale")), 3e-6);
}

INSTANTIATE_TEST_SUITE_P(Models, PrunedGolden, ::testing::ValuesIn(pruned_variants()), test_name);

}  // namespace
}  // namespace rankscope::test
