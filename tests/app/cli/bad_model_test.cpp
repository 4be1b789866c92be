// SPDX-License-Identifier: Apache-2.0
// Model folders that are missing, damaged, inconsistent or of another kind.
#include <fstream>

#include "tests/app/cli/cli_test.hpp"
#include "tests/app/cli/weights_editor.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr const char* kQuery = "model.layers.0.attn.q_proj.weight";
constexpr const char* kKey = "model.layers.0.attn.k_proj.weight";

class BadModel : public CliTest {
protected:
    // What looks at a folder and what loads it refuse it alike, and nothing appears beside it.
    void refused(const std::string& model, int code, const std::vector<std::string>& parts) {
        const auto before = listing();
        expect_refused({"info", model}, code, parts);
        expect_refused({"evaluate", model, "--ids", ids_}, code, parts);
        expect_refused({"plan", model, "--method", "l1", "--ratio", "0.5", "-o", path("never.json")}, code, parts);
        EXPECT_EQ(listing(), before);
    }

    void damage(const std::string& name, const std::string& content) { write("delta_net-plain/" + name, content); }

    void refused_config(const std::string& key, const Json& value, int code, const std::vector<std::string>& parts) {
        Json config = config_;
        config[key] = value;
        damage("config.json", config.dump());
        refused(model_, code, parts);
    }

    const std::string model_ = copy_of("delta_net-plain");
    const std::string weights_ = model_ + "/model.safetensors";
    const std::string ids_ = write("ids.json", "[[1,2,3,4,5,6,7,8]]");
    const Json config_ = Json::parse(read_file(model_ + "/config.json"));
};

TEST_F(BadModel, MissingOrEmptyFolder) {
    refused(path("nowhere"), 3, {"nowhere"});
    fs::create_directory(path("empty"));
    refused(path("empty"), 3, {"empty", "config.json"});
    refused(ids_, 3, {"ids.json"});
    fs::remove(weights_);
    refused(model_, 3, {"delta_net-plain", "safetensors"});
}

TEST_F(BadModel, TruncatedWeights) {
    const std::string all = read_file(weights_);
    for (const std::size_t size : {all.size() - 1, all.size() / 2, std::size_t{100}, std::size_t{8}, std::size_t{3}, std::size_t{0}}) {
        SCOPED_TRACE(size);
        damage("model.safetensors", all.substr(0, size));
        refused(model_, 3, {"model.safetensors", "expected"});
    }
}

TEST_F(BadModel, HeaderLengthOutOfBounds) {
    const std::string rest = read_file(weights_).substr(8);
    for (const std::uint64_t length : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 40, std::uint64_t{0}}) {
        SCOPED_TRACE(length);
        damage("model.safetensors", safetensors_bytes(length, rest));
        refused(model_, 3, {"model.safetensors", "header"});
    }
}

TEST_F(BadModel, HeaderThatIsNoTensorTable) {
    for (const std::string header : {"[]", "{\"a\": 3}", "{\"a\"", "null", "{\"a\":{\"dtype\":\"F32\"}}"}) {
        SCOPED_TRACE(header);
        damage("model.safetensors", safetensors_bytes(header.size(), header));
        refused(model_, 3, {"model.safetensors"});
    }
    const std::string deep = std::string(200000, '[');
    damage("model.safetensors", safetensors_bytes(deep.size(), deep));
    refused(model_, 3, {"model.safetensors"});
}

TEST_F(BadModel, OffsetsThatOverlapRunBackwardsOrLeaveTheFile) {
    const WeightsEditor good = WeightsEditor::open(weights_);
    const Json query = good.header[kQuery]["data_offsets"];
    const auto with = [&](const Json& offsets) {
        WeightsEditor bad = good;
        bad.header[kQuery]["data_offsets"] = offsets;
        bad.save(weights_);
        refused(model_, 3, {"model.safetensors", kQuery});
    };
    with({query[1], query[0]});
    with({good.data.size(), good.data.size() + (query[1].get<std::size_t>() - query[0].get<std::size_t>())});
    with({-1, 5});
    with({0.5, 5});
    with(Json::array({query[0]}));
    with({(std::uint64_t{1} << 63), (std::uint64_t{1} << 63) + 1});
    WeightsEditor overlap = good;
    overlap.header["more"] = overlap.header[kKey];
    overlap.save(weights_);
    refused(model_, 3, {"model.safetensors", "it overlaps"});
    WeightsEditor moved = good;
    moved.header[kQuery]["data_offsets"] = good.header[kKey]["data_offsets"];
    moved.save(weights_);
    refused(model_, 3, {"model.safetensors", "found offset"});
}

TEST_F(BadModel, DtypeOrShapeThatDoesNotFit) {
    const WeightsEditor good = WeightsEditor::open(weights_);
    const auto with = [&](const char* field, const Json& value, const std::vector<std::string>& parts, int code = 3) {
        WeightsEditor bad = good;
        bad.header[kQuery][field] = value;
        bad.save(weights_);
        refused(model_, code, parts);
    };
    with("dtype", "F64", {kQuery});
    with("dtype", "Q4", {kQuery, "Q4"}, 4);
    with("shape", {64, 63}, {kQuery});
    with("shape", {32, 128}, {kQuery, "[32, 128]", "[64, 64]"});
    with("shape", Json::array({4096}), {kQuery, "[4096]", "[64, 64]"});
    with("shape", {-64, -64}, {kQuery});
    with("shape", {std::uint64_t{1} << 40, std::uint64_t{1} << 40}, {kQuery});
    with("shape", "64x64", {kQuery});
}

TEST_F(BadModel, TensorsThatAreMissing) {
    WeightsEditor bad = WeightsEditor::open(weights_);
    const Json entry = bad.header[kQuery];
    bad.header.erase(kQuery);
    bad.header["model.layers.0.attn.query.weight"] = entry;
    bad.save(weights_);
    refused(model_, 3, {kQuery});
}

TEST_F(BadModel, ShardsThatAreMissing) {
    const std::string model = copy_of("delta_net-sharded-bf16");
    const std::string index = model + "/model.safetensors.index.json";
    const std::string good = read_file(index);
    fs::remove(model + "/model-00002-of-00004.safetensors");
    refused(model, 3, {"model-00002-of-00004.safetensors"});
    fs::copy_file(golden_model("delta_net-sharded-bf16") + "/model-00002-of-00004.safetensors", model + "/model-00002-of-00004.safetensors");

    Json changed = Json::parse(good);
    changed["weight_map"]["model.layers.0.attn.nothing.weight"] = "model-00001-of-00004.safetensors";
    std::ofstream(index) << changed.dump();
    refused(model, 3, {"model.layers.0.attn.nothing.weight"});
    changed = Json::parse(good);
    changed["weight_map"][kQuery] = "../../elsewhere.safetensors";
    std::ofstream(index) << changed.dump();
    refused(model, 3, {"elsewhere.safetensors"});
    for (const std::string text : {"[]", "{\"weight_map\": 3}", "{", ""}) {
        std::ofstream(index) << text;
        refused(model, 3, {"model.safetensors.index.json"});
    }
}

TEST_F(BadModel, ConfigThatIsNoJson) {
    for (const std::string& text : {std::string("{\"model_type\": "), std::string("[1, 2]"), std::string(), std::string("\xff\xfe\0x", 4), std::string(500000, '[')}) {
        SCOPED_TRACE(text.substr(0, 20));
        damage("config.json", text);
        refused(model_, 3, {"config.json"});
    }
}

TEST_F(BadModel, ConfigOfWrongTypesAndSizes) {
    refused_config("hidden_size", "64", 3, {"config.json", "hidden_size"});
    refused_config("hidden_size", 64.5, 3, {"hidden_size", "64.5"});
    refused_config("hidden_size", 0, 3, {"hidden_size", "0"});
    refused_config("hidden_size", -64, 3, {"hidden_size", "-64"});
    refused_config("hidden_size", 1e300, 3, {"hidden_size"});
    refused_config("num_heads", 5, 3, {"64", "5 heads"});
    refused_config("num_heads", 0, 3, {"num_heads"});
    refused_config("num_hidden_layers", -1, 3, {"num_hidden_layers"});
    refused_config("num_hidden_layers", 2000000000, 3, {});
    refused_config("vocab_size", 0, 3, {"vocab_size"});
    refused_config("vocab_size", 513, 3, {"512", "513"});
    refused_config("conv_size", 0, 3, {"conv_size"});
    refused_config("expand_k", -1.0, 3, {"expand_k"});
    refused_config("expand_v", "one", 3, {"expand_v"});
    refused_config("use_beta", "yes", 3, {"use_beta"});
    refused_config("norm_eps", "small", 3, {"norm_eps"});
}

TEST_F(BadModel, KnownOrUnknownButNotSupported) {
    refused_config("model_type", "llama", 4, {"llama"});
    refused_config("model_type", "delta_nte", 4, {"delta_nte"});
    refused_config("model_type", 7, 3, {"model_type"});
    refused_config("qk_activation", "tanh", 4, {"qk_activation", "tanh"});
    refused_config("quantization_config", {{"bits", 4}}, 4, {"quantization_config"});
}

// 550 GB of float32 out of a file that takes no room on the disk: a system that promises more memory than it has would kill the
// program halfway through.
TEST_F(BadModel, WeightsThatNoMemoryHolds) {
    needs_libtorch();
    constexpr std::int64_t kRows = std::int64_t{1} << 30;
    const auto whole = WeightsEditor::open(weights_);
    WeightsEditor weights;
    std::int64_t holes = 0;  // bytes at the end
    for (const bool large : {false, true}) {
        for (const auto& [name, entry] : whole.header.items()) {
            if (name == "__metadata__" || (name == "model.embeddings.weight" || name == "lm_head.weight") != large) continue;
            const auto begin = entry.at("data_offsets").at(0).get<std::size_t>(), end = entry.at("data_offsets").at(1).get<std::size_t>();
            const std::int64_t at = static_cast<std::int64_t>(weights.data.size()) + holes;
            const std::int64_t size = large ? kRows * 64 * 2 : static_cast<std::int64_t>(end - begin);
            weights.header[name] = entry;
            weights.header[name]["data_offsets"] = {at, at + size};
            if (large) {
                weights.header[name]["dtype"] = "BF16";
                weights.header[name]["shape"] = {kRows, 64};
                holes += size;
            } else {
                weights.data += whole.data.substr(begin, end - begin);
            }
        }
    }
    weights.save(weights_);
    fs::resize_file(weights_, fs::file_size(weights_) + static_cast<std::uint64_t>(holes));
    Json config = config_;
    config["vocab_size"] = kRows;
    damage("config.json", config.dump());
    expect_refused({"evaluate", model_, "--ids", ids_}, 5, {"not enough memory", "available", "expected 549.8 GB for the weights as float32"});
    // Half of it is still too much.
    expect_refused({"evaluate", model_, "--ids", ids_, "--dtype", "bfloat16"}, 5, {"expected 274.9 GB for the weights as bfloat16"});
}

TEST_F(BadModel, NanAndInfinityAreWarnedAboutByName) {
    WeightsEditor bad = WeightsEditor::open(weights_);
    const bool half = bad.header[kQuery]["dtype"] == "BF16";
    bad.set_bytes(kQuery, half ? std::string("\xc0\x7f", 2) : std::string("\0\0\xc0\x7f", 4));
    bad.set_bytes("model.norm.weight", half ? std::string("\x80\x7f", 2) : std::string("\0\0\x80\x7f", 4));
    bad.save(weights_);
    const ProgramResult result = run_well({"evaluate", model_, "--ids", ids_});
    EXPECT_THAT(result.err, HasSubstr(kQuery));
    EXPECT_THAT(result.err, HasSubstr("model.norm.weight"));
    EXPECT_THAT(result.err, HasSubstr("warning"));
    expect_refused({"plan", model_, "--method", "l1", "--ratio", "0.5", "-o", path("never.json")}, 3, {"layer 0, head 0"});
    EXPECT_FALSE(fs::exists(path("never.json")));
}

}  // namespace
}  // namespace rankscope::test
