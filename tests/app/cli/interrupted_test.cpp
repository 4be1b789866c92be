// SPDX-License-Identifier: Apache-2.0
// What is left behind when a disk fills up or somebody loses patience.
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/app/cli/cli_test.hpp"
#include "tests/app/cli/weights_editor.hpp"

namespace rankscope::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Interrupted : public CliTest {
protected:
    // A DeltaNet of about 300 MB that takes no space: its weights are a hole in the file, zeros when read.
    std::string large_model() {
        Json config = Json::parse(read_file(golden_model("delta_net-plain") + "/config.json"));
        const std::int64_t width = 1024, layers = 12, heads = 8, vocab = 512;
        config["hidden_size"] = width;
        config["num_heads"] = heads;
        config["num_hidden_layers"] = layers;
        write("large/config.json", config.dump());
        WeightsEditor weights = WeightsEditor::open(golden_model("delta_net-plain") + "/model.safetensors");
        Json header = Json::object();
        std::int64_t offset = 0;
        const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
            std::int64_t bytes = 2;
            for (const std::int64_t extent : shape) bytes *= extent;
            header[name] = {{"dtype", "BF16"}, {"shape", shape}, {"data_offsets", {offset, offset + bytes}}};
            offset += bytes;
        };
        // Shapes scale from the small model's: 64 -> width, head size 16 -> width / heads, the MLP and the vocabulary stay themselves.
        for (const auto& [name, entry] : weights.header.items()) {
            if (name == "__metadata__" || (name.starts_with("model.layers.") && !name.starts_with("model.layers.0."))) continue;
            std::vector<std::int64_t> shape = entry["shape"];
            for (std::int64_t& extent : shape) extent = scaled(extent, width, heads, vocab);
            if (!name.starts_with("model.layers.0.")) {
                add(name, shape);
                continue;
            }
            for (std::int64_t l = 0; l < layers; ++l) {
                const std::string layer = "model.layers." + std::to_string(l) + name.substr(std::string("model.layers.0").size());
                std::vector<std::int64_t> own = shape;
                if (name.find("b_proj") != std::string::npos) own[0] = heads;
                add(layer, own);
            }
        }
        const std::string text = header.dump();
        const std::string file = write("large/model.safetensors", safetensors_bytes(text.size(), text));
        fs::resize_file(file, 8 + text.size() + static_cast<std::uint64_t>(offset));
        return path("large");
    }

    static std::int64_t scaled(std::int64_t extent, std::int64_t width, std::int64_t heads, std::int64_t vocab) {
        if (extent == 64) return width;
        if (extent == 16) return width / heads;
        if (extent == 512 || extent == vocab || extent <= 4) return extent;
        // hidden_ratio 4: 2/3 * 4 * width, up to the next multiple of 256
        return (width * 4 * 2 / 3 + 255) / 256 * 256;
    }
};

TEST_F(Interrupted, ExportLeavesNothingBehind) {
    const std::string model = large_model();
    run_well({"info", model});
    run_well({"plan", model, "--method", "random", "--ratio", "0.5", "-o", path("plan.json")});
    for (const int signal : {SIGTERM, SIGINT}) {
        ProgramOptions options;
        options.signal = signal;
        options.signal_when = [this] {
            std::error_code ignored;
            return fs::exists(path("out.part/model.safetensors.part"), ignored) || fs::exists(path("out.part/model.safetensors"), ignored);
        };
        const ProgramResult result = run_program({"export", model, "--plan", path("plan.json"), "-o", path("out")}, options);
        EXPECT_EQ(result.code, 130) << result.err;
        EXPECT_FALSE(result.crashed);
        EXPECT_THAT(result.err, HasSubstr("rankscope-cli: cancelled"));
        EXPECT_EQ(listing(), (std::vector<std::string>{"large", "plan.json"}));
    }
}

// Needs a file system of its own, and so the rights to mount one.
class FullDisk : public CliTest {
protected:
    void SetUp() override {
        fs::create_directory(folder_ / "small");
        mounted_ = ::geteuid() == 0 && ::mount("tmpfs", path("small").c_str(), "tmpfs", 0, "size=64k") == 0;
        if (!mounted_) GTEST_SKIP() << "a full disk needs the right to mount a small tmpfs";
    }

    void TearDown() override {
        if (mounted_) ::umount2(path("small").c_str(), MNT_DETACH);
    }

    void refused(const std::vector<std::string>& arguments, const std::string& message = "No space left") {
        expect_refused(arguments, 5, {message});
        EXPECT_TRUE(fs::is_empty(folder_ / "small")) << arguments.front();
    }

    const std::string model_ = golden_model("delta_net-plain");
    bool mounted_ = false;
};

TEST_F(FullDisk, IsSaidAndNothingIsLeft) {
    run_well({"plan", model_, "--method", "l1", "--ratio", "0.5", "-o", path("plan.json")});
    refused({"export", model_, "--plan", path("plan.json"), "-o", path("small/exported")}, "disk too full");
    refused({"corpus", "story", "--stories", "200", "-o", path("small/world")});
    Json ids = Json::array();
    ids.push_back(std::vector<int>(300, 7));
    refused({"forward", model_, "--ids", write("ids.json", ids.dump()), "-o", path("small/logits.safetensors")});
}

}  // namespace
}  // namespace rankscope::test
