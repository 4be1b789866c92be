// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

class ExportCommand : public CliTest {
protected:
    std::string plan(std::vector<std::string> options) {
        const std::string file = path("plan" + std::to_string(plans_++) + ".json");
        std::vector<std::string> arguments{"plan", model_, "-o", file};
        arguments.insert(arguments.end(), options.begin(), options.end());
        run_well(arguments);
        return file;
    }

    double nll(const std::string& model, const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"evaluate", model, "--text", text_, "--window", "128"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Json json = run_json(arguments);
        return (more.empty() ? json["baseline"] : json["plans"][0])["nll"].get<double>();
    }

    const std::string model_ = golden_model("delta_net-plain");
    const std::string text_ = write("text.txt", some_text(3000));
    int plans_ = 0;
};

TEST_F(ExportCommand, TheFolderScoresWhatThePlanScored) {
    for (const bool mixed : {false, true}) {
        std::vector<std::string> options{"--method", "l1", "--ratio", "0.5"};
        if (mixed) options.insert(options.end(), {"--layer", "1:keep=5"});
        const std::string file = plan(options);
        const std::string folder = path(mixed ? "mixed" : "same");
        const Json json = run_json({"export", model_, "--plan", file, "-o", folder});
        expect_keys(json, {"path", "layout", "parameters", "bytes"});
        EXPECT_EQ(json["layout"], mixed ? "padded" : "uniform");
        EXPECT_NEAR(nll(folder), nll(model_, {"--plan", file}), 1e-5);
        const Json info = run_json({"info", folder});
        EXPECT_EQ(info["layers"][1]["key_dim"], mixed ? 5 : 8);
        EXPECT_EQ(info["parameters"], json["parameters"]);
        EXPECT_EQ(read_file(folder + "/tokenizer.json"), read_file(model_ + "/tokenizer.json"));
        EXPECT_EQ(Json::parse(read_file(folder + "/rankscope.json"))["plan"]["layers"][0]["method"], "l1");
    }
}

TEST_F(ExportCommand, RefusesWhatLoadersCannotCompute) {
    const std::string mixed = plan({"--method", "l1", "--ratio", "0.5", "--layer", "1:keep=5"});
    expect_refused({"export", model_, "--plan", mixed, "--layout", "uniform", "-o", path("x")}, 4, {"uniform"});
    const std::string original = plan({"--method", "l1", "--ratio", "0.5", "--scale", "original"});
    expect_refused({"export", model_, "--plan", original, "-o", path("x")}, 4, {"scale", "original"});
    const std::string kept = plan({"--method", "l1", "--ratio", "0.5", "--layer", "1:keep=5", "--scale", "kept"});
    expect_refused({"export", model_, "--plan", kept, "-o", path("x")}, 4, {"scale", "kept"});
    expect_refused({"export", model_, "--plan", mixed, "--layout", "round", "-o", path("x")}, 2, {"round"});
    EXPECT_FALSE(std::filesystem::exists(path("x")));
    EXPECT_FALSE(std::filesystem::exists(path("x.part")));
}

TEST_F(ExportCommand, OverwritesNothingByAccident) {
    const std::string file = plan({"--method", "l1", "--ratio", "0.5"});
    write("taken/notes.txt", "precious");
    expect_refused({"export", model_, "--plan", file, "-o", path("taken")}, 2, {"taken", "exists"});
    expect_refused({"export", model_, "--plan", file, "-o", path("taken"), "--force"}, 2, {"taken", "no model folder"});
    EXPECT_EQ(read_file(path("taken/notes.txt")), "precious");
    const std::string copy = copy_of("delta_net-plain");
    expect_refused({"export", copy, "--plan", file, "-o", copy, "--force"}, 2, {"is or holds the model"});
    run_well({"export", model_, "--plan", file, "-o", path("exported")});
    expect_refused({"export", model_, "--plan", file, "-o", path("exported")}, 2, {"exists"});
    run_well({"export", model_, "--plan", file, "-o", path("exported"), "--force"});
    expect_refused({"export", model_, "--plan", file, "-o", path("no/such/place")}, 2, {"no/such/place"});
}

}  // namespace
}  // namespace rankscope::test
