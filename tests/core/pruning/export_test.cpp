// SPDX-License-Identifier: Apache-2.0
// Exported folders against those that the reference implementation wrote and loaded, and everything that goes wrong.
#include "core/pruning/export.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>

#include "core/pruning/export_config.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/model_files.hpp"
#include "tests/support/small_disk.hpp"

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::expect_error;
using test::golden_model;
using test::RawTensors;
using test::read_bytes;

// The goldens' own format: keep[layer][head] = channels.
Plan golden_plan(const fs::path& pruned, const ModelConfig& model) {
    const auto stored = json::parse(read_bytes(pruned / "plan.json"));
    Plan plan;
    for (const auto& [layer, heads] : stored["keep"].items()) {
        const std::int64_t index = std::stoll(layer);
        plan.layers.push_back({index, "l1", 0, model.layers[static_cast<std::size_t>(index)].key_dim, heads.get<std::vector<std::vector<std::int32_t>>>()});
    }
    return plan;
}

// The first `width` channels of every head, one width per layer.
Plan first_channels(const ModelConfig& model, const std::vector<std::int64_t>& widths) {
    Plan plan;
    for (std::size_t l = 0; l < widths.size(); ++l) {
        const LayerConfig& layer = model.layers[l];
        if (!layer.prunable() || widths[l] == layer.key_dim) continue;
        std::vector<std::int32_t> keep(static_cast<std::size_t>(widths[l]));
        std::iota(keep.begin(), keep.end(), 0);
        plan.layers.push_back({static_cast<std::int64_t>(l), "l1", 0, layer.key_dim, std::vector(static_cast<std::size_t>(layer.key_heads), keep)});
    }
    return plan;
}

class Exports : public testing::Test {
protected:
    Exports() { ::setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1); }

    ExportResult run(const ModelFolder& source, const Plan& plan, ExportLayout layout = ExportLayout::Auto, const std::string& name = "out", bool force = false) {
        return export_model(source, plan, folder_ / name, layout, force, {});
    }

    void refused(const std::string& model, const Plan& plan, ExportLayout layout, ErrorKind kind, const std::string& part) {
        const ModelFolder source = ModelFolder::open(golden_model(model));
        expect_error(kind, part, [&] { (void)run(source, plan, layout); });
        EXPECT_FALSE(fs::exists(folder_ / "out"));
        EXPECT_FALSE(fs::exists(folder_ / "out.part"));
    }

    test::ScratchFolder folder_;
};

class GoldenExports : public Exports, public testing::WithParamInterface<const char*> {};

TEST_P(GoldenExports, AreThoseOfTheReferenceByteForByte) {
    const ModelFolder source = ModelFolder::open(golden_model(GetParam()));
    for (const bool padded : {false, true}) {
        SCOPED_TRACE(padded);
        const fs::path golden = golden_model(GetParam()) / (padded ? "pruned-padded" : "pruned-uniform");
        const ExportResult result = run(source, golden_plan(golden, source.config()), ExportLayout::Auto, padded ? "padded" : "uniform");
        EXPECT_EQ(result.layout, padded ? ExportLayout::Padded : ExportLayout::Uniform);
        const auto expected = RawTensors::read(golden / "model.safetensors");
        const auto found = RawTensors::read(result.path / "model.safetensors");
        EXPECT_EQ(found.header.size(), expected.header.size());
        EXPECT_EQ(found.header["__metadata__"]["format"], "pt");
        for (const auto& [name, entry] : expected.header.items()) {
            if (name == "__metadata__") continue;
            ASSERT_TRUE(found.header.contains(name)) << name;
            EXPECT_EQ(found.header[name]["shape"], entry["shape"]) << name;
            EXPECT_EQ(found.header[name]["dtype"], entry["dtype"]) << name;
            EXPECT_EQ(found.bytes_of(name), expected.bytes_of(name)) << name;
        }
        EXPECT_EQ(json::parse(read_bytes(result.path / "config.json")), json::parse(read_bytes(golden / "config.json")));
        const ModelFolder ours = ModelFolder::open(result.path);
        EXPECT_EQ(ours.hash(), ModelFolder::open(golden).hash());
        EXPECT_EQ(result.parameters, ours.parameters());
        std::int64_t bytes = 0;
        for (const auto& entry : fs::directory_iterator(result.path)) bytes += static_cast<std::int64_t>(entry.file_size());
        EXPECT_EQ(result.bytes, bytes);
    }
}

INSTANTIATE_TEST_SUITE_P(All, GoldenExports, testing::Values("delta_net-small", "gated_deltanet-plain", "gated_deltanet-gva"));

TEST_F(Exports, KeepWhatBelongsToTheModel) {
    const ModelFolder source = ModelFolder::open(golden_model("delta_net-plain"));
    const ExportResult result = run(source, first_channels(source.config(), {8, 8}));
    EXPECT_EQ(test::names_in(result.path),
              (std::set<std::string>{"config.json", "generation_config.json", "model.safetensors", "rankscope.json", "special_tokens_map.json", "tokenizer.json",
                                     "tokenizer.model", "tokenizer_config.json"}));
    EXPECT_EQ(read_bytes(result.path / "tokenizer.json"), read_bytes(golden_model("delta_net-plain") / "tokenizer.json"));
    const auto provenance = json::parse(read_bytes(result.path / "rankscope.json"));
    EXPECT_EQ(provenance["plan"]["format"], "rankscope-plan");
    EXPECT_EQ(provenance["plan"]["layers"].size(), 2u);
    EXPECT_EQ(provenance["provenance"]["source"]["hash"], source.hash());
    EXPECT_EQ(provenance["provenance"]["layout"], "uniform");
}

TEST_F(Exports, KeepTheSharding) {
    const ModelFolder source = ModelFolder::open(golden_model("delta_net-sharded-bf16"));
    const ExportResult result = run(source, first_channels(source.config(), {8, 32, 16}));
    const ModelFolder written = ModelFolder::open(result.path);
    for (const std::string& name : source.tensor_names()) EXPECT_EQ(written.shard_of(name), source.shard_of(name)) << name;
    const auto index = json::parse(read_bytes(result.path / "model.safetensors.index.json"));
    std::int64_t total = 0;
    for (const auto& entry : fs::directory_iterator(result.path)) {
        if (entry.path().extension() == ".safetensors") total += std::ssize(RawTensors::read(entry.path()).data);
    }
    EXPECT_EQ(index["metadata"]["total_size"], total);
    EXPECT_EQ(written.dtype(), DType::BF16);
}

TEST_F(Exports, OfPaddedExportsCutAndPadAgain) {
    const ModelFolder source = ModelFolder::open(golden_model("delta_net-small/pruned-padded"));
    ASSERT_EQ(source.config().layers[1].key_dim, 12);
    const ExportResult result = run(source, first_channels(source.config(), {5, 7, 4}));
    EXPECT_EQ(result.layout, ExportLayout::Padded);
    const ModelFolder again = ModelFolder::open(result.path);
    EXPECT_EQ(kept_widths({}, again.config()), (std::vector<std::int64_t>{5, 7, 4}));
    EXPECT_EQ(again.config().layers[0].written_key_dim, 7);
    EXPECT_DOUBLE_EQ(again.config().layers[0].scale, 1 / std::sqrt(7.0));
    const auto& narrow = again.tensor("model.layers.0.attn.q_proj.weight").bytes;
    const auto& before = source.tensor("model.layers.0.attn.q_proj.weight").bytes;
    EXPECT_TRUE(std::equal(narrow.begin(), narrow.end(), before.begin(), before.end()));
    const ExportResult uniform = run(again, first_channels(again.config(), {4, 4, 4}), ExportLayout::Uniform, "uniform");
    EXPECT_FALSE(json::parse(read_bytes(uniform.path / "config.json")).contains("pruned_key_dims"));
    EXPECT_TRUE(json::parse(read_bytes(result.path / "rankscope.json"))["provenance"].is_object());
    EXPECT_TRUE(json::parse(read_bytes(uniform.path / "rankscope.json"))["earlier"].is_object());
}

TEST_F(Exports, TranslateLegacyFoldersAndKeepUnknownKeys) {
    test::copy_model(golden_model("gated_deltanet-hybrid-legacy-bf16"), folder_ / "model");
    std::string config = read_bytes(folder_ / "model/config.json");
    config.replace(config.find('{'), 1, "{\"limits\": [0.0, Infinity, -Infinity, NaN], \"word\": \"NaN\", \"tiny\": 1e-06, ");
    test::write_bytes(folder_ / "model/config.json", config);
    const ModelFolder source = ModelFolder::open(folder_ / "model");
    const ExportResult result = run(source, first_channels(source.config(), {7, 20, 16}));
    const ModelFolder written = ModelFolder::open(result.path);
    EXPECT_TRUE(written.warnings().empty());
    EXPECT_EQ(kept_widths({}, written.config()), (std::vector<std::int64_t>{7, 20, 16}));
    const std::string text = read_bytes(result.path / "config.json");
    for (const char* part : {"Infinity", "-Infinity", "NaN", "\"word\": \"NaN\"", "1e-06", "\"expand_k\": 0.75"}) EXPECT_THAT(text, testing::HasSubstr(part));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("\"Infinity\"")));
    EXPECT_THAT(text, testing::HasSubstr("null"));
}

TEST_F(Exports, RefuseWhatLoadersWouldComputeDifferently) {
    const ModelConfig model = ModelFolder::open(golden_model("delta_net-small")).config();
    Plan mixed = first_channels(model, {8, 4, 16});
    Plan uniform = first_channels(model, {8, 8, 8});
    refused("delta_net-small", mixed, ExportLayout::Uniform, ErrorKind::Unsupported, "layout uniform");
    mixed.scale = ScaleRule::Kept;
    refused("delta_net-small", mixed, ExportLayout::Auto, ErrorKind::Unsupported, "kept");
    for (Plan* plan : {&mixed, &uniform}) {
        plan->scale = ScaleRule::Original;
        refused("delta_net-small", *plan, ExportLayout::Auto, ErrorKind::Unsupported, "scale");
    }
    const ModelConfig elu = ModelFolder::open(golden_model("delta_net-sum-elu")).config();
    refused("delta_net-sum-elu", first_channels(elu, {8, 4}), ExportLayout::Auto, ErrorKind::Unsupported, "elu");
    Plan foreign = first_channels(model, {8, 8, 8});
    foreign.model_hash = "0123";
    refused("delta_net-small", foreign, ExportLayout::Auto, ErrorKind::Input, "0123");
    const ModelFolder source = ModelFolder::open(golden_model("delta_net-small"));
    uniform.scale = ScaleRule::Kept;
    EXPECT_EQ(run(source, uniform).layout, ExportLayout::Uniform);
    EXPECT_EQ(run(ModelFolder::open(golden_model("delta_net-sum-elu")), first_channels(elu, {8, 8}), ExportLayout::Auto, "elu").layout, ExportLayout::Uniform);
}

TEST_F(Exports, OverwriteNothingUnasked) {
    test::copy_model(golden_model("delta_net-small"), folder_ / "model");
    const ModelFolder source = ModelFolder::open(folder_ / "model");
    const Plan plan = first_channels(source.config(), {8, 8, 8});
    (void)run(source, plan);
    expect_error(ErrorKind::Usage, "output exists", [&] { (void)run(source, plan); });
    EXPECT_NO_THROW((void)run(source, first_channels(source.config(), {4, 4, 4}), ExportLayout::Auto, "out", true));
    EXPECT_EQ(ModelFolder::open(folder_ / "out").config().layers[0].key_dim, 4);
    fs::create_directory(folder_ / "mine");
    test::write_bytes(folder_ / "mine/diary", "x");
    expect_error(ErrorKind::Usage, "no model folder", [&] { (void)run(source, plan, ExportLayout::Auto, "mine", true); });
    expect_error(ErrorKind::Usage, "being exported", [&] { (void)run(source, plan, ExportLayout::Auto, "model", true); });
    expect_error(ErrorKind::Usage, "being exported", [&] { (void)run(source, plan, ExportLayout::Auto, "model/../model/", true); });
    expect_error(ErrorKind::Usage, "cannot write", [&] { (void)run(source, plan, ExportLayout::Auto, "missing/out"); });
    EXPECT_EQ(test::names_in(folder_.path()), (std::set<std::string>{"cache", "mine", "model", "out"}));
}

TEST_F(Exports, LeaveNothingWhenCancelled) {
    const ModelFolder source = ModelFolder::open(golden_model("delta_net-small"));
    const Plan plan = first_channels(source.config(), {8, 8, 8});
    int updates = 0;
    (void)export_model(source, plan, folder_ / "whole", ExportLayout::Auto, false, {{}, [&](const ProgressUpdate&) { ++updates; }, {}});
    ASSERT_GT(updates, 3);
    for (const int when : {0, updates / 2, updates}) {
        std::stop_source stop;
        int seen = 0;
        if (when == 0) stop.request_stop();
        const Progress progress{stop.get_token(), [&](const ProgressUpdate&) { if (++seen == when) stop.request_stop(); }, {}};
        EXPECT_THROW((void)export_model(source, plan, folder_ / "out", ExportLayout::Auto, false, progress), Cancelled) << when;
        EXPECT_EQ(test::names_in(folder_.path()), (std::set<std::string>{"cache", "whole"}));
    }
}

// The weights that do not fit are known before the first byte; what is written beside them is not.
TEST_F(Exports, LeaveNothingOnAFullDisk) {
    const ModelFolder source = ModelFolder::open(golden_model("delta_net-small"));
    const Plan plan = first_channels(source.config(), {8, 8, 8});
    (void)export_model(source, plan, folder_ / "whole", ExportLayout::Auto, false, {});
    const auto weights = fs::file_size(folder_ / "whole/model.safetensors");
    for (const auto& [kibibytes, message] : {std::pair<std::size_t, const char*>{64, "disk too full"}, {weights / 1024 + 5, "No space left"}}) {
        const test::SmallDisk disk(kibibytes);
        if (!disk.mounted()) GTEST_SKIP() << disk.why_not();
        expect_error(ErrorKind::Resource, message, [&] { (void)export_model(source, plan, disk.path() / "out", ExportLayout::Auto, false, {}); });
        EXPECT_TRUE(test::names_in(disk.path()).empty());
    }
}

// Loaders truncate: int(hidden_size * expand_k) and int(head_dim * expand_v). What is written survives that and rounding.
TEST(ExportedNumbers, GiveTheWidthTheyStandFor) {
    int traps = 0;
    for (const std::int64_t D : {192, 768, 1000, 1536, 2304, 2400, 2560, 3072, 3840, 5120}) {
        for (std::int64_t keys = 1; keys <= D; ++keys) {
            const auto width = static_cast<double>(D);
            const double factor = std::stod(json(exact_expand_k(D, keys)).dump());
            ASSERT_EQ(static_cast<std::int64_t>(width * factor), keys) << D;
            ASSERT_EQ(std::llround(width * factor), keys) << D;
            traps += static_cast<std::int64_t>(width * (static_cast<double>(keys) / width)) != keys ? 1 : 0;
        }
    }
    for (std::int64_t K = 1; K <= 256; ++K) {
        for (const std::int64_t V : {16, 64, 128, 192, 256, 400, 512}) {
            for (const std::int64_t heads : {1, 3, 6, 16, 32}) {
                const double factor = std::stod(json(exact_expand_v(K, V, heads)).dump());
                ASSERT_EQ(static_cast<std::int64_t>(static_cast<double>(K) * factor), V) << K;
                ASSERT_EQ(static_cast<std::int64_t>(static_cast<double>(heads * K) * factor), heads * V) << K;
                traps += static_cast<std::int64_t>(static_cast<double>(K) * (static_cast<double>(V) / static_cast<double>(K))) != V ? 1 : 0;
            }
        }
    }
    EXPECT_GT(traps, 50) << "the cases tried hold no trap";
}

}  // namespace
}  // namespace rankscope
