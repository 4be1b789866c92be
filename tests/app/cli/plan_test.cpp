// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/cli_test.hpp"

#include <set>

namespace rankscope::test {
namespace {

using ::testing::HasSubstr;

class PlanCommand : public CliTest {
protected:
    const std::string model_ = golden_model("delta_net-plain");  // 2 layers, 4 heads, K = 16
};

TEST_F(PlanCommand, WritesThePlanItPrints) {
    Json json = run_json({"plan", model_, "--method", "l1", "--ratio", "0.5", "--seed", "3", "-o", path("plan.json")});
    expect_keys(json, {"format", "version", "model", "scale", "layers", "calibration", "seed", "created_by"});
    EXPECT_EQ(json["format"], "rankscope-plan");
    EXPECT_EQ(json["model"]["hash"], run_json({"info", model_})["hash"]);
    EXPECT_EQ(json["seed"], 3);
    EXPECT_TRUE(json["calibration"].is_null());
    ASSERT_EQ(json["layers"].size(), 2u);
    for (const Json& layer : json["layers"]) {
        expect_keys(layer, {"index", "method", "ratio", "key_dim", "keep"});
        EXPECT_EQ(layer["key_dim"], 16);
        ASSERT_EQ(layer["keep"].size(), 4u);
        for (const Json& head : layer["keep"]) EXPECT_EQ(head.size(), 8u);
    }
    const Json file = Json::parse(read_file(path("plan.json")));
    json.erase("notes");
    EXPECT_EQ(json, file);
    EXPECT_EQ(listing(), std::vector<std::string>{"plan.json"});
}

TEST_F(PlanCommand, ALaterLayerInstructionWins) {
    const Json json = run_json({"plan", model_, "--method", "random", "--ratio", "0.5", "--layer", "0-1:method=l1", "--layer", "-1:keep=3", "-o",
                                path("plan.json")});
    EXPECT_EQ(json["layers"][0]["method"], "l1");
    EXPECT_EQ(json["layers"][0]["keep"][0].size(), 8u);
    EXPECT_EQ(json["layers"][1]["method"], "random");
    EXPECT_EQ(json["layers"][1]["keep"][0].size(), 3u);
    const Json one = run_json({"plan", model_, "--layer", "1:ratio=0.25,method=l1", "-o", path("one.json")});
    ASSERT_EQ(one["layers"].size(), 1u);
    EXPECT_EQ(one["layers"][0]["index"], 1);
    EXPECT_EQ(one["layers"][0]["keep"][0].size(), 12u);
}

TEST_F(PlanCommand, RatiosRoundAsTheInterfaceSays) {
    const auto width = [&](const std::string& ratio) {
        const Json json = run_json({"plan", model_, "--method", "l1", "--ratio", ratio, "--force", "-o", path("plan.json")});
        return json["layers"][0]["keep"][0].size();
    };
    EXPECT_EQ(width("0"), 16u);
    EXPECT_EQ(width("0.3"), 11u);   // 16 * 0.7 = 11.2
    EXPECT_EQ(width("0.25"), 12u);
    EXPECT_EQ(width("1"), 1u);
}

TEST_F(PlanCommand, EveryMethodThatNeedsDataGetsIt) {
    const std::string text = write("text.txt", some_text(6000));
    for (const std::string method : {"s-wanda", "taylor", "drrqr", "drrqr-sampled", "drrqr-normalised", "energy"}) {
        const Json json = run_json({"plan", model_, "--method", method, "--keep", "5", "--calibrate", text, "--calibration-tokens", "1024", "-o",
                                    path(method + ".json")});
        ASSERT_EQ(json["layers"].size(), 2u) << method;
        for (const Json& head : json["layers"][1]["keep"]) {
            EXPECT_EQ(std::set<int>(head.begin(), head.end()).size(), 5u) << method;
        }
        EXPECT_EQ(json["calibration"]["tokens"], 1024) << method;
        EXPECT_EQ(json["calibration"]["text_hash"].get<std::string>().size(), 64u);
    }
}

TEST_F(PlanCommand, VerboseTellsWhatTheSwapStageDid) {
    const ProgramResult result = run_well({"plan", model_, "--method", "drrqr", "--keep", "8", "--calibrate", write("t.txt", some_text(3000)), "--verbose",
                                           "-o", path("plan.json")});
    EXPECT_THAT(result.err, HasSubstr("layer 0: drrqr: final max rho"));
    EXPECT_THAT(result.err, HasSubstr("swap"));
}

TEST_F(PlanCommand, WrongInstructionsAreUsageErrors) {
    const std::string out = path("plan.json");
    const auto refused = [&](std::vector<std::string> options, const std::vector<std::string>& parts) {
        std::vector<std::string> arguments{"plan", model_, "-o", out};
        arguments.insert(arguments.end(), options.begin(), options.end());
        expect_refused(arguments, 2, parts);
    };
    refused({}, {"method"});
    refused({"--method", "l1"}, {"width"});
    refused({"--method", "magic", "--ratio", "0.5"}, {"magic", "random, l1, s-wanda, taylor, drrqr"});
    refused({"--method", "l1", "--ratio", "1.5"}, {"1.5", "0 to 1"});
    refused({"--method", "l1", "--ratio", "nan"}, {"nan"});
    refused({"--method", "l1", "--keep", "17"}, {"17", "1 to 16"});
    refused({"--method", "l1", "--keep", "0"}, {"0"});
    refused({"--method", "l1", "--ratio", "0.5", "--keep", "3"}, {"--keep"});
    refused({"--method", "drrqr", "--ratio", "0.5"}, {"drrqr", "calibration"});
    refused({"--method", "l1", "--ratio", "0.5", "--layer", "2:keep=3"}, {"0 to 1"});
    refused({"--method", "l1", "--ratio", "0.5", "--layer", "0"}, {"settings"});
    refused({"--method", "l1", "--ratio", "0.5", "--layer", "0:width=3"}, {"width"});
    refused({"--method", "l1", "--ratio", "0.5", "--layer", "0:keep=x"}, {"'x'"});
    refused({"--method", "l1", "--ratio", "0.5", "--layer", "0:keep=3,ratio=0.5"}, {"ratio and keep"});
    refused({"--method", "l1", "--ratio", "0.5", "--scale", "wide"}, {"wide", "widest"});
    EXPECT_TRUE(listing().empty());
    const std::string hybrid = golden_model("delta_net-hybrid");
    const Json layers = run_json({"info", hybrid})["layers"];
    for (const Json& layer : layers) {
        if (layer["prunable"]) continue;
        expect_refused({"plan", hybrid, "--layer", layer["index"].dump() + ":keep=1,method=l1", "-o", out}, 2, {"attention"});
    }
    EXPECT_LT(run_json({"plan", hybrid, "--method", "l1", "--ratio", "0.5", "-o", out})["layers"].size(), layers.size());
}

class Scores : public PlanCommand {};

TEST_F(Scores, HoldScoresAndFullOrders) {
    const std::string text = write("text.txt", some_text(3000));
    for (const std::string method : {"l1", "random", "energy", "drrqr"}) {
        std::vector<std::string> arguments{"scores", model_, "--method", method, "-o", path(method + ".json")};
        if (method == "energy" || method == "drrqr") arguments.insert(arguments.end(), {"--calibrate", text});
        const Json json = run_json(arguments);
        EXPECT_EQ(json, Json::parse(read_file(path(method + ".json"))));
        ASSERT_EQ(json["layers"].size(), 2u);
        for (const Json& head : json["layers"][1]["heads"]) {
            ASSERT_EQ(head["scores"].size(), 16u);
            EXPECT_EQ(std::set<int>(head["order"].begin(), head["order"].end()).size(), 16u);
            EXPECT_GE(head["scores"][head["order"].front().get<int>()], head["scores"][head["order"].back().get<int>()]) << method;
        }
    }
}

TEST_F(Scores, AreWhatAPlanKeeps) {
    const Json scores = run_json({"scores", model_, "--method", "l1", "-o", path("scores.json")});
    const Json plan = run_json({"plan", model_, "--method", "l1", "--keep", "6", "-o", path("plan.json")});
    for (std::size_t head = 0; head < 4; ++head) {
        const Json& order = scores["layers"][0]["heads"][head]["order"];
        const Json& keep = plan["layers"][0]["keep"][head];
        EXPECT_EQ(std::set<int>(order.begin(), order.begin() + 6), std::set<int>(keep.begin(), keep.end()));
    }
    expect_refused({"scores", model_, "--method", "taylor", "-o", path("t.json")}, 2, {"taylor", "calibration"});
    expect_refused({"scores", model_, "--method", "l1", "-o", path("scores.json")}, 2, {"exists"});
}

}  // namespace
}  // namespace rankscope::test
