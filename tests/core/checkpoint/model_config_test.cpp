// SPDX-License-Identifier: Apache-2.0
// Every option of the two families, its default, and what is refused.
#include "core/checkpoint/model_config.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/checkpoint/expected_tensors.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/model_files.hpp"

namespace rankscope {
namespace {

using nlohmann::json;
using test::expect_error;

const json kDelta = {{"model_type", "delta_net"}, {"hidden_size", 48}, {"num_heads", 4}, {"num_hidden_layers", 3}, {"vocab_size", 10}};
const json kGated = {{"model_type", "gated_deltanet"}, {"hidden_size", 48}, {"num_heads", 2}, {"head_dim", 12}, {"num_hidden_layers", 2}, {"vocab_size", 10}};

ModelConfig parse(const json& config) {
    return parse_model_config(config.dump(), "config.json");
}

ModelConfig with(json config, const json& change) {
    config.update(change);
    return parse(config);
}

void refused(const json& base, const json& change, const std::string& part, ErrorKind kind = ErrorKind::Input) {
    SCOPED_TRACE(change.dump());
    expect_error(kind, part, [&] { (void)with(base, change); });
}

TEST(ModelConfig, DefaultsOfDeltaNet) {
    const ModelConfig m = parse({{"model_type", "delta_net"}});
    EXPECT_EQ(m.family, Family::DeltaNet);
    EXPECT_EQ(m.hidden_size, 2048);
    EXPECT_EQ(m.intermediate_size, 5632);
    EXPECT_EQ(m.vocab_size, 32000);
    EXPECT_EQ(m.norm_eps, 1e-6);
    EXPECT_FALSE(m.tie_word_embeddings);
    EXPECT_TRUE(m.use_short_conv);
    EXPECT_EQ(m.conv_size, 4);
    EXPECT_TRUE(m.use_beta);
    EXPECT_FALSE(m.allow_neg_eigval);
    EXPECT_EQ(m.output_gate, OutputGate::None);
    EXPECT_EQ(m.qk_activation, QkActivation::Silu);
    EXPECT_EQ(m.qk_norm, QkNorm::L2);
    ASSERT_EQ(m.layers.size(), 24u);
    for (const LayerConfig& l : m.layers) {
        EXPECT_EQ(l.mixer, MixerKind::DeltaRule);
        EXPECT_EQ(l.key_heads, 16);
        EXPECT_EQ(l.value_heads, 16);
        EXPECT_EQ(l.key_dim, 128);
        EXPECT_EQ(l.written_key_dim, 128);
        EXPECT_EQ(l.value_dim, 128);
        EXPECT_DOUBLE_EQ(l.scale, 1 / std::sqrt(128.0));
    }
    EXPECT_EQ(m.state_bytes(), 24ll * 16 * 128 * 128 * 4);
}

TEST(ModelConfig, DefaultsOfGatedDeltaNet) {
    const ModelConfig m = parse({{"model_type", "gated_deltanet"}});
    EXPECT_EQ(m.family, Family::GatedDeltaNet);
    EXPECT_EQ(m.hidden_size, 2048);
    EXPECT_EQ(m.output_gate, OutputGate::Swish);
    ASSERT_EQ(m.layers.size(), 21u);
    EXPECT_EQ(m.layers[0].mixer, MixerKind::GatedDeltaRule);
    EXPECT_EQ(m.layers[0].key_heads, 6);
    EXPECT_EQ(m.layers[0].value_heads, 6);
    EXPECT_EQ(m.layers[0].key_dim, 256);
    EXPECT_EQ(m.layers[0].value_dim, 512);
    EXPECT_DOUBLE_EQ(m.layers[0].scale, 1.0 / 16);
}

TEST(ModelConfig, NullIsTheDefault) {
    json config = {{"model_type", "delta_net"}};
    for (const char* key : {"hidden_size", "num_heads", "expand_k", "expand_v", "use_gate", "use_beta", "use_short_conv", "conv_size", "qk_norm", "qk_activation",
                            "hidden_ratio", "intermediate_size", "norm_eps", "attn", "vocab_size", "tie_word_embeddings", "allow_neg_eigval",
                            "num_hidden_layers", "attnres_block_size", "hidden_act", "norm_first", "quantization_config", "architectures"}) {
        config[key] = nullptr;
    }
    const ModelConfig m = parse(config);
    EXPECT_EQ(m.layers.size(), 24u);
    EXPECT_EQ(m.layers[0].key_dim, 128);
    EXPECT_EQ(m.intermediate_size, 5632);
}

TEST(ModelConfig, EveryOptionOfDeltaNet) {
    EXPECT_EQ(with(kDelta, {{"expand_k", 0.5}}).layers[0].key_dim, 6);
    EXPECT_EQ(with(kDelta, {{"expand_v", 2}}).layers[0].value_dim, 24);
    EXPECT_EQ(with(kDelta, {{"use_gate", true}}).output_gate, OutputGate::Swish);
    EXPECT_FALSE(with(kDelta, {{"use_beta", false}}).use_beta);
    EXPECT_FALSE(with(kDelta, {{"use_short_conv", false}}).use_short_conv);
    EXPECT_EQ(with(kDelta, {{"conv_size", 3}}).conv_size, 3);
    EXPECT_TRUE(with(kDelta, {{"allow_neg_eigval", true}}).allow_neg_eigval);
    EXPECT_EQ(with(kDelta, {{"qk_norm", "sum"}}).qk_norm, QkNorm::Sum);
    EXPECT_EQ(with(kDelta, {{"qk_activation", "relu"}}).qk_activation, QkActivation::Relu);
    EXPECT_EQ(with(kDelta, {{"qk_activation", "elu"}}).qk_activation, QkActivation::Elu);
    EXPECT_EQ(with(kDelta, {{"qk_activation", "identity"}}).qk_activation, QkActivation::Identity);
    EXPECT_TRUE(with(kDelta, {{"tie_word_embeddings", true}}).tie_word_embeddings);
    EXPECT_EQ(with(kDelta, {{"norm_eps", 1e-5}}).norm_eps, 1e-5);
    EXPECT_EQ(with(kDelta, {{"hidden_size", 48.0}}).hidden_size, 48);
    EXPECT_EQ(with(kDelta, {{"hidden_act", "silu"}}).hidden_size, 48);
}

TEST(ModelConfig, EveryOptionOfGatedDeltaNet) {
    const LayerConfig grouped = with(kGated, {{"num_v_heads", 6}, {"expand_v", 1.5}}).layers[1];
    EXPECT_EQ(grouped.key_heads, 2);
    EXPECT_EQ(grouped.value_heads, 6);
    EXPECT_EQ(grouped.value_dim, 18);
    EXPECT_EQ(grouped.state_bytes(), 6 * 12 * 18 * 4);
    EXPECT_EQ(with(kGated, {{"use_gate", false}}).output_gate, OutputGate::None);
    EXPECT_TRUE(with(kGated, {{"allow_neg_eigval", true}}).allow_neg_eigval);
    // Keys without effect.
    const ModelConfig m = with(kGated, {{"expand_k", 0.75}, {"qk_norm", "sum"}, {"qk_activation", "elu"}, {"use_beta", false}, {"norm_first", false}});
    EXPECT_EQ(m.layers[0].key_dim, 12);
    EXPECT_EQ(m.qk_norm, QkNorm::L2);
    EXPECT_EQ(m.qk_activation, QkActivation::Silu);
    EXPECT_TRUE(m.use_beta);
    // int(49 * (64 / 49)) is 63 in doubles; the value one step above, which exports write, gives 64 both ways.
    EXPECT_EQ(with(kGated, {{"head_dim", 49}, {"expand_v", std::nextafter(64.0 / 49, 2)}}).layers[0].value_dim, 64);
    EXPECT_EQ(with(kGated, {{"head_dim", 49}, {"expand_v", 64.0 / 49}}).layers[0].value_dim, 64);
}

TEST(ModelConfig, WidthOfTheMlp) {
    for (const auto& [hidden, width] : {std::pair{1024, 2816}, {2048, 5632}, {2560, 6912}, {64, 256}, {48, 256}, {192, 512}}) {
        EXPECT_EQ(with(kDelta, {{"hidden_size", hidden}}).intermediate_size, width) << hidden;
    }
    EXPECT_EQ(with(kDelta, {{"hidden_size", 2048}, {"hidden_ratio", 2}}).intermediate_size, 2816);
    EXPECT_EQ(with(kDelta, {{"hidden_ratio", nullptr}, {"intermediate_size", 100}}).intermediate_size, 100);
}

TEST(ModelConfig, HybridLayers) {
    const ModelConfig m = with(kDelta, {{"attn", {{{"layers", {2}}, {"num_heads", 8}, {"num_kv_heads", 2}, {"qkv_bias", true}, {"window_size", 32}},
                                                 {{"layers", {0}}, {"num_heads", 2}, {"rope_theta", 5000}}}}});
    EXPECT_EQ(m.layers[0].mixer, MixerKind::Attention);
    EXPECT_EQ(m.layers[1].mixer, MixerKind::DeltaRule);
    const LayerConfig& l = m.layers[2];
    EXPECT_EQ(l.attention.heads, 8);
    EXPECT_EQ(l.attention.kv_heads, 2);
    EXPECT_TRUE(l.attention.qkv_bias);
    EXPECT_EQ(l.attention.window, 32);
    EXPECT_EQ(l.attention.rope_theta, 10000.0);
    EXPECT_EQ(l.key_dim, 6);
    EXPECT_FALSE(l.prunable());
    EXPECT_EQ(l.state_bytes(), 0);
    EXPECT_EQ(m.layers[0].attention.kv_heads, 2);
    EXPECT_EQ(m.layers[0].attention.rope_theta, 5000.0);
    EXPECT_FALSE(m.layers[0].attention.window);
    EXPECT_EQ(m.state_bytes(), 4 * 12 * 12 * 4);
    EXPECT_EQ(m.widest_key_dim(), 12);
    EXPECT_EQ(with(kDelta, {{"attn", {{"layers", {0, 1, 2}}, {"num_heads", 4}}}}).widest_key_dim(), 0);
    EXPECT_EQ(with(kDelta, {{"attn", json::array()}}).widest_key_dim(), 12);
}

TEST(ModelConfig, RefusesHybridLayersThatMakeNoSense) {
    const auto attn = [](const json& change) {
        json spec = {{"layers", {1}}, {"num_heads", 4}};
        spec.update(change);
        return json{{"attn", spec}};
    };
    refused(kDelta, {{"attn", {{"num_heads", 4}}}}, "layers");
    refused(kDelta, {{"attn", {{"layers", {1}}}}}, "num_heads");
    refused(kDelta, {{"attn", 7}}, "attn");
    refused(kDelta, {{"attn", {7}}}, "attn");
    refused(kDelta, attn({{"layers", {3}}}), "distinct indices from 0 to 2");
    refused(kDelta, attn({{"layers", {-1}}}), "layers");
    refused(kDelta, attn({{"layers", {1, 1}}}), "layers");
    refused(kDelta, attn({{"layers", {1.5}}}), "layers");
    refused(kDelta, attn({{"layers", {18446744073709551615ull}}}), "layers");
    refused(kDelta, attn({{"num_heads", 5}}), "heads");
    refused(kDelta, attn({{"num_heads", 16}}), "even");
    refused(kDelta, attn({{"num_kv_heads", 3}}), "num_kv_heads");
    refused(kDelta, attn({{"window_size", 0}}), "window_size");
    refused(kDelta, attn({{"rope_theta", -1}}), "rope_theta");
    refused(kDelta, {{"attn", {{{"layers", {1}}, {"num_heads", 4}}, {{"layers", {1}}, {"num_heads", 4}}}}}, "twice");
}

TEST(ModelConfig, RefusesSizesThatAreNone) {
    for (const char* key : {"hidden_size", "num_heads", "num_hidden_layers", "vocab_size", "conv_size", "intermediate_size"}) {
        for (const json& value : {json(0), json(-4), json(1.5), json("4"), json(true), json::array({4}), json::object(), json(18446744073709551615ull),
                                  json(std::int64_t{1} << 41), json(1e300)}) {
            refused(kDelta, {{key, value}}, key);
        }
    }
    refused(kGated, {{"head_dim", 0}}, "head_dim");
    refused(kGated, {{"num_v_heads", -2}}, "num_v_heads");
    refused(kDelta, {{"num_hidden_layers", 1 << 30}}, "num_hidden_layers");
    refused(kDelta, {{"conv_size", 65}}, "conv_size");
}

TEST(ModelConfig, RefusesWrongTypesAndRanges) {
    for (const char* key : {"use_gate", "use_beta", "use_short_conv", "allow_neg_eigval", "tie_word_embeddings"}) {
        for (const json& value : {json(1), json("true"), json::array()}) refused(kDelta, {{key, value}}, key);
    }
    for (const char* key : {"expand_k", "expand_v", "norm_eps"}) {
        for (const json& value : {json("1"), json(true), json(-1.0), json::object(), json(1e300)}) refused(kDelta, {{key, value}}, key);
    }
    refused(kDelta, {{"expand_k", 0.001}}, "expand_k");
    refused(kDelta, {{"expand_k", 0}}, "expand_k");
    refused(kDelta, {{"hidden_ratio", 0}}, "hidden_ratio");
    refused(kDelta, {{"qk_norm", 7}}, "qk_norm");
    refused(kDelta, {{"model_type", 7}}, "model_type");
}

TEST(ModelConfig, RefusesHeadsThatDoNotDivide) {
    refused(kDelta, {{"num_heads", 5}}, "48 for 5 heads");
    refused(kDelta, {{"num_heads", 49}}, "heads");
    refused(kDelta, {{"expand_v", 0.55}}, "expand_v");
    refused(kGated, {{"num_v_heads", 3}}, "num_v_heads");
    refused(kGated, {{"num_v_heads", 1}}, "num_v_heads");
    refused(kGated, {{"expand_v", 1.3}}, "expand_v");
}

TEST(ModelConfig, RefusesWidthsWhoseProductOverflows) {
    const std::int64_t big = std::int64_t{1} << 40;
    refused(kGated, {{"num_heads", big}, {"head_dim", big}, {"expand_v", 0.5}}, "num_heads");
    refused(kGated, {{"num_v_heads", big}, {"expand_v", 1}}, "num_v_heads");
}

TEST(ModelConfig, NamesWhatItDoesNotSupport) {
    constexpr auto kind = ErrorKind::Unsupported;
    for (const char* family : {"mamba2", "gla", "rwkv7", "qwen3_next", "llama"}) refused(kDelta, {{"model_type", family}}, std::string("unsupported family"), kind);
    refused(kDelta, {{"model_type", "some\nthing"}}, "unknown family: config.json: found model_type 'some\\x0athing'", kind);
    refused(kDelta, {{"attnres_block_size", 2}}, "attnres_block_size", kind);
    refused(kDelta, {{"norm_first", true}}, "norm_first", kind);
    refused(kDelta, {{"quantization_config", json::object()}}, "quantization_config", kind);
    refused(kDelta, {{"hidden_act", "powlu"}}, "powlu", kind);
    refused(kDelta, {{"qk_activation", "gelu"}}, "gelu", kind);
    refused(kDelta, {{"qk_norm", "rms"}}, "rms", kind);
    expect_error(ErrorKind::Input, "model_type is missing", [] { (void)parse(json::object()); });
    EXPECT_EQ(parse({{"architectures", {"GatedDeltaNetForCausalLM"}}}).family, Family::GatedDeltaNet);
}

TEST(ModelConfig, RefusesWhatIsNoJsonObject) {
    for (const std::string& text : {std::string(), std::string("{"), std::string("{\"model_type\": \"delta_net\",}"), std::string("\x89PNG\r\n\x1a\n\0\0", 10),
                                    std::string("{'model_type': 'delta_net'}"), std::string("{\"a\":\"\xff\"}")}) {
        expect_error(ErrorKind::Input, "config.json: not JSON: line 1, column", [&] { (void)parse_model_config(text, "config.json"); });
    }
    for (const char* text : {"[]", "null", "7", "\"delta_net\""}) {
        expect_error(ErrorKind::Input, "JSON object", [&] { (void)parse_model_config(text, "config.json"); });
    }
    expect_error(ErrorKind::Input, "nested deeper", [&] { (void)parse_model_config(std::string(100000, '['), "config.json"); });
}

TEST(ModelConfig, ToleratesWordsThatPythonWritesWhereTheyMeanNothing) {
    const ModelConfig m = parse_model_config(R"({"model_type": "delta_net", "time_step_limit": [0.0, Infinity], "x": NaN, "y": -Infinity})", "config.json");
    EXPECT_EQ(m.hidden_size, 2048);
}

// A loader would compute with them; the default instead would be another model.
TEST(ModelConfig, RefusesThemWhereANumberIsRead) {
    for (const char* key : {"norm_eps", "expand_k", "hidden_size"}) {
        for (const char* word : {"NaN", "Infinity", "-Infinity"}) {
            expect_error(ErrorKind::Input, key, [&] { (void)parse_model_config(std::string(R"({"model_type": "delta_net", ")") + key + "\": " + word + "}", "config.json"); });
        }
    }
}

struct Shapes {
    const char* folder;
    std::int64_t layers, key_heads, value_heads, key_dim, value_dim;
};

class GoldenConfigs : public testing::TestWithParam<Shapes> {};

// The tensors that the reference implementation wrote are exactly those that are expected, with their shapes.
TEST_P(GoldenConfigs, HaveTheGeometryOfTheirWeights) {
    const Shapes& s = GetParam();
    const auto path = test::golden_model(s.folder);
    const ModelConfig m = parse_model_config(test::read_bytes(path / "config.json"), path / "config.json");
    ASSERT_EQ(std::ssize(m.layers), s.layers);
    const LayerConfig& l = m.layers[0];
    EXPECT_EQ(l.key_heads, s.key_heads);
    EXPECT_EQ(l.value_heads, s.value_heads);
    EXPECT_EQ(l.key_dim, s.key_dim);
    EXPECT_EQ(l.value_dim, s.value_dim);
    if (std::string(s.folder).find("legacy") != std::string::npos) return;
    json stored;
    for (const auto& file : std::filesystem::directory_iterator(path)) {
        const std::string name = file.path().filename().string();
        if (name.starts_with("model") && name.ends_with(".safetensors")) stored.update(test::RawTensors::read(file.path()).header);
    }
    stored.erase("__metadata__");
    const auto expected = expected_tensors(m);
    EXPECT_EQ(expected.size(), stored.size());
    for (const ExpectedTensor& tensor : expected) {
        ASSERT_TRUE(stored.contains(tensor.name)) << tensor.name;
        EXPECT_EQ(stored[tensor.name]["shape"].get<std::vector<std::int64_t>>(), tensor.shape) << tensor.name;
    }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenConfigs,
                         testing::Values(Shapes{"delta_net-plain", 2, 4, 4, 16, 16}, Shapes{"delta_net-small", 3, 3, 3, 16, 16},
                                         Shapes{"delta_net-small/pruned-uniform", 3, 3, 3, 10, 16}, Shapes{"delta_net-small/pruned-padded", 3, 3, 3, 12, 16},
                                         Shapes{"delta_net-gate-noconv", 2, 3, 3, 16, 16}, Shapes{"delta_net-negeig-expandv2", 2, 2, 2, 32, 64},
                                         Shapes{"delta_net-tied", 2, 2, 2, 8, 16}, Shapes{"delta_net-sum-elu", 2, 4, 4, 12, 12},
                                         Shapes{"delta_net-relu-nobeta", 2, 2, 2, 16, 16}, Shapes{"delta_net-hybrid", 4, 4, 4, 16, 16},
                                         Shapes{"delta_net-legacy-fused-mlp", 2, 4, 4, 16, 16}, Shapes{"delta_net-sharded-bf16", 3, 2, 2, 32, 32},
                                         Shapes{"gated_deltanet-plain", 2, 3, 3, 16, 32}, Shapes{"gated_deltanet-gva", 2, 2, 6, 16, 16},
                                         Shapes{"gated_deltanet-nogate", 2, 3, 3, 16, 16}, Shapes{"gated_deltanet-expandv1.5-negeig", 2, 2, 2, 16, 24},
                                         Shapes{"gated_deltanet-hybrid-legacy-bf16", 3, 2, 2, 32, 32}));

}  // namespace
}  // namespace rankscope
