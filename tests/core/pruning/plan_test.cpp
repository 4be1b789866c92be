// SPDX-License-Identifier: Apache-2.0
// The plan file both ways, strictly, and what a plan means for a model.
#include "core/pruning/plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "tests/support/expect_error.hpp"

namespace rankscope {
namespace {

using nlohmann::json;
using test::expect_error;

// Two delta layers of 2 heads around one of attention; K = 8, V = 4, D = 16.
ModelConfig model() {
    return parse_model_config(R"({"model_type":"delta_net","hidden_size":16,"num_heads":2,"expand_v":0.5,"num_hidden_layers":3,
                                  "vocab_size":10,"attn":{"layers":[1],"num_heads":4}})",
                              "config.json");
}

Plan plan() {
    Plan p;
    p.model_hash = "abc";
    p.model_family = "delta_net";
    p.layers = {{0, "l1", 0.5, 8, {{0, 2, 4, 6}, {1, 3, 5, 7}}}, {2, "drrqr", 0.75, 8, {{0, 7}, {3, 4}}}};
    p.calibration_hash = "def";
    p.calibration_tokens = 1000;
    p.seed = ~std::uint64_t{0};
    p.created_by = "somebody \"quoted\"\n\xc3\xa9";
    return p;
}

TEST(PlanFile, GoesBothWays) {
    for (const ScaleRule scale : {ScaleRule::Widest, ScaleRule::Kept, ScaleRule::Original}) {
        Plan p = plan();
        p.scale = scale;
        p.layers[0].ratio = 0.1 + 0.2;
        const Plan back = parse_plan(to_json(p), "plan");
        EXPECT_EQ(to_json(back), to_json(p));
        EXPECT_EQ(back.scale, scale);
        EXPECT_EQ(back.layers[0].ratio, p.layers[0].ratio);
        EXPECT_EQ(back.layers[1].keep, p.layers[1].keep);
        EXPECT_EQ(back.layers[1].method, "drrqr");
        EXPECT_EQ(back.seed, p.seed);
        EXPECT_EQ(back.created_by, p.created_by);
        EXPECT_EQ(back.calibration_hash, "def");
        EXPECT_EQ(back.calibration_tokens, 1000);
    }
    EXPECT_TRUE(parse_plan(to_json(Plan{}), "plan").layers.empty());
    EXPECT_TRUE(parse_plan(to_json(Plan{}), "plan").calibration_hash.empty());
    const auto written = json::parse(to_json(plan()));
    EXPECT_EQ(written["format"], "rankscope-plan");
    EXPECT_EQ(written["version"], 1);
    EXPECT_EQ(written["model"]["hash"], "abc");
    EXPECT_EQ(written["layers"][1]["keep"][1], json({3, 4}));
}

TEST(PlanFile, SortsLayersAndIgnoresWhatItDoesNotKnow) {
    json p = json::parse(to_json(plan()));
    std::swap(p["layers"][0], p["layers"][1]);
    p["more"] = {1, 2};
    p["layers"][0]["note"] = "x";
    p["layers"][0].erase("ratio");
    p["layers"][0].erase("method");
    for (const char* optional : {"scale", "calibration", "seed", "created_by"}) p.erase(optional);
    const Plan back = parse_plan(p.dump(), "plan");
    EXPECT_EQ(back.layers[0].index, 0);
    EXPECT_EQ(back.layers[1].index, 2);
    EXPECT_DOUBLE_EQ(back.layers[1].ratio, 0.75);
    EXPECT_EQ(back.scale, ScaleRule::Widest);
    EXPECT_EQ(back.layer(2)->kept_dim(), 2);
    EXPECT_EQ(back.layer(1), nullptr);
}

void refused(const std::function<void(json&)>& change, const std::string& part, ErrorKind kind = ErrorKind::Input) {
    json p = json::parse(to_json(plan()));
    change(p);
    SCOPED_TRACE(p.dump());
    expect_error(kind, part, [&] { (void)parse_plan(p.dump(), "plan"); });
}

TEST(PlanFile, IsReadStrictly) {
    for (const char* text : {"", "{", "[]", "null", "7"}) expect_error(ErrorKind::Input, "bad plan: plan", [&] { (void)parse_plan(text, "plan"); });
    expect_error(ErrorKind::Input, "nested", [] { (void)parse_plan(std::string(100000, '['), "plan"); });
    expect_error(ErrorKind::Input, "twice", [] {
        std::string text = to_json(plan());
        (void)parse_plan(text.replace(text.find("\"seed\""), 6, "\"scale\": \"widest\", \"seed\""), "plan");
    });
    refused([](json& p) { p.erase("format"); }, "format");
    refused([](json& p) { p["format"] = "other"; }, "format");
    refused([](json& p) { p["version"] = 2; }, "version", ErrorKind::Unsupported);
    refused([](json& p) { p["version"] = "1"; }, "version");
    refused([](json& p) { p.erase("model"); }, "model");
    refused([](json& p) { p["model"] = 1; }, "model");
    refused([](json& p) { p["model"].erase("hash"); }, "model.hash");
    refused([](json& p) { p["scale"] = "narrow"; }, "scale");
    refused([](json& p) { p["scale"] = 1; }, "scale");
    refused([](json& p) { p["layers"] = json::object(); }, "layers");
    refused([](json& p) { p["layers"][0] = 1; }, "layers");
    refused([](json& p) { p["layers"][0]["index"] = 2; }, "layer 2 is there twice");
    refused([](json& p) { p["seed"] = -1; }, "seed");
    refused([](json& p) { p["calibration"] = 1; }, "calibration");
    refused([](json& p) { p["calibration"]["tokens"] = -1; }, "calibration.tokens");
    refused([](json& p) { p["created_by"] = 1; }, "created_by");
    for (const json& bad : {json(-1), json(1.5), json("1"), json(nullptr), json(18446744073709551615ull), json(true)}) {
        refused([&](json& p) { p["layers"][0]["index"] = bad; }, "index");
        refused([&](json& p) { p["layers"][0]["key_dim"] = bad; }, "key_dim");
        refused([&](json& p) { p["layers"][0]["keep"][1][2] = bad; }, "layer 0, head 1");
    }
    for (const json& bad : {json(-0.1), json(1.1), json("0.5"), json(true)}) refused([&](json& p) { p["layers"][0]["ratio"] = bad; }, "ratio");
    refused([](json& p) { p["layers"][0].erase("keep"); }, "keep");
    refused([](json& p) { p["layers"][0]["keep"] = json::array(); }, "keep");
    refused([](json& p) { p["layers"][0]["keep"][0] = json::array(); }, "at least one channel");
    refused([](json& p) { p["layers"][0]["keep"][0] = 3; }, "layer 0, head 0");
    refused([](json& p) { p["layers"][0]["keep"][1].erase(0); }, "found 3 channels, expected 4");
    refused([](json& p) { p["layers"][0]["keep"][1] = {1, 3, 5, 8}; }, "8");
    refused([](json& p) { p["layers"][0]["keep"][1] = {1, 3, 3, 5}; }, "channel 3 is there twice");
    refused([](json& p) { p["layers"][0]["keep"][1] = {3, 1, 5, 7}; }, "ascending");
    refused([](json& p) { p["created_by"] = json::object(); p["format"] = "\x1b[2J"; }, "format");
}

// A file of empty objects, as long as plans may be: refused, and soon.
TEST(PlanFile, IsRefusedInTimeHoweverManyPartsItHas) {
    std::string text = "{\"layers\":[{}";
    while (text.size() < 15'000'000) text += ",{}";
    const auto begin = std::chrono::steady_clock::now();
    expect_error(ErrorKind::Input, "format", [&] { (void)parse_plan(text + "]}", "plan"); });
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(PlanCheck, FitsItsModel) {
    const ModelConfig m = model();
    EXPECT_NO_THROW(check_plan(plan(), m, "abc", false, "plan"));
    EXPECT_NO_THROW(check_plan(plan(), m, "other", true, "plan"));
    EXPECT_NO_THROW(check_plan(Plan{}, m, "other", false, "plan"));
    expect_error(ErrorKind::Input, "found a plan for model abc, expected other", [&] { check_plan(plan(), m, "other", false, "plan"); });
    const auto wrong = [&](const std::function<void(Plan&)>& change, const std::string& part) {
        Plan p = plan();
        change(p);
        // Force is about the hash only.
        expect_error(ErrorKind::Input, part, [&] { check_plan(p, m, "other", true, "plan"); });
    };
    wrong([](Plan& p) { p.layers[1].index = 1; }, "layer 1: is softmax attention");
    wrong([](Plan& p) { p.layers[1].index = 3; }, "found layer 3, expected 0 to 2");
    wrong([](Plan& p) { p.layers[1].index = -1; }, "found layer -1");
    wrong([](Plan& p) { p.layers[1].index = 0; }, "layer 0 is there twice");
    wrong([](Plan& p) { p.layers[0].key_dim = 16; }, "found key_dim 16, expected 8");
    wrong([](Plan& p) { p.layers[0].keep.pop_back(); }, "found 1 heads, expected 2");
    wrong([](Plan& p) { p.layers[0].keep.clear(); }, "found 0 heads, expected 2");
    wrong([](Plan& p) { p.layers[0].keep[1] = {1, 3, 5}; }, "layer 0, head 1: found 3 channels, expected 4");
    wrong([](Plan& p) { p.layers[0].keep[1] = {}; }, "layer 0, head 1: found no channels");
    wrong([](Plan& p) { p.layers[0].keep[1] = {1, 3, 5, 8}; }, "layer 0, head 1: found channel 8, expected 0 to 7");
    wrong([](Plan& p) { p.layers[0].keep[1] = {-1, 3, 5, 7}; }, "found channel -1");
    wrong([](Plan& p) { p.layers[0].keep[1] = {1, 3, 3, 7}; }, "channel 3 is there twice");
    wrong([](Plan& p) { p.layers[0].keep[1] = {3, 1, 5, 7}; }, "ascending");
}

TEST(PlanMeaning, WidthsStateAndParameters) {
    const ModelConfig m = model();
    const Plan p = plan();
    EXPECT_EQ(kept_widths(p, m), (std::vector<std::int64_t>{4, 4, 2}));
    EXPECT_EQ(widest_kept(p, m), 4);
    EXPECT_EQ(state_bytes(p, m), 2 * (4 + 2) * 4 * 4);
    EXPECT_EQ(state_bytes(Plan{}, m), m.state_bytes());
    // Rows of q_proj and k_proj (16 wide) and filters of 4 taps; 4 and 6 channels less in each of two heads.
    EXPECT_EQ(removed_parameters(p, m), 2 * (4 + 6) * 2 * (16 + 4));
    EXPECT_EQ(removed_parameters(Plan{}, m), 0);
    // An untouched layer counts with its full width.
    Plan one = p;
    one.layers.pop_back();
    EXPECT_EQ(widest_kept(one, m), 8);
}

TEST(PlanMeaning, ScaleOfTheQuery) {
    const ModelConfig m = model();
    Plan p = plan();
    const double attention = 0.5;
    EXPECT_EQ(query_scales(p, m), (std::vector<double>{0.5, attention, 0.5}));
    p.scale = ScaleRule::Kept;
    EXPECT_EQ(query_scales(p, m), (std::vector<double>{0.5, attention, 1 / std::sqrt(2.0)}));
    p.scale = ScaleRule::Original;
    EXPECT_EQ(query_scales(p, m), (std::vector<double>{1 / std::sqrt(8.0), attention, 1 / std::sqrt(8.0)}));
    p.layers.pop_back();
    p.scale = ScaleRule::Widest;
    EXPECT_EQ(query_scales(p, m), (std::vector<double>{1 / std::sqrt(8.0), attention, 1 / std::sqrt(8.0)}));
}

TEST(KeptWidth, IsThatOfTheRule) {
    EXPECT_EQ(kept_width(128, 0), 128);
    EXPECT_EQ(kept_width(128, 1), 1);
    EXPECT_EQ(kept_width(128, 0.5), 64);
    EXPECT_EQ(kept_width(10, 0.3), 7);   // 10 * (1 - 0.3) lies just below 7
    EXPECT_EQ(kept_width(100, 0.9), 10);
    EXPECT_EQ(kept_width(3, 0.5), 1);
    EXPECT_EQ(kept_width(1, 0.75), 1);
    for (const double bad : {-0.01, 1.01, std::numeric_limits<double>::quiet_NaN()}) expect_error(ErrorKind::Usage, "ratio", [&] { (void)kept_width(8, bad); });
}

}  // namespace
}  // namespace rankscope
