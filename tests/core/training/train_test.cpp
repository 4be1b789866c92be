// SPDX-License-Identifier: Apache-2.0
// Whole training runs on a tiny model: what is written, how a run is resumed, what is refused.
#include "core/training/train.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/evaluation/evaluate.hpp"
#include "core/model/load_model.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json tiny_config() {
    return {{"model_type", "gated_deltanet"}, {"architectures", {"GatedDeltaNetForCausalLM"}},
            {"hidden_size", 32},              {"num_hidden_layers", 2},
            {"num_heads", 1},                 {"num_v_heads", 2},
            {"head_dim", 8},                  {"expand_v", 1.0},
            {"intermediate_size", 48},        {"vocab_size", 300},
            {"tie_word_embeddings", true},    {"eos_token_id", 299},
            {"training", {{"batch", 2}, {"length", 32}, {"warmup_steps", 5}, {"checkpoint_every", 7}, {"held_out_every", 10}}}};
}

class Training : public testing::Test {
protected:
    void SetUp() override {
        root_ = fs::temp_directory_path() / ("rankscope-train-" + std::to_string(::getpid()) + "-"
                                             + testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(root_);
        fs::create_directories(root_);
        write_text_file(root_ / "config.json", tiny_config().dump());
        const std::string text = read_text_file(fs::path(RANKSCOPE_SOURCE_DIR) / "tests/golden/tokenizers/sample.txt");
        const std::size_t cut = text.find('\n', text.size() * 3 / 4);
        ASSERT_NE(cut, std::string::npos);
        write_text_file(root_ / "train.txt", text.substr(0, cut));
        write_text_file(root_ / "held-out.txt", text.substr(cut));
    }

    void TearDown() override { fs::remove_all(root_); }

    [[nodiscard]] TrainRequest request(const std::string& output, std::int64_t steps = 20) const {
        TrainRequest r;
        r.config = root_ / "config.json";
        r.text = {root_ / "train.txt"};
        r.output = root_ / output;
        r.vocab = 300;
        r.tokens = steps * 64;
        r.seed = 5;
        r.placement = {"cpu", "auto", 1};
        return r;
    }

    // Stops after `steps` steps, as Ctrl-C would.
    void run_and_cancel(const TrainRequest& r, int steps) const {
        std::stop_source stop;
        Progress progress;
        progress.stop = stop.get_token();
        progress.report = [&](const ProgressUpdate& update) {
            if (update.unit == "tokens" && update.done >= steps * 64) stop.request_stop();
        };
        EXPECT_THROW((void)train(r, progress), Cancelled);
    }

    [[nodiscard]] std::string weights(const std::string& name) const { return read_text_file(root_ / name / "model.safetensors"); }

    fs::path root_;
};

ErrorKind kind_of(const TrainRequest& r) {
    try {
        (void)train(r, {});
    } catch (const Error& e) {
        return e.kind();
    }
    ADD_FAILURE() << "no error";
    return ErrorKind::Internal;
}

TEST_F(Training, LearnsAndWritesAFolderThatLoads) {
    TrainRequest r = request("model", 60);
    r.held_out = {root_ / "held-out.txt"};
    const TrainResult result = train(r, {});
    EXPECT_EQ(result.steps, 60);
    EXPECT_EQ(result.tokens, 60 * 64);
    EXPECT_LT(result.loss, 0.9 * std::log(300.0)) << "an untrained model pays ln(vocabulary)";
    EXPECT_EQ(result.device, "cpu");
    EXPECT_THAT(result.implementation, ::testing::ContainsRegex("^[a-z]+-[a-z0-9]+(, [a-z]+-[a-z0-9]+)*, [a-z]+-[a-z0-9]+ \\(gradient\\)"));
    const Json record = Json::parse(read_text_file(root_ / "model/rankscope-training.json"));
    EXPECT_EQ(record["implementation"], result.implementation);
    EXPECT_EQ(record["device"], "cpu");
    EXPECT_FALSE(fs::exists(root_ / "model.training"));
    EXPECT_FALSE(Json::parse(read_text_file(root_ / "model/config.json")).contains("training"));

    // The held-out perplexity is the one `evaluate` reports.
    const ModelFolder folder = ModelFolder::open(root_ / "model");
    const auto model = load_model(folder, {"cpu", "float32", 1}, {});
    EvaluateRequest evaluation;
    WindowOptions options;
    options.window = 32;
    evaluation.windows = read_text_windows(root_ / "held-out.txt", *Tokenizer::open(root_ / "model", 300), options);
    const EvaluateResult scored = evaluate(*model, folder.parameters(), evaluation, {});
    ASSERT_TRUE(result.held_out_perplexity);
    EXPECT_NEAR(*result.held_out_perplexity / scored.baseline.perplexity, 1.0, 1e-5);
    ASSERT_TRUE(result.held_out_bits_per_byte && scored.bits_per_byte);
    EXPECT_NEAR(*result.held_out_bits_per_byte, *scored.bits_per_byte, 1e-5);
}

TEST_F(Training, IsAFunctionOfItsSeed) {
    (void)train(request("a"), {});
    (void)train(request("b"), {});
    TrainRequest other = request("c");
    other.seed = 6;
    (void)train(other, {});
    EXPECT_EQ(weights("a"), weights("b"));
    EXPECT_NE(weights("a"), weights("c"));
}

TEST_F(Training, ResumedRunEndsWithTheBitsOfTheUninterruptedOne) {
    (void)train(request("whole"), {});
    TrainRequest parts = request("parts");
    run_and_cancel(parts, 3);
    EXPECT_FALSE(fs::exists(root_ / "parts"));
    EXPECT_TRUE(fs::exists(root_ / "parts.training/checkpoint.safetensors"));
    parts.resume = true;
    run_and_cancel(parts, 11);
    (void)train(parts, {});
    EXPECT_EQ(weights("whole"), weights("parts"));
    EXPECT_FALSE(fs::exists(root_ / "parts.training"));
}

TEST_F(Training, ResumeRefusesAnotherRun) {
    TrainRequest r = request("model");
    EXPECT_EQ(kind_of([&] {
                  TrainRequest early = r;
                  early.resume = true;
                  return early;
              }()),
              ErrorKind::Usage)
        << "nothing to resume";
    run_and_cancel(r, 3);
    EXPECT_EQ(kind_of(r), ErrorKind::Usage) << "an unfinished run is in the way";
    r.resume = true;
    TrainRequest seed = r, budget = r, text = r, config = r;
    seed.seed = 1;
    budget.tokens = 64 * 21;
    text.text = {root_ / "held-out.txt"};
    Json changed = tiny_config();
    changed["training"]["learning_rate"] = 0.001;
    write_text_file(root_ / "other.json", changed.dump());
    config.config = root_ / "other.json";
    EXPECT_EQ(kind_of(seed), ErrorKind::Usage);
    EXPECT_EQ(kind_of(budget), ErrorKind::Usage);
    EXPECT_EQ(kind_of(text), ErrorKind::Input);
    EXPECT_EQ(kind_of(config), ErrorKind::Input);
    (void)train(r, {});  // nothing was lost
    EXPECT_TRUE(fs::exists(root_ / "model/model.safetensors"));
}

TEST_F(Training, StartsFromAModelAndNeedsItsShape) {
    (void)train(request("first"), {});
    TrainRequest more = request("second", 4);
    more.vocab = 0;
    more.init = root_ / "first";
    const TrainResult result = train(more, {});
    EXPECT_LT(result.loss, 0.98 * std::log(300.0)) << "it should not begin from random weights";
    Json wider = tiny_config();
    wider["intermediate_size"] = 64;
    write_text_file(root_ / "wider.json", wider.dump());
    more.config = root_ / "wider.json";
    more.output = root_ / "third";
    EXPECT_EQ(kind_of(more), ErrorKind::Input);
    EXPECT_FALSE(fs::exists(root_ / "third.training"));
}

TEST_F(Training, RefusesWhatCannotBeTrained) {
    TrainRequest r = request("model");
    r.vocab = 0;
    EXPECT_EQ(kind_of(r), ErrorKind::Usage) << "no tokenizer";
    r = request("model");
    r.vocab = 400;
    EXPECT_EQ(kind_of(r), ErrorKind::Input) << "the tokenizer has more ids than the model";
    r = request("model");
    write_text_file(root_ / "short.txt", "a b c\n");
    r.text = {root_ / "short.txt"};
    EXPECT_EQ(kind_of(r), ErrorKind::Input) << "not one window";
    fs::create_directory(root_ / "there");
    EXPECT_EQ(kind_of(request("there")), ErrorKind::Usage) << "output exists";
    EXPECT_FALSE(fs::exists(root_ / "model.training"));
    EXPECT_FALSE(fs::exists(root_ / "there.training"));
}

TEST_F(Training, TimeBudgetEndsInTime) {
    TrainRequest r = request("model");
    r.tokens.reset();
    r.minutes = 0.02;
    const TrainResult result = train(r, {});
    EXPECT_GE(result.steps, 1);
    EXPECT_LT(result.seconds, 60);
    EXPECT_TRUE(fs::exists(root_ / "model/model.safetensors"));
}

}  // namespace
}  // namespace rankscope
