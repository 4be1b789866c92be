// SPDX-License-Identifier: Apache-2.0
// Whole folders: what is read, what is translated, what is refused, and that nothing is loaded on the way.
#include "core/checkpoint/model_folder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "core/base/hash.hpp"
#include "core/checkpoint/model_info.hpp"
#include "core/checkpoint/weight_files.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/model_files.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::expect_error;
using test::golden_model;
using test::RawTensors;

const std::string kQ = "model.layers.1.attn.q_proj.weight";

class ModelFolders : public testing::Test {
protected:
    ModelFolders() { ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1); }

    fs::path copy(const std::string& golden, const std::string& name = "model") {
        test::copy_model(golden_model(golden), folder_ / name);
        return folder_ / name;
    }

    // The weights of a copy of delta_net-small, changed.
    fs::path changed(const std::function<void(RawTensors&)>& change, const std::string& golden = "delta_net-small") {
        const fs::path path = copy(golden);
        auto tensors = RawTensors::read(path / "model.safetensors");
        change(tensors);
        tensors.write(path / "model.safetensors");
        return path;
    }

    void refused(const fs::path& path, const std::string& part, ErrorKind kind = ErrorKind::Input) {
        expect_error(kind, part, [&] { (void)ModelFolder::open(path); });
        std::error_code ignored;
        fs::remove_all(folder_ / "model", ignored);
    }

    test::ScratchFolder folder_;
};

std::string text_of(const TensorView& view) {
    return {reinterpret_cast<const char*>(view.bytes.data()), view.bytes.size()};
}

TEST_F(ModelFolders, OpensEveryGolden) {
    for (const char* name : {"delta_net-plain", "delta_net-gate-noconv", "delta_net-negeig-expandv2", "delta_net-tied", "delta_net-sum-elu", "delta_net-relu-nobeta",
                             "delta_net-hybrid", "delta_net-legacy-fused-mlp", "delta_net-sharded-bf16", "gated_deltanet-plain", "gated_deltanet-gva",
                             "gated_deltanet-nogate", "gated_deltanet-expandv1.5-negeig", "gated_deltanet-hybrid-legacy-bf16"}) {
        const ModelFolder folder = ModelFolder::open(golden_model(name));
        EXPECT_GT(folder.parameters(), 0) << name;
        EXPECT_TRUE(folder.find_non_finite().empty()) << name;
    }
}

TEST_F(ModelFolders, TellAboutThemselves) {
    const ModelInfo info = describe(ModelFolder::open(golden_model("delta_net-hybrid")));
    EXPECT_EQ(info.family, "delta_net");
    EXPECT_EQ(info.hidden_size, 64);
    EXPECT_EQ(info.vocab_size, 96);
    EXPECT_EQ(info.dtype, "bfloat16");
    EXPECT_EQ(info.hash.size(), 64u);
    EXPECT_EQ(info.state_bytes, 2 * 4 * 16 * 16 * 4);
    ASSERT_EQ(info.layers.size(), 4u);
    EXPECT_EQ(name_of(info.layers[0].mixer), "delta_rule");
    EXPECT_TRUE(info.layers[0].prunable);
    EXPECT_EQ(info.layers[0].kv_bytes_per_token, 0);
    EXPECT_EQ(name_of(info.layers[1].mixer), "attention");
    EXPECT_EQ(info.layers[1].key_heads, 4);
    EXPECT_EQ(info.layers[1].value_heads, 2);
    EXPECT_EQ(info.layers[1].key_dim, 16);
    EXPECT_EQ(info.layers[1].value_dim, 16);
    EXPECT_EQ(info.layers[1].kv_bytes_per_token, 2 * 2 * 16 * 4);
    std::int64_t stored = 0;
    const auto raw = RawTensors::read(golden_model("delta_net-hybrid") / "model.safetensors");
    for (const auto& [name, entry] : raw.header.items()) {
        if (name == "__metadata__") continue;
        std::int64_t count = 1;
        for (const auto& extent : entry["shape"]) count *= extent.get<std::int64_t>();
        stored += count;
    }
    EXPECT_EQ(info.parameters, stored);
}

TEST_F(ModelFolders, SplitAFusedMlp) {
    const auto raw = RawTensors::read(golden_model("delta_net-legacy-fused-mlp") / "model.safetensors");
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-legacy-fused-mlp"));
    const std::string mlp = "model.layers.1.mlp.";
    EXPECT_EQ(text_of(folder.tensor(mlp + "gate_proj.weight")) + text_of(folder.tensor(mlp + "up_proj.weight")), raw.bytes_of(mlp + "gate_proj.weight"));
    EXPECT_EQ(folder.tensor(mlp + "up_proj.weight").shape, (std::vector<std::int64_t>{48, 64}));
}

TEST_F(ModelFolders, IgnoreTensorsWithoutEffectAndSaySo) {
    const ModelFolder folder = ModelFolder::open(golden_model("gated_deltanet-hybrid-legacy-bf16"));
    ASSERT_FALSE(folder.warnings().empty());
    EXPECT_THAT(folder.warnings()[0], testing::HasSubstr("attn.D"));
}

// A model of 24 layers would bury everything else under as many lines.
TEST_F(ModelFolders, SayOnceWhatIsIgnoredInEveryLayer) {
    const ModelFolder folder = ModelFolder::open(changed([](RawTensors& t) {
        for (const char* layer : {"0", "1"}) t.set("model.layers." + std::string(layer) + ".attn.D", "F32", {1}, std::string(4, '\0'));
    }));
    ASSERT_EQ(folder.warnings().size(), 1u);
    EXPECT_THAT(folder.warnings()[0], testing::AllOf(testing::HasSubstr("2 tensors"), testing::HasSubstr("model.layers.0.attn.D")));
}

TEST_F(ModelFolders, ShareATiedHead) {
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-tied"));
    EXPECT_EQ(folder.tensor("lm_head.weight").bytes.data(), folder.tensor("model.embeddings.weight").bytes.data());
    const auto names = folder.tensor_names();
    EXPECT_EQ(std::count(names.begin(), names.end(), "lm_head.weight"), 0);
    EXPECT_TRUE(folder.warnings().empty());
    // A stored head that is the same is no news, another one is.
    const auto store = [&](bool same) {
        return [same](RawTensors& t) {
            std::string bytes = t.bytes_of("model.embeddings.weight");
            if (!same) bytes[bytes.size() - 1] ^= 1;
            t.set("lm_head.weight", "F32", {96, 32}, bytes);
        };
    };
    const ModelFolder same = ModelFolder::open(changed(store(true), "delta_net-tied"));
    EXPECT_TRUE(same.warnings().empty());
    EXPECT_EQ(same.parameters(), folder.parameters());
    fs::remove_all(folder_ / "model");
    const ModelFolder other = ModelFolder::open(changed(store(false), "delta_net-tied"));
    ASSERT_EQ(other.warnings().size(), 1u);
    EXPECT_EQ(text_of(other.tensor("lm_head.weight")), text_of(folder.tensor("model.embeddings.weight")));
}

TEST_F(ModelFolders, NameWhatIsMissingExtraOrWrong) {
    refused(folder_ / "nothing", "no such model folder");
    fs::create_directory(folder_ / "empty");
    refused(folder_ / "empty", "config.json is missing");
    test::write_bytes(folder_ / "file", "x");
    refused(folder_ / "file", "expected a folder");
    refused(changed([](RawTensors& t) { t.remove(kQ); }), "missing tensor");
    refused(changed([](RawTensors& t) { t.remove("lm_head.weight"); }), "'lm_head.weight': expected shape [96, 48]");
    refused(changed([](RawTensors& t) { t.set("ex\ntra", "F32", {1}, "1234"); }), "'ex\\x0atra' [1]");
    refused(changed([](RawTensors& t) { t.set(kQ, "F32", {24, 96}, t.bytes_of(kQ)); }), "found [24, 96], expected [48, 48]");
    refused(changed([](RawTensors& t) { t.set(kQ, "F32", {0, 48}, ""); }), "found [0, 48], expected [48, 48]");
    refused(changed([](RawTensors& t) { t.set(kQ, "I8", {48, 48}, std::string(48 * 48, '\1')); }), "found I8", ErrorKind::Unsupported);
    refused(changed([](RawTensors& t) { t.set(kQ, "F64", {48, 48}, std::string(8 * 48 * 48, '\1')); }), "found F64", ErrorKind::Unsupported);
}

TEST_F(ModelFolders, RefuseFilesThatAreNoWeights) {
    fs::path path = copy("delta_net-small");
    fs::resize_file(path / "model.safetensors", fs::file_size(path / "model.safetensors") - 1);
    refused(path, "truncated");
    path = copy("delta_net-small");
    fs::remove(path / "model.safetensors");
    test::write_bytes(path / "pytorch_model.bin", "x");
    refused(path, "pytorch_model.bin", ErrorKind::Unsupported);
    path = copy("delta_net-small");
    fs::remove(path / "model.safetensors");
    refused(path, "no weights");
    path = copy("delta_net-small");
    test::write_bytes(path / "config.json", "{");
    refused(path, "not JSON");
    path = copy("delta_net-small");
    fs::remove(path / "config.json");
    fs::create_directory(path / "config.json");
    refused(path, "no regular file");
}

class ShardIndex : public ModelFolders {
protected:
    void refused_index(const std::function<void(json&)>& change, const std::string& part) {
        const fs::path path = copy("delta_net-sharded-bf16");
        test::change_json(path / "model.safetensors.index.json", change);
        refused(path, part);
    }
};

TEST_F(ShardIndex, MayNotLie) {
    refused_index([](json& index) { index = 7; }, "weight_map");
    refused_index([](json& index) { index.erase("weight_map"); }, "weight_map");
    refused_index([](json& index) { index["weight_map"] = json::array(); }, "weight_map");
    refused_index([](json& index) { index["weight_map"] = json::object(); }, "empty");
    refused_index([](json& index) { index["weight_map"]["ghost"] = "model-00001-of-00004.safetensors"; }, "tensor 'ghost' is not in");
    refused_index([](json& index) { index["weight_map"][kQ] = "model-00004-of-00004.safetensors"; }, kQ);
    refused_index([](json& index) { index["weight_map"][kQ] = "model-00009-of-00004.safetensors"; }, "missing shard");
    refused_index([](json& index) { index["weight_map"][kQ] = 7; }, "expected a file name");
    for (const char* elsewhere : {"../x.safetensors", "/etc/passwd", "a/b", "", "./model-00001-of-00004.safetensors"}) {
        refused_index([&](json& index) { index["weight_map"][kQ] = elsewhere; }, "expected a file name");
    }
    refused_index([](json& index) { index["weight_map"][kQ] = std::string("model-00001-of-00004.safetensors\0x", 34); }, "expected a file name");
    refused_index([](json& index) { index["weight_map"][kQ] = ".."; }, "no regular file");
    refused_index([](json& index) { index["weight_map"][kQ] = std::string(100000, 'n'); }, "missing shard");
    refused_index([](json& index) { index["weight_map"][kQ] = "a\x1b[2J"; }, "a\\x1b[2J");
}

TEST_F(ShardIndex, NeedsItsShardsWholeAndDistinct) {
    fs::path path = copy("delta_net-sharded-bf16");
    fs::remove(path / "model-00003-of-00004.safetensors");
    refused(path, "missing shard");
    path = copy("delta_net-sharded-bf16");
    fs::resize_file(path / "model-00003-of-00004.safetensors", 100);
    refused(path, "model-00003-of-00004");
    path = copy("delta_net-sharded-bf16");
    fs::copy_file(path / "model-00003-of-00004.safetensors", path / "again.safetensors");
    test::change_json(path / "model.safetensors.index.json", [](json& index) { index["weight_map"]["x"] = "again.safetensors"; });
    refused(path, "is also in");
}

// transformers loads the single file where both are there.
TEST_F(ShardIndex, YieldsToASingleFile) {
    const fs::path path = copy("delta_net-small");
    test::write_bytes(path / "model.safetensors.index.json", R"({"weight_map":{"x":"gone.safetensors"}})");
    EXPECT_EQ(ModelFolder::open(path).shard_of(kQ), "model.safetensors");
}

TEST_F(ShardIndex, KeepsTheShardOfEveryTensor) {
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-sharded-bf16"));
    const auto index = json::parse(test::read_bytes(golden_model("delta_net-sharded-bf16") / "model.safetensors.index.json"));
    EXPECT_EQ(folder.tensor_names().size(), index["weight_map"].size());
    for (const std::string& name : folder.tensor_names()) EXPECT_EQ(folder.shard_of(name), index["weight_map"][name]) << name;
}

class PaddedExports : public ModelFolders {
protected:
    fs::path padded(const std::function<void(RawTensors&, json&)>& change) {
        fs::remove_all(folder_ / "model");
        const fs::path path = copy("delta_net-small/pruned-padded");
        auto tensors = RawTensors::read(path / "model.safetensors");
        test::change_json(path / "config.json", [&](json& config) { change(tensors, config); });
        tensors.write(path / "model.safetensors");
        return path;
    }
};

TEST_F(PaddedExports, AreCutBackToTheirTrueWidths) {
    const ModelFolder folder = ModelFolder::open(golden_model("delta_net-small/pruned-padded"));
    EXPECT_TRUE(folder.warnings().empty());
    const std::vector<std::int64_t> widths{5, 12, 8};
    const auto raw = RawTensors::read(golden_model("delta_net-small/pruned-padded") / "model.safetensors");
    for (std::size_t l = 0; l < 3; ++l) {
        const LayerConfig& layer = folder.config().layers[l];
        EXPECT_EQ(layer.key_dim, widths[l]);
        EXPECT_EQ(layer.written_key_dim, 12);
        EXPECT_DOUBLE_EQ(layer.scale, 1 / std::sqrt(12.0));
        EXPECT_EQ(layer.state_bytes(), 3 * widths[l] * 16 * 4);
        for (const char* name : {"q_proj", "k_proj", "q_conv1d", "k_conv1d"}) {
            const std::string full = fmt::format("model.layers.{}.attn.{}.weight", l, name);
            const TensorView& view = folder.tensor(full);
            EXPECT_EQ(view.shape[0], 3 * widths[l]);
            const std::string bytes = raw.bytes_of(full);
            const std::size_t row = bytes.size() / 36;
            std::string expected;
            for (std::size_t h = 0; h < 3; ++h) expected += bytes.substr(h * 12 * row, static_cast<std::size_t>(widths[l]) * row);
            EXPECT_EQ(text_of(view), expected) << full;
        }
    }
    EXPECT_EQ(folder.config().state_bytes(), 3 * (5 + 12 + 8) * 16 * 4);
    EXPECT_EQ(folder.config().widest_key_dim(), 12);
}

TEST_F(PaddedExports, StayWideWhereAPaddingRowIsNotZero) {
    const ModelFolder folder = ModelFolder::open(padded([](RawTensors& t, json&) {
        const std::string name = "model.layers.0.attn.k_proj.weight";
        std::string bytes = t.bytes_of(name);
        bytes[bytes.size() - 1] = '\x3f';  // last row of the last head
        t.set(name, "F32", {36, 48}, bytes);
    }));
    ASSERT_EQ(folder.warnings().size(), 1u);
    EXPECT_THAT(folder.warnings()[0], testing::HasSubstr("layer 0"));
    EXPECT_EQ(folder.config().layers[0].key_dim, 12);
    EXPECT_EQ(folder.config().layers[2].key_dim, 8);
}

TEST_F(PaddedExports, TakeMinusZeroAndAnyConvolutionOfZero) {
    const ModelFolder folder = ModelFolder::open(padded([](RawTensors& t, json&) {
        std::string bytes = t.bytes_of("model.layers.0.attn.k_proj.weight");
        bytes[bytes.size() - 1] = '\x80';
        t.set("model.layers.0.attn.k_proj.weight", "F32", {36, 48}, bytes);
        bytes = t.bytes_of("model.layers.0.attn.k_conv1d.weight");
        bytes[bytes.size() - 1] = '\x3f';
        t.set("model.layers.0.attn.k_conv1d.weight", "F32", {36, 1, 4}, bytes);
    }));
    EXPECT_TRUE(folder.warnings().empty());
    EXPECT_EQ(folder.config().layers[0].key_dim, 5);
}

// elu(0) + 1 = 1: cutting the row away would make another model.
TEST_F(PaddedExports, StayWideWhereZeroIsNotNeutral) {
    const ModelFolder folder = ModelFolder::open(padded([](RawTensors&, json& config) { config["qk_activation"] = "elu"; }));
    EXPECT_FALSE(folder.warnings().empty());
    EXPECT_EQ(folder.config().layers[0].key_dim, 12);
}

TEST_F(PaddedExports, NeedOneGoodWidthPerLayer) {
    for (const json& widths : {json(7), json::array({5, 12}), json::array({5, 12, nullptr}), json::array({5, 12, 0}), json::array({5, 12, 13}),
                               json::array({5, 12, -1}), json::array({5, 12, 8.5}), json::array({5, 12, "8"}), json::array({5, 12, 18446744073709551615ull}),
                               json::object()}) {
        const fs::path path = padded([&](RawTensors&, json& config) { config["pruned_key_dims"] = widths; });
        expect_error(ErrorKind::Input, "pruned_key_dims", [&] { (void)ModelFolder::open(path); });
    }
    EXPECT_EQ(ModelFolder::open(padded([](RawTensors&, json& config) { config["pruned_key_dims"] = nullptr; })).config().layers[0].key_dim, 12);
}

// From the definition: the config as compact JSON with sorted keys, then every stored tensor by name.
std::string hash_by_definition(json config, const RawTensors& tensors) {
    config.erase("_name_or_path");
    config.erase("transformers_version");
    std::string text = config.dump() + "\n";
    for (const auto& [name, entry] : tensors.header.items()) {
        if (name == "__metadata__") continue;
        std::string shape;
        for (const auto& extent : entry["shape"]) shape += (shape.empty() ? "" : ",") + extent.dump();
        const std::string bytes = tensors.bytes_of(name);
        text += name + " " + entry["dtype"].get<std::string>() + " [" + shape + "] " + xxh3_128_hex(std::as_bytes(std::span(bytes))) + "\n";
    }
    return sha256_hex(text);
}

using ModelHash = ModelFolders;

TEST_F(ModelHash, IsThatOfItsDefinition) {
    for (const char* name : {"delta_net-small", "delta_net-legacy-fused-mlp", "delta_net-tied", "delta_net-small/pruned-padded"}) {
        const fs::path path = golden_model(name);
        EXPECT_EQ(ModelFolder::open(path).hash(), hash_by_definition(json::parse(test::read_bytes(path / "config.json")), RawTensors::read(path / "model.safetensors")))
            << name;
    }
}

TEST_F(ModelHash, DoesNotDependOnShardsFilesOrFormatting) {
    const fs::path path = copy("delta_net-small");
    const std::string hash = ModelFolder::open(path).hash();
    test::write_bytes(path / "tokenizer.json", "{}");
    test::write_bytes(path / "rankscope.json", "{}");
    test::write_bytes(path / "README.md", "x");
    test::change_json(path / "config.json", [](json& config) {
        config["_name_or_path"] = "somewhere";
        config["transformers_version"] = "99";
        config = json::parse(config.dump(7));
    });
    EXPECT_EQ(ModelFolder::open(path).hash(), hash);
    // The same tensors in two shards.
    const auto all = RawTensors::read(path / "model.safetensors");
    RawTensors first;
    RawTensors second;
    json map;
    int i = 0;
    for (const auto& [name, entry] : all.header.items()) {
        if (name == "__metadata__") continue;
        auto& shard = ++i % 2 == 0 ? first : second;
        shard.set(name, entry["dtype"], entry["shape"], all.bytes_of(name));
        map[name] = i % 2 == 0 ? "one.safetensors" : "two.safetensors";
    }
    fs::remove(path / "model.safetensors");
    first.write(path / "one.safetensors");
    second.write(path / "two.safetensors");
    test::write_bytes(path / "model.safetensors.index.json", json{{"weight_map", map}}.dump());
    EXPECT_EQ(ModelFolder::open(path).hash(), hash);
}

TEST_F(ModelHash, SeesEveryChange) {
    const std::string hash = ModelFolder::open(golden_model("delta_net-small")).hash();
    const fs::path path = changed([](RawTensors& t) {
        std::string bytes = t.bytes_of(kQ);
        bytes[0] ^= 1;
        t.set(kQ, "F32", {48, 48}, bytes);
    });
    EXPECT_NE(ModelFolder::open(path).hash(), hash);
    fs::remove_all(path);
    copy("delta_net-small");
    test::change_json(path / "config.json", [](json& config) { config["unknown"] = 1; });
    EXPECT_NE(ModelFolder::open(path).hash(), hash);
}

TEST_F(ModelHash, SurvivesADamagedCache) {
    const fs::path path = copy("delta_net-small");
    const std::string hash = ModelFolder::open(path).hash();
    int entries = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "cache")) {
        if (!entry.is_regular_file()) continue;
        EXPECT_EQ(test::read_bytes(entry.path()), hash);
        test::write_bytes(entry.path(), "nonsense");
        ++entries;
    }
    EXPECT_EQ(entries, 1);
    EXPECT_EQ(ModelFolder::open(path).hash(), hash);
    ::setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
    EXPECT_EQ(ModelFolder::open(path).hash(), hash);
}

TEST_F(ModelFolders, FindValuesThatAreNotFinite) {
    const ModelFolder folder = ModelFolder::open(changed([](RawTensors& t) {
        std::string bytes = t.bytes_of(kQ);
        const float values[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
        std::memcpy(bytes.data() + 400, values, sizeof values);
        t.set(kQ, "F32", {48, 48}, bytes);
    }));
    ASSERT_EQ(folder.find_non_finite().size(), 1u);
    EXPECT_THAT(folder.find_non_finite()[0], testing::AllOf(testing::HasSubstr(kQ), testing::HasSubstr("1 NaN"), testing::HasSubstr("2 infinite")));
}

std::int64_t peak_kibibytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6));
    }
    return -1;
}

// More than two gigabytes of embeddings that take no room on disk: opening must not touch them. In a process of its own, since the
// peak of this one is what other tests made it.
TEST_F(ModelFolders, AreMappedAndNotRead) {
    const fs::path path = copy("delta_net-small");
    static constexpr std::int64_t kRows = std::int64_t{12} << 20;
    auto t = RawTensors::read(path / "model.safetensors");
    const std::string head = t.bytes_of("lm_head.weight");
    t.remove("model.embeddings.weight");
    t.remove("lm_head.weight");
    test::change_json(path / "config.json", [](json& config) {
        config["vocab_size"] = kRows;
        config["tie_word_embeddings"] = true;
    });
    const std::uint64_t big = std::uint64_t{kRows} * 48 * 4;
    t.header["model.embeddings.weight"] = {{"dtype", "F32"}, {"shape", {kRows, 48}}, {"data_offsets", {t.data.size(), t.data.size() + big}}};
    t.write(path / "model.safetensors");
    fs::resize_file(path / "model.safetensors", fs::file_size(path / "model.safetensors") + big);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int result = 1;
        try {
            const std::int64_t before = peak_kibibytes();
            const ModelFolder folder = ModelFolder::open(path);
            const bool right = folder.parameters() > kRows * 48 && before > 0;
            result = right && peak_kibibytes() - before < 64 * 1024 ? 0 : 2;
        } catch (...) {
            result = 3;
        }
        ::_exit(result);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace rankscope
