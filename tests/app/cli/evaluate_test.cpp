// SPDX-License-Identifier: Apache-2.0
// The commands that run a model: forward, evaluate, noise, sweep, bench.
#include <algorithm>
#include <cmath>

#include "core/checkpoint/safetensors.hpp"
#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

using ::testing::HasSubstr;

class RunModel : public CliTest {
protected:
    std::string plan(const std::string& method, const std::string& ratio) {
        const std::string file = path(method + ratio + ".json");
        run_well({"plan", model_, "--method", method, "--ratio", ratio, "-o", file});
        return file;
    }

    const std::string model_ = golden_model("delta_net-plain");
    const std::string text_ = write("text.txt", some_text(6000));
};

TEST_F(RunModel, ForwardWritesTheGoldenLogits) {
    const SafetensorsFile golden(golden_model("delta_net-plain") + "/golden.safetensors");
    const TensorView& ids = golden.tensors().at("input_ids");
    const auto rows = static_cast<std::size_t>(ids.shape[0]), length = static_cast<std::size_t>(ids.shape[1]);
    Json list = Json::array();
    const auto* values = reinterpret_cast<const std::int64_t*>(ids.bytes.data());
    for (std::size_t b = 0; b < rows; ++b) list.push_back(std::vector<std::int64_t>(values + b * length, values + (b + 1) * length));
    const Json json = run_json({"forward", model_, "--ids", write("ids.json", list.dump()), "-o", path("out.safetensors")});
    EXPECT_EQ(json["shape"], Json({rows, length, 512}));
    const SafetensorsFile written(path("out.safetensors"));
    for (const char* name : {"logits", "nll"}) {
        const std::vector<float> found = written.tensors().at(name).to_float();
        const std::vector<float> expected = golden.tensors().at(name).to_float();
        ASSERT_EQ(found.size(), expected.size());
        double largest = 0;
        for (std::size_t i = 0; i < found.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(found[i]) - expected[i]));
        EXPECT_LT(largest, 1e-4) << name;
    }
    expect_refused({"forward", model_, "--ids", path("ids.json"), "-o", path("out.safetensors")}, 2, {"exists"});
}

TEST_F(RunModel, EvaluateAnswersWithErrors) {
    const Json json = run_json({"evaluate", model_, "--text", text_, "--window", "128", "--plan", plan("l1", "0.5"), "--plan", plan("random", "0")});
    expect_keys(json, {"tokens", "windows", "baseline", "plans", "seconds", "provenance"});
    expect_keys(json["baseline"], {"nll", "perplexity", "perplexity_se", "answers"});
    ASSERT_EQ(json["plans"].size(), 2u);
    for (const Json& entry : json["plans"]) {
        expect_keys(entry, {"path", "nll", "perplexity", "perplexity_se", "delta_nll", "delta_nll_se", "state_bytes", "parameters", "answers"});
    }
    EXPECT_EQ(json["tokens"].get<int>(), json["windows"].get<int>() * 127);
    EXPECT_NEAR(json["baseline"]["perplexity"].get<double>(), std::exp(json["baseline"]["nll"].get<double>()), 1e-9 * json["baseline"]["perplexity"].get<double>());
    EXPECT_EQ(json["plans"][0]["path"], path("l10.5.json"));
    EXPECT_EQ(json["plans"][0]["state_bytes"], 2 * 4 * 8 * 16 * 4);
    EXPECT_NE(json["plans"][0]["delta_nll"], 0.0);
    // Nothing removed: the same model, token by token.
    EXPECT_EQ(json["plans"][1]["delta_nll"], 0.0);
    EXPECT_EQ(json["plans"][1]["nll"], json["baseline"]["nll"]);
    expect_keys(json["provenance"], {"model_hash", "text_hash", "tokens", "seed", "device", "dtype", "implementation", "version"});
}

TEST_F(RunModel, ProgressGoesToStderrAndTheTableToStdout) {
    const ProgramResult result = run_well({"evaluate", model_, "--text", text_});
    EXPECT_THAT(result.err, HasSubstr("evaluating: "));
    EXPECT_THAT(result.out, HasSubstr("full model"));
    EXPECT_EQ(result.out.find("evaluating: "), std::string::npos);
    EXPECT_EQ(run_well({"evaluate", model_, "--text", text_, "--quiet"}).err, "");
}

TEST_F(RunModel, AnswersAreScored) {
    run_well({"corpus", "story", "--stories", "4", "--held-out-stories", "4", "-o", path("world")});
    const std::string model = RANKSCOPE_SOURCE_DIR "/resources/models/story-delta";
    const Json json = run_json({"evaluate", model, "--text", path("world/held-out.txt"), "--window", "256"});
    EXPECT_EQ(json["windows"], 4);
    expect_keys(json["baseline"]["answers"], {"n", "accuracy", "se"});
    EXPECT_GT(json["baseline"]["answers"]["n"].get<int>(), 40);
    EXPECT_GT(json["baseline"]["answers"]["accuracy"].get<double>(), 0.9) << "the model was trained on this language";
}

TEST_F(RunModel, NoiseReportsHeadsAndLevels) {
    const Json json = run_json({"noise", model_, "--text", text_, "--window", "128", "--tokens", "512", "--levels", "0.1,0.3", "--plan", plan("l1", "0.5")});
    expect_keys(json, {"heads", "levels"});
    ASSERT_EQ(json["heads"].size(), 8u);
    expect_keys(json["heads"][0], {"layer", "head", "amplification", "amplification_worst", "rank_stable"});
    ASSERT_EQ(json["levels"].size(), 4u);
    for (const Json& level : json["levels"]) expect_keys(level, {"level", "plan", "perplexity", "delta_nll", "delta_nll_se"});
    for (const Json& head : json["heads"]) EXPECT_GT(head["amplification_worst"].get<double>(), 0);
}

TEST_F(RunModel, SweepWritesEveryPoint) {
    const std::vector<std::string> arguments{"sweep", model_, "--text", text_, "--calibrate", text_, "--methods", "l1,energy", "--ratios", "0.25,0.5",
                                             "--window", "128", "--tokens", "1024", "-o", path("sweep.json")};
    const Json json = run_json(arguments);
    EXPECT_EQ(json, Json::parse(read_file(path("sweep.json"))));
    ASSERT_EQ(json["points"].size(), 4u);
    for (const Json& point : json["points"]) expect_keys(point, {"method", "ratio", "nll", "perplexity", "delta_nll", "delta_nll_se", "state_bytes", "plan"});
    expect_refused(arguments, 2, {"sweep.json", "exists"});
    const Json layers = run_json({"sweep", model_, "--text", text_, "--methods", "l1", "--ratios", "0.5", "--window", "128", "--tokens", "512", "--per-layer",
                                  "-o", path("layers.json")});
    ASSERT_EQ(layers["points"].size(), 2u);
    EXPECT_EQ(layers["points"][1]["layer"], 1);
    EXPECT_EQ(layers["points"][1]["plan"]["layers"].size(), 1u);
}

TEST_F(RunModel, BenchMeasuresKernelsBesideTheirBaselines) {
    const Json json = run_json({"bench", "--kernels", "--only", "cross-entropy,decode", "--seconds", "0", "--threads", "2"});
    expect_keys(json, {"processor", "threads", "compiler", "instruction_set", "peaks", "rows"});
    EXPECT_EQ(json["threads"], 2);
    for (const auto& [name, value] : json["peaks"].items()) EXPECT_GT(value.get<double>(), 0) << name;
    ASSERT_EQ(json["rows"].size(), 4u);
    for (const Json& row : json["rows"]) {
        expect_keys(row, {"operation", "baseline", "implementation", "batch", "length", "heads", "keys", "values", "ours_ms", "baseline_ms", "ratio",
                          "ratio_quartiles", "rounds", "speed", "unit", "percent_of_peak", "difference"});
        EXPECT_GE(row["rounds"].get<int>(), 3);
        EXPECT_GT(row["ours_ms"].get<double>(), 0);
        EXPECT_GT(row["baseline_ms"].get<double>(), 0);
        EXPECT_LE(row["ratio_quartiles"][0].get<double>(), row["ratio"].get<double>());
        EXPECT_LE(row["ratio"].get<double>(), row["ratio_quartiles"][1].get<double>());
        EXPECT_LT(row["difference"].get<double>(), 1e-4);
    }
    EXPECT_EQ(json["rows"][0]["operation"], "decode");
    EXPECT_EQ(json["rows"][0]["unit"], "GB/s");
    EXPECT_EQ(json["rows"][3]["operation"], "cross-entropy");
    EXPECT_EQ(json["rows"][3]["unit"], "GF/s");
    const ProgramResult text = run_well({"bench", "--kernels", "--only", "decode", "--seconds", "0"});
    EXPECT_THAT(text.out, ::testing::AllOf(::testing::HasSubstr("peaks: "), ::testing::HasSubstr("GB/s"), ::testing::HasSubstr("LibTorch, one token")));
}

TEST_F(RunModel, BenchRefusesWhatItCannotMeasure) {
    expect_refused({"bench"}, 2, {"MODEL", "--kernels"});
    expect_refused({"bench", model_, "--kernels"}, 2, {"MODEL", "--kernels"});
    expect_refused({"bench", "--kernels", "--only", "sorting"}, 2, {"'sorting'", "cross-entropy"});
    expect_refused({"bench", model_, "--full"}, 2, {"--full", "--kernels"});
}

TEST_F(RunModel, BenchTimesFullAndPruned) {
    const Json json = run_json({"bench", model_, "--plan", plan("l1", "0.5"), "--lengths", "64,128", "--repeats", "2", "--decode-tokens", "4"});
    expect_keys(json, {"runs", "device", "implementation"});
    // Prefill in chunks where the processor has vectors for them, decoding token by token.
    EXPECT_THAT(json["implementation"].get<std::string>(), ::testing::ContainsRegex("recurrent-(avx512|avx2|portable)$"));
    int prefill = 0, decode = 0, full = 0;
    for (const Json& run : json["runs"]) {
        expect_keys(run, {"plan", "kind", "length", "batch", "tokens_per_second", "median_ms", "min_ms", "mad_ms", "mixer_ms"});
        EXPECT_GT(run["tokens_per_second"].get<double>(), 0);
        prefill += run["kind"] == "prefill";
        decode += run["kind"] == "decode";
        full += run["plan"].is_null();
    }
    EXPECT_EQ(prefill, 4) << "two lengths, full and pruned";
    EXPECT_EQ(decode, 2) << "decoding knows no length";
    EXPECT_EQ(full * 2, prefill + decode);
}

}  // namespace
}  // namespace rankscope::test
