// SPDX-License-Identifier: Apache-2.0
#include "core/training/training_options.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/expect_error.hpp"

namespace rankscope {
namespace {

using nlohmann::json;
using test::expect_error;

TrainingOptions parse(const json& training) {
    return parse_training_options(json{{"training", training}}.dump(), "config.json");
}

TEST(TrainingOptions, HaveDefaults) {
    for (const char* text : {"{}", R"({"training": null})", R"({"training": {}})"}) {
        const TrainingOptions o = parse_training_options(text, "config.json");
        EXPECT_EQ(o.optimizer, OptimizerKind::Muon);
        EXPECT_EQ(o.learning_rate, 6e-3);
        EXPECT_EQ(o.align, WindowAlignment::None);
        EXPECT_EQ(o.batch, 4);
        EXPECT_EQ(o.length, 512);
    }
    EXPECT_EQ(parse({{"optimizer", "adamw"}}).learning_rate, 3e-3);
    EXPECT_EQ(parse({{"optimizer", "adamw"}, {"learning_rate", 1}}).learning_rate, 1.0);
    EXPECT_EQ(parse({{"batch", nullptr}}).batch, 4);
}

TEST(TrainingOptions, GoBothWaysByName) {
    json all = json::parse(training_options_json(TrainingOptions{}));
    EXPECT_EQ(all.size(), 20u);
    all["learning_rate"] = 0.125;
    all["optimizer"] = "adamw";
    all["align"] = "line";
    for (const char* key : {"adam_learning_rate", "final_fraction", "weight_decay", "clip", "beta1", "beta2", "epsilon", "momentum"}) all[key] = 0.25;
    int n = 2;
    for (const char* key : {"batch", "length", "warmup_steps", "newton_schulz_steps", "held_out_every", "held_out_windows", "checkpoint_every"}) all[key] = ++n;
    all["dtype"] = "bfloat16";
    all["save_dtype"] = "float32";
    EXPECT_EQ(json::parse(training_options_json(parse(all))), all);
}

TEST(TrainingOptions, RefuseWhatTheyDoNotKnow) {
    expect_error(ErrorKind::Input, "'training.learning_rte'", [] { (void)parse({{"learning_rte", 1}}); });
    expect_error(ErrorKind::Input, "\\x1b", [] { (void)parse({{"\x1b", 1}}); });
    for (const json& bad : {json(7), json("x"), json::array()}) expect_error(ErrorKind::Input, "'training'", [&] { (void)parse(bad); });
    for (const char* text : {"", "{"}) {
        expect_error(ErrorKind::Input, "config.json: not JSON: line 1, column", [&] { (void)parse_training_options(text, "config.json"); });
    }
    for (const char* text : {"[]", "null"}) {
        expect_error(ErrorKind::Input, "expected a JSON object", [&] { (void)parse_training_options(text, "config.json"); });
    }
}

TEST(TrainingOptions, RefuseWrongTypesAndRanges) {
    const auto refused = [](const char* key, const json& value) {
        SCOPED_TRACE(value.dump());
        expect_error(ErrorKind::Input, std::string("'training.") + key + "'", [&] { (void)parse({{key, value}}); });
    };
    for (const char* key : {"optimizer", "align", "dtype", "save_dtype"}) {
        for (const json& bad : {json("sgd"), json(1), json(true), json::array()}) refused(key, bad);
    }
    refused("save_dtype", "auto");
    for (const char* key : {"batch", "length", "warmup_steps", "newton_schulz_steps", "held_out_every", "held_out_windows", "checkpoint_every"}) {
        for (const json& bad : {json(-1), json(1.5), json("4"), json(18446744073709551615ull), json(true), json(std::int64_t{1} << 41)}) refused(key, bad);
    }
    for (const char* key : {"batch", "length", "newton_schulz_steps", "held_out_windows", "checkpoint_every"}) refused(key, 0);
    refused("length", 1);
    for (const char* key : {"learning_rate", "adam_learning_rate", "final_fraction", "weight_decay", "clip", "beta1", "beta2", "epsilon", "momentum"}) {
        for (const json& bad : {json(-1), json("1"), json(1e300), json(false)}) refused(key, bad);
    }
    for (const char* key : {"beta1", "beta2", "momentum"}) refused(key, 1);
    refused("epsilon", 0);
    EXPECT_EQ(parse({{"warmup_steps", 0}, {"held_out_every", 0}, {"clip", 0}}).warmup_steps, 0);
}

// Written as bare words they would silently become the default.
TEST(TrainingOptions, RefuseNotANumber) {
    for (const char* word : {"NaN", "Infinity", "-Infinity"}) {
        expect_error(ErrorKind::Input, "learning_rate", [&] {
            (void)parse_training_options(std::string(R"({"training": {"learning_rate": )") + word + "}}", "config.json");
        });
    }
}

TEST(TrainingRecipe, ChangesWithWhatDecidesTheWeights) {
    const std::string config = R"({"hidden_size": 8, "training": {"batch": 2}})";
    const TrainingOptions options = parse_training_options(config, "config.json");
    const std::string recipe = training_recipe(config, options);
    EXPECT_EQ(training_recipe(R"({ "training": {}, "hidden_size":8 })", options), recipe);
    EXPECT_NE(training_recipe(R"({"hidden_size": 9})", options), recipe);
    TrainingOptions other = options;
    other.held_out_every = other.held_out_windows = other.checkpoint_every = 7;
    other.save_dtype = "float32";
    EXPECT_EQ(training_recipe(config, other), recipe);
    other.momentum = 0.5;
    EXPECT_NE(training_recipe(config, other), recipe);
}

TEST(TrainingConfig, IsWrittenWithoutTheRecipe) {
    const auto plain = json::parse(model_config_json(R"({"b": 1, "a": 0.1, "training": {"batch": 2}})", "bfloat16"));
    EXPECT_EQ(plain, (json{{"b", 1}, {"a", 0.1}, {"torch_dtype", "bfloat16"}}));
    EXPECT_EQ(json::parse(model_config_json(R"({"dtype": "float32"})", "bfloat16")), (json{{"dtype", "bfloat16"}}));
    EXPECT_EQ(json::parse(model_config_json(R"({"torch_dtype": "x", "dtype": "x"})", "f")), (json{{"dtype", "f"}, {"torch_dtype", "f"}}));
}

TEST(TrainingConfig, KnowsTheEndOfATextWhereThereIsOne) {
    EXPECT_EQ(end_of_text_id(R"({"eos_token_id": 2})"), 2);
    EXPECT_EQ(end_of_text_id(R"({"eos_token_id": [5, 6]})"), 5);
    for (const char* none : {"{}", R"({"eos_token_id": null})", R"({"eos_token_id": []})", R"({"eos_token_id": "2"})"}) EXPECT_FALSE(end_of_text_id(none)) << none;
}

}  // namespace
}  // namespace rankscope
