// SPDX-License-Identifier: Apache-2.0
#include <fstream>

#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A data folder as shipped, with one small model.
class Demo : public CliTest {
protected:
    Demo() {
        const fs::path model = folder_ / "data/resources/models/tiny-delta";
        fs::create_directories(model);
        for (const auto& entry : fs::directory_iterator(golden_model("delta_net-plain"))) {
            if (entry.path().filename() != "golden.safetensors") fs::copy_file(entry.path(), model / entry.path().filename());
        }
        write("data/resources/texts/evaluation.txt", some_text(3000));
        write("data/resources/texts/calibration.txt", some_text(2000));
        write("data/resources/models/tiny-delta/rankscope-demo.json",
              R"({"title": "Tiny", "description": "For tests.", "evaluation": "../../texts/evaluation.txt", "calibration": "../../texts/calibration.txt", "window": 128})");
        write("data/resources/models/readme.txt", "no model");
        options_.environment = {{"RANKSCOPE_DATA", path("data")}, {"TMPDIR", (folder_ / "tmp").string()}};
        fs::create_directory(folder_ / "tmp");
    }

    ProgramResult run(const std::vector<std::string>& arguments) const { return run_program(arguments, options_); }

    ProgramOptions options_;
};

TEST_F(Demo, ListsTheShippedModels) {
    for (const bool explicitly : {true, false}) {
        const ProgramResult result = run(explicitly ? std::vector<std::string>{"demo", "--list", "--json"} : std::vector<std::string>{"demo", "--json"});
        ASSERT_EQ(result.code, 0) << result.err;
        const Json json = Json::parse(result.out);
        ASSERT_EQ(json["models"].size(), 1u);
        EXPECT_EQ(json["models"][0]["name"], "tiny-delta");
        EXPECT_EQ(json["models"][0]["title"], "Tiny");
        EXPECT_EQ(json["models"][0]["window"], 128);
    }
    EXPECT_THAT(run({"demo"}).out, HasSubstr("tiny-delta"));
}

TEST_F(Demo, DoesTheWholeMainJob) {
    const ProgramResult result = run({"demo", "--run", "tiny-delta", "--json", "-o", path("results")});
    ASSERT_EQ(result.code, 0) << result.err;
    const Json json = Json::parse(result.out);
    expect_keys(json, {"models", "layers", "tokens", "windows", "baseline", "plans", "export", "seconds", "provenance"});
    ASSERT_EQ(json["layers"].size(), 2u);
    expect_keys(json["layers"][0], {"index", "rank_stable", "rank_entropy", "rank_utilisation", "rank_at_99"});
    ASSERT_EQ(json["plans"].size(), 21u);
    for (const Json& plan : json["plans"]) {
        expect_keys(plan, {"method", "ratio", "perplexity", "perplexity_se", "delta_nll", "delta_nll_se", "state_bytes", "parameters", "answers",
                           "prefill_tokens_per_second", "decode_tokens_per_second"});
        EXPECT_EQ(plan["state_bytes"].get<double>(), json["baseline"]["state_bytes"].get<double>() * (1 - plan["ratio"].get<double>()));
        EXPECT_GT(plan["decode_tokens_per_second"].get<double>(), 0);
    }
    // What was written is what the other commands take, and gives the same numbers.
    const std::string model = path("data/resources/models/tiny-delta"), text = path("data/resources/texts/evaluation.txt");
    const Json again = run_json({"evaluate", model, "--text", text, "--window", "128", "--plan", path("results/plans/drrqr-50.json"), "--plan",
                                 path("results/plans/taylor-75.json")});
    for (const Json& plan : json["plans"]) {
        if (plan["method"] == "drrqr" && plan["ratio"] == 0.5) {
            EXPECT_DOUBLE_EQ(plan["nll"].get<double>(), again["plans"][0]["nll"].get<double>());
        }
        if (plan["method"] == "taylor" && plan["ratio"] == 0.75) {
            EXPECT_DOUBLE_EQ(plan["nll"].get<double>(), again["plans"][1]["nll"].get<double>());
        }
    }
    EXPECT_NEAR(json["export"]["nll"].get<double>(), again["plans"][0]["nll"].get<double>(), 1e-5);
    EXPECT_EQ(run_json({"info", path("results/exported")})["layers"][0]["key_dim"], 8);
    const Json spectra = run_json({"spectra", path("results/capture.h5")});
    EXPECT_EQ(spectra["layers"].size(), 2u);
    EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
    const ProgramResult second = run({"demo", "--run", "tiny-delta", "-o", path("results")});
    EXPECT_EQ(second.code, 2);
    EXPECT_THAT(second.err, HasSubstr("exists"));
}

TEST_F(Demo, PrintsTwoTablesAndKeepsNothingUnasked) {
    const ProgramResult result = run({"demo", "--run", "tiny-delta"});
    ASSERT_EQ(result.code, 0) << result.err;
    for (const std::string part : {"rank_stable", "rank_entropy", "perplexity", "full model", "random 25 %", "drrqr-normalised 75 %", "state bytes",
                                   "parameters", "tok/s", "±", "read back"}) {
        EXPECT_THAT(result.out, HasSubstr(part));
    }
    EXPECT_TRUE(fs::is_empty(folder_ / "tmp"));
    EXPECT_EQ(listing(), (std::vector<std::string>{"data", "tmp"}));
}

TEST_F(Demo, NamesWhatIsWrong) {
    EXPECT_THAT(run({"demo", "--run", "other"}).err, HasSubstr("tiny-delta"));
    fs::remove(folder_ / "data/resources/texts/calibration.txt");
    const ProgramResult missing = run({"demo", "--run", "tiny-delta", "-o", path("results")});
    EXPECT_EQ(missing.code, 3);
    EXPECT_THAT(missing.err, HasSubstr("calibration.txt"));
    EXPECT_EQ(listing(), (std::vector<std::string>{"data", "tmp"}));
    write("data/resources/models/tiny-delta/rankscope-demo.json", R"({"title": "Tiny"})");
    const ProgramResult malformed = run({"demo"});
    EXPECT_EQ(malformed.code, 3);
    EXPECT_THAT(malformed.err, HasSubstr("description"));
}

}  // namespace
}  // namespace rankscope::test
