// SPDX-License-Identifier: Apache-2.0
// Texts, ids, tokenizers and plans that cannot be used.
#include <fstream>

#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BadText : public CliTest {
protected:
    void refused(const std::string& text, int code, const std::vector<std::string>& parts) {
        expect_refused({"evaluate", model_, "--text", text}, code, parts);
        expect_refused({"plan", model_, "--method", "energy", "--ratio", "0.5", "--calibrate", text, "-o", path("never.json")}, code, parts);
        EXPECT_FALSE(fs::exists(path("never.json")));
    }

    const std::string model_ = golden_model("delta_net-plain");
};

TEST_F(BadText, MissingEmptyOrOfOneToken) {
    refused(path("none.txt"), 3, {"none.txt"});
    refused(folder_.string(), 3, {folder_.filename().string()});
    refused(write("empty.txt", ""), 3, {"empty.txt", "2"});
}

TEST_F(BadText, ShorterThanAWindowIsTakenWithAWarning) {
    const ProgramResult result = run_well({"evaluate", model_, "--text", write("short.txt", "a quiet harbour at night"), "--json"});
    EXPECT_THAT(result.err, HasSubstr("warning"));
    EXPECT_THAT(result.err, HasSubstr("short.txt"));
    const Json json = Json::parse(result.out);
    EXPECT_EQ(json["windows"], 1);
    EXPECT_TRUE(json["baseline"]["perplexity_se"].is_null());
}

TEST_F(BadText, BinaryAndInvalidUtf8NameTheOffset) {
    refused(write("latin1.txt", some_text(5000) + "caf\xe9 " + some_text(100)), 3, {"latin1.txt", "UTF-8"});
    std::string text = some_text(70000);
    text.replace(66000, 1, "\x80");
    refused(write("late.txt", text), 3, {"late.txt", "66000"});
    refused(program_path().string(), 3, {"rankscope-cli", "UTF-8"});
    refused(write("utf16.txt", std::string("\xff\xfeh\0i\0", 6)), 3, {"utf16.txt", "0"});
    // Zero bytes are valid UTF-8 and are taken as they are.
    EXPECT_EQ(run_json({"evaluate", model_, "--text", write("zeros.txt", std::string(100, '\0'))})["windows"], 1);
}

TEST_F(BadText, IdFilesAreChecked) {
    const auto refused_ids = [&](const std::string& content, const std::vector<std::string>& parts) {
        expect_refused({"evaluate", model_, "--ids", write("ids.json", content)}, 3, parts);
    };
    refused_ids("", {"ids.json"});
    refused_ids("{}", {"ids.json"});
    refused_ids("[]", {"ids.json"});
    refused_ids("[[1,2],[3]]", {"ids.json"});
    refused_ids("[[1,512]]", {"512"});
    refused_ids("[[1,-1]]", {"-1"});
    refused_ids("[[1,2.5]]", {"ids.json"});
    refused_ids("[[1,\"2\"]]", {"ids.json"});
    expect_refused({"evaluate", model_, "--text", path("t"), "--ids", path("ids.json")}, 2, {"--ids"});
}

TEST_F(BadText, AnswersOfAnotherText) {
    const std::string text = write("t.txt", some_text(3000));
    write("t.txt.answers.json", R"({"text_hash": "00", "answers": []})");
    expect_refused({"evaluate", model_, "--text", text}, 3, {"t.txt.answers.json", "another text"});
    write("t.txt.answers.json", "{");
    expect_refused({"evaluate", model_, "--text", text}, 3, {"t.txt.answers.json"});
}

class BadTokenizer : public CliTest {
protected:
    void refused(int code, const std::vector<std::string>& parts) { expect_refused({"evaluate", model_, "--text", text_}, code, parts); }

    const std::string model_ = copy_of("delta_net-plain");
    const std::string file_ = model_ + "/tokenizer.json";
    const std::string text_ = write("text.txt", some_text(3000));
};

TEST_F(BadTokenizer, Missing) {
    fs::remove(file_);
    fs::remove(model_ + "/tokenizer.model");
    refused(3, {"tokenizer"});
    // Ids need none.
    run_well({"evaluate", model_, "--ids", write("ids.json", "[[1,2,3]]")});
}

TEST_F(BadTokenizer, OfAnUnknownType) {
    Json json = Json::parse(read_file(file_));
    json["model"]["type"] = "Telepathy";
    std::ofstream(file_) << json.dump();
    refused(4, {"tokenizer.json", "Telepathy"});
    json["model"].erase("type");
    json["model"]["vocab"] = 3;
    std::ofstream(file_) << json.dump();
    const ProgramResult result = run_program({"evaluate", model_, "--text", text_});
    EXPECT_TRUE(result.code == 3 || result.code == 4) << result.err;
}

TEST_F(BadTokenizer, WithAnIdBeyondTheVocabulary) {
    Json json = Json::parse(read_file(file_));
    json["added_tokens"].push_back({{"id", 512}, {"content", "<beyond>"}, {"special", true}, {"single_word", false}, {"lstrip", false}, {"rstrip", false}, {"normalized", false}});
    std::ofstream(file_) << json.dump();
    refused(3, {"512"});
}

TEST_F(BadTokenizer, ThatIsNoJson) {
    for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string(300000, '['), std::string("{\"model\": {}}")}) {
        std::ofstream(file_) << text;
        refused(3, {"tokenizer.json"});
    }
}

class BadPlan : public CliTest {
protected:
    BadPlan() { run_well({"plan", model_, "--method", "l1", "--ratio", "0.5", "-o", path("good.json")}); }

    void refused(const std::string& content, int code, const std::vector<std::string>& parts) {
        const std::string file = write("bad.json", content);
        expect_refused({"evaluate", model_, "--ids", ids_, "--plan", file}, code, parts);
        expect_refused({"export", model_, "--plan", file, "-o", path("never")}, code, parts);
        EXPECT_FALSE(fs::exists(path("never")));
        EXPECT_FALSE(fs::exists(path("never.part")));
    }

    [[nodiscard]] Json good() const { return Json::parse(read_file(path("good.json"))); }

    const std::string model_ = golden_model("delta_net-plain");
    const std::string ids_ = write("ids.json", "[[1,2,3,4,5,6,7,8]]");
};

TEST_F(BadPlan, ForAnotherModel) {
    Json plan = good();
    plan["model"]["hash"] = std::string(64, '0');
    refused(plan.dump(), 3, {"bad.json", "found a plan for model 0000"});
    run_well({"evaluate", model_, "--ids", ids_, "--plan", path("bad.json"), "--force"});
    expect_refused({"evaluate", golden_model("gated_deltanet-plain"), "--ids", ids_, "--plan", path("good.json")}, 3, {"good.json"});
}

TEST_F(BadPlan, WithChannelsOutOfRangeTwiceOrUneven) {
    Json plan = good();
    plan["layers"][1]["keep"][2][7] = 16;
    refused(plan.dump(), 3, {"bad.json", "layer 1", "head 2", "16"});
    plan = good();
    plan["layers"][1]["keep"][2][0] = -1;
    refused(plan.dump(), 3, {"bad.json", "layer 1", "-1"});
    plan = good();
    plan["layers"][0]["keep"][3][1] = plan["layers"][0]["keep"][3][0];
    refused(plan.dump(), 3, {"bad.json", "layer 0", "head 3"});
    plan = good();
    plan["layers"][0]["keep"][1].erase(0);
    refused(plan.dump(), 3, {"bad.json", "layer 0", "head 1", "7", "8"});
    plan = good();
    plan["layers"][0]["keep"].erase(0);
    refused(plan.dump(), 3, {"bad.json", "layer 0"});
    plan = good();
    plan["layers"][1]["index"] = 0;
    refused(plan.dump(), 3, {"bad.json", "layer 0", "twice"});
    plan = good();
    plan["layers"][1]["index"] = 2;
    refused(plan.dump(), 3, {"bad.json", "2"});
    plan = good();
    plan["layers"][0]["key_dim"] = 32;
    refused(plan.dump(), 3, {"bad.json", "layer 0", "32", "16"});
}

TEST_F(BadPlan, ThatIsNoPlan) {
    refused("", 3, {"bad.json"});
    refused("[]", 3, {"bad.json"});
    refused("{}", 3, {"bad.json", "format"});
    refused(std::string(300000, '['), 3, {"bad.json"});
    Json plan = good();
    plan["version"] = 2;
    refused(plan.dump(), 4, {"bad.json", "version", "2"});
    plan = good();
    plan["scale"] = "narrow";
    refused(plan.dump(), 3, {"bad.json", "narrow"});
    plan = good();
    plan["layers"] = 5;
    refused(plan.dump(), 3, {"bad.json", "layers"});
    expect_refused({"evaluate", model_, "--ids", ids_, "--plan", path("none.json")}, 3, {"none.json"});
}

}  // namespace
}  // namespace rankscope::test
