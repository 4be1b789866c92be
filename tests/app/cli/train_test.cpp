// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <algorithm>

#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;

class Train : public CliTest {
protected:
    Train() {
        Json config = Json::parse(read_file(golden_model("delta_net-plain") + "/config.json"));
        config["hidden_size"] = 32;
        config["num_heads"] = 2;
        config["vocab_size"] = 300;
        config["training"] = {{"batch", 2}, {"length", 32}, {"warmup_steps", 2}, {"checkpoint_every", 5}, {"held_out_every", 0}, {"dtype", "float32"}};
        config_ = write("config.json", config.dump());
        text_ = write("text.txt", some_text(20000));
    }

    [[nodiscard]] std::vector<std::string> arguments(const std::string& output, int steps) const {
        return {"train", "--config", config_, "--text", text_, "--held-out", text_, "--vocab", "300", "--tokens", std::to_string(64 * steps), "--threads",
                "1", "--seed", "5", "-o", path(output)};
    }

    std::string config_, text_;
};

TEST_F(Train, WritesAModelThatOtherCommandsTake) {
    const Json json = run_json(arguments("model", 12));
    expect_keys(json, {"steps", "tokens", "loss", "held_out_perplexity", "seconds", "device", "implementation"});
    EXPECT_EQ(json["steps"], 12);
    EXPECT_EQ(json["tokens"], 12 * 64);
    EXPECT_GT(json["held_out_perplexity"].get<double>(), 1);
    EXPECT_EQ(run_json({"info", path("model")})["tokenizer"]["kind"], "byte_level_bpe");
    EXPECT_NEAR(run_json({"evaluate", path("model"), "--text", text_, "--window", "32"})["baseline"]["perplexity"].get<double>(),
                json["held_out_perplexity"].get<double>(), 1e-3 * json["held_out_perplexity"].get<double>());
    expect_refused(arguments("model", 12), 2, {"model", "exists"});
}

// A model of 300 billion parameters: refused before anything is drawn, tokenised or allocated.
TEST_F(Train, WhatNoMemoryHoldsIsRefusedAtOnce) {
    needs_libtorch();
    Json config = Json::parse(read_file(config_));
    config["hidden_size"] = 16384;
    config["num_heads"] = 128;
    config["num_hidden_layers"] = 100;
    config.erase("intermediate_size");
    write("config.json", config.dump());
    expect_refused(arguments("model", 12), 5, {"not enough memory: training", "available", "for weights, gradients and optimiser of", "parameters"});
    EXPECT_FALSE(fs::exists(path("model")));
}

TEST_F(Train, WhereMemoryRunsOutItNamesBatchAndLength) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "AddressSanitizer takes more address space than the limit";
#endif
    Json config = Json::parse(read_file(config_));
    config["training"]["batch"] = 65536;
    config["training"]["length"] = 4096;
    write("config.json", config.dump());
    ProgramOptions options;
    options.memory = std::size_t{3} << 30;  // the ids alone would take 4 GiB
    const ProgramResult result = run_program(arguments("model", 12), options);
    EXPECT_EQ(result.code, 5) << result.err;
    EXPECT_FALSE(result.crashed);
    for (const char* part : {"out of memory: training step", "batch 65536 of length 4096", "try batch 32768 or length 2048"})
        EXPECT_NE(result.err.find(part), std::string::npos) << result.err;
    EXPECT_FALSE(fs::exists(path("model")));
}

TEST_F(Train, AnInterruptedRunGoesOnBitByBit) {
    run_well(arguments("whole", 200));
    for (const int signal : {SIGTERM, SIGINT}) {
        ProgramOptions options;
        options.signal = signal;
        options.signal_when = [this] { return fs::exists(path("parts.training/checkpoint.safetensors")); };
        const ProgramResult stopped = run_program(arguments("parts", 200), options);
        ASSERT_EQ(stopped.code, 130) << stopped.err;
        EXPECT_NE(stopped.err.find("--resume goes on"), std::string::npos) << stopped.err;
        EXPECT_FALSE(stopped.crashed);
        EXPECT_FALSE(fs::exists(path("parts")));
        EXPECT_FALSE(fs::exists(path("parts.part")));
        // A second start would lose what is there; it says so.
        expect_refused(arguments("parts", 200), 2, {"unfinished training"});
        std::vector<std::string> resume = arguments("parts", 200);
        resume.emplace_back("--resume");
        run_well(resume);
        EXPECT_EQ(read_file(path("parts/model.safetensors")), read_file(path("whole/model.safetensors")));
        EXPECT_FALSE(fs::exists(path("parts.training")));
        fs::remove_all(path("parts"));
    }
}

TEST_F(Train, ARunKilledBeforeItsFirstCheckpointStartsAgain) {
    ProgramOptions options;
    options.signal = SIGKILL;
    options.signal_when = [this] { return fs::exists(path("model.training/tokenizer.json")); };
    std::vector<std::string> endless = arguments("model", 12);
    Json config = Json::parse(read_file(config_));
    config["training"]["checkpoint_every"] = 1000000;
    endless[2] = write("no_checkpoints.json", config.dump());
    endless[std::find(endless.begin(), endless.end(), "--tokens") - endless.begin() + 1] = "100000000";
    (void)run_program(endless, options);
    ASSERT_TRUE(fs::exists(path("model.training/tokenizer.json")));
    ASSERT_FALSE(fs::exists(path("model.training/checkpoint.safetensors")));
    run_well(arguments("model", 12));
    EXPECT_FALSE(fs::exists(path("model.training")));
    EXPECT_EQ(run_json({"info", path("model")})["tokenizer"]["kind"], "byte_level_bpe");
}

TEST_F(Train, RefusesWhatCannotBeTrainedOn) {
    const auto refused = [&](std::vector<std::string> options, int code, const std::vector<std::string>& parts) {
        std::vector<std::string> all{"train", "-o", path("model")};
        all.insert(all.end(), options.begin(), options.end());
        expect_refused(all, code, parts);
        EXPECT_FALSE(fs::exists(path("model")));
        EXPECT_FALSE(fs::exists(path("model.part")));
        EXPECT_FALSE(fs::exists(path("model.training")));
    };
    refused({"--config", config_, "--text", text_}, 2, {"tokenizer"});
    refused({"--config", config_, "--text", path("none.txt"), "--vocab", "300"}, 3, {"none.txt"});
    refused({"--config", path("none.json"), "--text", text_, "--vocab", "300"}, 3, {"none.json"});
    refused({"--config", config_, "--text", write("empty.txt", ""), "--vocab", "300"}, 3, {});
    refused({"--config", config_, "--text", write("bad.txt", "abc\xff"), "--vocab", "300"}, 3, {"offset 3"});
    refused({"--config", config_, "--text", text_, "--vocab", "400"}, 3, {"300"});
    refused({"--config", config_, "--text", text_, "--vocab", "300", "--resume"}, 2, {"resume"});
    Json config = Json::parse(read_file(config_));
    config["training"]["learning_rat"] = 1;
    refused({"--config", write("typo.json", config.dump()), "--text", text_, "--vocab", "300"}, 3, {"learning_rat"});
}

}  // namespace
}  // namespace rankscope::test
