// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

class Info : public CliTest {};

TEST_F(Info, DescribesAFolder) {
    const Json json = run_json({"info", golden_model("delta_net-plain")});
    expect_keys(json, {"family", "layers", "hidden_size", "vocab_size", "parameters", "state_bytes", "dtype", "tokenizer", "hash", "warnings"});
    EXPECT_EQ(json["family"], "delta_net");
    EXPECT_EQ(json["hidden_size"], 64);
    EXPECT_EQ(json["vocab_size"], 512);
    EXPECT_EQ(json["tokenizer"]["vocab_size"], 512);
    ASSERT_EQ(json["layers"].size(), 2u);
    expect_keys(json["layers"][0], {"index", "mixer", "key_heads", "value_heads", "key_dim", "value_dim", "prunable"});
    EXPECT_EQ(json["layers"][1]["mixer"], "delta_rule");
    EXPECT_EQ(json["layers"][1]["key_dim"], 16);
    EXPECT_EQ(json["state_bytes"], 2 * 4 * 16 * 16 * 4);
    EXPECT_EQ(json["hash"].get<std::string>().size(), 64u);
}

TEST_F(Info, NamesAttentionAndSharesHashesBetweenCopies) {
    const Json json = run_json({"info", golden_model("delta_net-hybrid")});
    bool attention = false;
    for (const Json& layer : json["layers"]) {
        if (layer["mixer"] != "attention") continue;
        attention = true;
        EXPECT_EQ(layer["prunable"], false);
        EXPECT_TRUE(layer.contains("kv_bytes_per_token"));
    }
    EXPECT_TRUE(attention);
    EXPECT_EQ(run_json({"info", copy_of("delta_net-hybrid")})["hash"], json["hash"]);
    EXPECT_TRUE(json["tokenizer"].is_null());
    EXPECT_FALSE(json["warnings"].empty());
}

TEST_F(Info, ReadsAPaddedExportAtItsTrueWidth) {
    const Json json = run_json({"info", golden_model("delta_net-small/pruned-padded")});
    bool narrower = false;
    for (const Json& layer : json["layers"]) narrower |= layer.contains("written_key_dim") && layer["key_dim"] < layer["written_key_dim"];
    EXPECT_TRUE(narrower);
}

class Tokenize : public CliTest {};

TEST_F(Tokenize, GoesBothWays) {
    const std::string model = golden_model("delta_net-plain");
    const std::string text = "the keeper walked down";
    const Json json = run_json({"tokenize", model, "--string", text});
    expect_keys(json, {"ids", "tokens", "decoded"});
    EXPECT_EQ(json["ids"].size(), json["tokens"].size());
    EXPECT_EQ(json["decoded"], text);
    EXPECT_EQ(run_json({"tokenize", model, "--text", write("t.txt", text)}), json);
    std::string ids;
    for (const Json& id : json["ids"]) ids += id.dump() + " ";
    EXPECT_EQ(run_json({"tokenize", model, "--decode", ids})["decoded"], text);
    const Json many = run_json({"tokenize", model, "--strings", write("s.json", R"(["the keeper", "", "ü\n"])")});
    ASSERT_EQ(many["ids"].size(), 3u);
    EXPECT_EQ(many["decoded"], Json({"the keeper", "", "ü\n"}));
}

TEST_F(Tokenize, RefusesWhatIsNoText) {
    const std::string model = golden_model("delta_net-plain");
    expect_refused({"tokenize", model}, 2, {"exactly one of"});
    expect_refused({"tokenize", model, "--decode", "1 2 512"}, 3, {"512", "511"});
    expect_refused({"tokenize", model, "--string", "ab\xff"}, 3, {"offset 2"});
    expect_refused({"tokenize", model, "--strings", write("s.json", "{}")}, 3, {"s.json", "array"});
    expect_refused({"tokenize", golden_model("delta_net-small"), "--string", "a"}, 3, {"tokenizer"});
}

}  // namespace
}  // namespace rankscope::test
