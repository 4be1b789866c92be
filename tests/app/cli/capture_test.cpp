// SPDX-License-Identifier: Apache-2.0
#include "core/capture/capture_reader.hpp"
#include "core/capture/capture_writer.hpp"
#include "tests/app/cli/capture_cli.hpp"

#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

namespace rankscope {
namespace {

namespace fs = std::filesystem;
using capture_cli::Answer;
using capture_cli::kModels;
using capture_cli::kProgram;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class CaptureCommandTest : public capture_cli::CaptureCli {
protected:
    [[nodiscard]] static std::vector<std::int64_t> golden_positions(const SafetensorsFile& golden) {
        const TensorView& view = golden.tensors().at("positions");
        std::vector<std::int64_t> positions(static_cast<std::size_t>(view.shape[0]));
        std::memcpy(positions.data(), view.bytes.data(), view.bytes.size());
        return positions;
    }

    static void expect_near(const std::vector<float>& actual, std::span<const float> expected, const std::string& what) {
        ASSERT_EQ(actual.size(), expected.size()) << what;
        float largest = 0, worst = 0;
        for (const float x : expected) largest = std::max(largest, std::abs(x));
        for (std::size_t i = 0; i < actual.size(); ++i) worst = std::max(worst, std::abs(actual[i] - expected[i]));
        EXPECT_LE(worst, 1e-4F * largest) << what;
    }
};

TEST_F(CaptureCommandTest, StatesAndInputsAreThoseOfTheReference) {
    for (const std::string model : {"gated_deltanet-gva", "delta_net-small", "delta_net-hybrid", "delta_net-relu-nobeta"}) {
        const SafetensorsFile golden(kModels / model / "golden.safetensors");
        const auto positions = golden_positions(golden);
        const Answer answer = run(fmt::format("capture {} --ids {} -o {} --at {} --what states,spectra,inputs --json --force", (kModels / model).string(),
                                              ids_of(model).string(), output_.string(), fmt::join(positions, ",")));
        ASSERT_EQ(answer.code, 0) << model << answer.errors;
        const json said = json::parse(answer.out);
        EXPECT_EQ(said["positions"], positions);
        EXPECT_EQ(said["windows"], 1);
        EXPECT_EQ(said["bytes"], fs::file_size(output_));
        const CaptureReader reader(output_);
        for (std::size_t l = 0; l < reader.layout().layers.size(); ++l) {
            const CaptureLayer& layer = reader.layout().layers[l];
            const std::vector<float> states = golden.tensors().at(fmt::format("states.{}", layer.index)).to_float();
            const auto size = static_cast<std::size_t>(layer.key_dim * layer.value_dim);
            for (std::size_t p = 0; p < positions.size(); ++p) {
                for (std::size_t h = 0; h < layer.heads.size(); ++h) {
                    expect_near(reader.state(l, 0, p, h), std::span(states).subspan((p * layer.heads.size() + h) * size, size),
                                fmt::format("{}: layer {} head {}", model, layer.index, h));
                }
            }
            for (const std::string name : {"q", "k", "v", "beta", "g"}) {
                const auto found = golden.tensors().find(fmt::format("{}.{}", name, layer.index));
                if (found != golden.tensors().end()) expect_near(reader.input(name, l, 0), found->second.to_float(), model + ": " + name);
            }
        }
    }
}

TEST_F(CaptureCommandTest, ChosenLayersAndHeadsOnly) {
    const std::string model = "gated_deltanet-gva", place = (kModels / model).string();
    ASSERT_EQ(run(fmt::format("capture {} --ids {} -o {} --every 50 --what states,spectra,inputs", place, ids_of(model).string(), output_.string())).code, 0);
    const fs::path part = folder_ / "part.h5";
    const Answer answer = run(fmt::format("capture {} --ids {} -o {} --every 50 --what states,spectra,inputs --layers -1 --heads 1,4", place,
                                          ids_of(model).string(), part.string()));
    ASSERT_EQ(answer.code, 0) << answer.errors;
    const CaptureReader all(output_), some(part);
    ASSERT_EQ(all.layout().positions, (std::vector<std::int64_t>{49, 99}));
    ASSERT_EQ(some.layout().state_positions, (std::vector<std::int64_t>{99}));
    ASSERT_EQ(some.layout().layers.size(), 1U);
    EXPECT_EQ(some.layout().layers[0].heads, (std::vector<std::int32_t>{1, 4}));
    EXPECT_EQ(some.layout().layers[0].captured_key_heads, (std::vector<std::int32_t>{0, 1}));
    const std::size_t last = all.layout().layers.size() - 1;
    // Not to the bit: layers below that hand out no states may run another implementation.
    expect_near(some.state(0, 0, 0, 0), all.state(last, 0, 0, 1), "head 1");
    expect_near(some.state(0, 0, 0, 1), all.state(last, 0, 0, 4), "head 4");
    expect_near(some.input("q", 0, 0), all.input("q", last, 0), "q");
}

// Every layer, head and token: the metrics of two norms against those of all singular values.
void expect_same_ranks(const CaptureReader& ranks, const CaptureReader& spectra) {
    ASSERT_TRUE(ranks.layout().ranks);
    ASSERT_FALSE(ranks.layout().spectra);
    ASSERT_EQ(ranks.layout().positions, spectra.layout().positions);
    ASSERT_EQ(ranks.layout().layers, spectra.layout().layers);
    ASSERT_EQ(ranks.metrics().size(), 4U);
    for (std::int64_t w = 0; w < ranks.layout().windows(); ++w) {
        for (std::size_t l = 0; l < ranks.layout().layers.size(); ++l) {
            for (const std::string& name : ranks.metrics()) {
                const auto found = ranks.metric(name, l, w), expected = spectra.metric(name, l, w);
                ASSERT_EQ(found.size(), expected.size());
                for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], 1e-4F * expected[i]) << name << " layer " << l << " at " << i;
            }
        }
    }
}

TEST_F(CaptureCommandTest, RanksAreThoseOfTheSpectraAtEveryToken) {
    const fs::path full = folder_ / "full.h5";
    for (const std::string model : {"gated_deltanet-gva", "delta_net-small", "delta_net-hybrid"}) {
        const std::string start = fmt::format("capture {} --ids {} --windows 2 --every 1 --force ", (kModels / model).string(), ids_of(model, 2).string());
        ASSERT_EQ(run(fmt::format("{} --what spectra -o {}", start, full.string())).code, 0) << model;
        const Answer answer = run(fmt::format("{} --what ranks -o {} --json", start, output_.string()));
        ASSERT_EQ(answer.code, 0) << model << answer.errors;
        EXPECT_EQ(json::parse(answer.out)["state_positions"], json::array());
        SCOPED_TRACE(model);
        expect_same_ranks(CaptureReader(output_), CaptureReader(full));
        EXPECT_LT(fs::file_size(output_), fs::file_size(full));
    }
}

TEST_F(CaptureCommandTest, RanksOfChosenHeadsUnderAPlanBesideStatesAndInputs) {
    const std::string model = "gated_deltanet-gva";
    std::ofstream(folder_ / "plan.json") << R"({"format":"rankscope-plan","version":1,"model":{"hash":"","family":"gated_deltanet"},"scale":"widest","layers":[
        {"index":0,"method":"random","ratio":0.75,"key_dim":16,"keep":[[1,5,7,15],[0,2,3,4]]}],"seed":0,"created_by":"test"})";
    const fs::path full = folder_ / "full.h5";
    const std::string start = fmt::format("capture {} --ids {} --every 7 --heads 0,1,4 --plan {} --states-at 6,97 ", (kModels / model).string(),
                                          ids_of(model).string(), (folder_ / "plan.json").string());
    ASSERT_EQ(run(fmt::format("{} --what states,spectra,inputs -o {}", start, full.string())).code, 0);
    ASSERT_EQ(run(fmt::format("{} --what states,ranks,inputs -o {}", start, output_.string())).code, 0);
    const CaptureReader ranks(output_), spectra(full);
    expect_same_ranks(ranks, spectra);
    for (std::size_t l = 0; l < ranks.layout().layers.size(); ++l) {
        expect_near(ranks.state(l, 0, 1, 2), spectra.state(l, 0, 1, 2), "state");
        EXPECT_EQ(ranks.input("k", l, 0), spectra.input("k", l, 0));
    }
    // Spectra hold the ranks too.
    ASSERT_EQ(run(fmt::format("{} --what spectra,ranks -o {} --force", start, output_.string())).code, 0);
    EXPECT_TRUE(CaptureReader(output_).layout().spectra);
    EXPECT_FALSE(CaptureReader(output_).layout().ranks);
}

TEST_F(CaptureCommandTest, SpectraPrintsTheRanksThatAreThereAndNoZeros) {
    const std::string model = "gated_deltanet-gva";
    ASSERT_EQ(run(fmt::format("capture {} --ids {} --every 1 --what ranks -o {}", (kModels / model).string(), ids_of(model).string(), output_.string())).code, 0);
    const Answer answer = run(fmt::format("spectra {} --json --csv {}", output_.string(), (folder_ / "r.csv").string()));
    ASSERT_EQ(answer.code, 0) << answer.errors;
    const json said = json::parse(answer.out);
    const json& head = said["layers"][0]["heads"][0];
    EXPECT_GE(head["rank_stable"]["mean"].get<double>(), 1);
    EXPECT_GT(head["norm_spectral"]["mean"].get<double>(), 0);
    for (const char* absent : {"rank_entropy", "rank_energy", "rank_participation", "rank_threshold", "rank_at_99"}) {
        EXPECT_FALSE(head.contains(absent)) << absent;
        EXPECT_FALSE(said["metrics"].contains(absent)) << absent;
    }
    EXPECT_EQ(said["layers"][0]["singular_values"], json::array());
    std::ifstream file(folder_ / "r.csv");
    std::string header;
    std::getline(file, header);
    EXPECT_EQ(header, "layer,head,n,rank_stable,rank_stable_sd,rank_utilisation,rank_utilisation_sd,norm_frobenius,norm_frobenius_sd,norm_spectral,norm_spectral_sd");
    EXPECT_THAT(run("spectra " + output_.string()).out, HasSubstr("no singular values"));
    EXPECT_THAT(run("spectra " + output_.string()).out, Not(HasSubstr("rank_entropy")));
}

TEST_F(CaptureCommandTest, APlanNarrowsStatesAndKeepsOriginalChannels) {
    const std::string model = "gated_deltanet-gva", place = (kModels / model).string();
    const SafetensorsFile golden(kModels / model / "golden.safetensors");
    std::ofstream(folder_ / "plan.json") << R"({"format":"rankscope-plan","version":1,"model":{"hash":"","family":"gated_deltanet"},"scale":"widest","layers":[
        {"index":0,"method":"random","ratio":0.75,"key_dim":16,"keep":[[1,5,7,15],[0,2,3,4]]}],"seed":0,"created_by":"test"})";
    const Answer answer = run(fmt::format("capture {} --ids {} -o {} --plan {}", place, ids_of(model).string(), output_.string(), (folder_ / "plan.json").string()));
    ASSERT_EQ(answer.code, 0) << answer.errors;
    const CaptureReader reader(output_);
    EXPECT_EQ(reader.layout().layers[0].key_dim, 4);
    EXPECT_EQ(reader.layout().layers[0].channels, (std::vector<std::int32_t>{1, 5, 7, 15, 0, 2, 3, 4}));
    EXPECT_EQ(reader.layout().layers[1].key_dim, 16);
    EXPECT_EQ(json::parse(reader.provenance())["plan"]["layers"][0]["keep"][1][3], 4);
}

TEST_F(CaptureCommandTest, WrongUsageIsExitTwoAndWritesNothing) {
    const std::string model = "gated_deltanet-gva", start = fmt::format("capture {} --ids {} -o {} ", (kModels / model).string(), ids_of(model).string(), output_.string());
    for (const char* options : {"--layers 9", "--heads 6", "--at 100", "--every 101", "--every 10 --at 3", "--at 3,5 --states-at 4", "--states-at every:x", "--what nothing",
                                "--windows 0"}) {
        const Answer answer = run(start + options);
        EXPECT_EQ(answer.code, 2) << options << ": " << answer.errors;
        EXPECT_THAT(answer.errors, HasSubstr("rankscope-cli: "));
    }
    EXPECT_FALSE(fs::exists(output_));
    EXPECT_FALSE(fs::exists(output_.string() + ".part"));
    ASSERT_EQ(run(start).code, 0);
    EXPECT_THAT(run(start).errors, HasSubstr("output exists"));
    EXPECT_EQ(run(start).code, 2);
    EXPECT_EQ(run(start + "--force").code, 0);
}

TEST_F(CaptureCommandTest, InterruptedAndResumedEqualsUninterrupted) {
    const std::string model = "gated_deltanet-gva", place = (kModels / model).string();
    const std::string ids = ids_of(model, 1500).string();
    const std::string options = fmt::format("capture '{}' --ids '{}' --windows 1500 --every 4 --what states,spectra", place, ids);
    const fs::path part = output_.string() + ".part", said = folder_ / "said.txt";
    test::needs_libtorch();
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl("/bin/sh", "sh", "-c", fmt::format("exec '{}' {} -o '{}' 2> '{}'", kProgram.string(), options, output_.string(), said.string()).c_str(), nullptr);
        ::_exit(127);
    }
    // Signalled once a few windows are complete.
    for (int i = 0; i < 6000; ++i) {
        if (unfinished_windows(output_).value_or(0) >= 3) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ::kill(child, SIGTERM);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 130);
    ASSERT_FALSE(fs::exists(output_));
    const std::int64_t done = unfinished_windows(output_).value_or(0);
    ASSERT_GE(done, 3);
    ASSERT_LT(done, 1500);
    std::ifstream file(said);
    EXPECT_THAT(std::string(std::istreambuf_iterator<char>(file), {}),
                HasSubstr(fmt::format("cancelled\nhint: {} complete windows are kept: the same command with --resume", done)));
    EXPECT_THAT(run(fmt::format("{} -o '{}'", options, output_.string())).errors, HasSubstr("--resume goes on"));
    Answer answer = run(fmt::format("{} -o '{}' --resume --json", options, output_.string()));
    ASSERT_EQ(answer.code, 0) << answer.errors;
    EXPECT_FALSE(fs::exists(part));
    const fs::path whole = folder_ / "whole.h5";
    ASSERT_EQ(run(fmt::format("{} -o '{}'", options, whole.string())).code, 0);
    const CaptureReader a(output_), b(whole);
    EXPECT_EQ(a.layout(), b.layout());
    for (std::int64_t w = 0; w < 1500; ++w) {
        for (std::size_t l = 0; l < a.layout().layers.size(); ++l) {
            ASSERT_EQ(a.singular_values(l, w), b.singular_values(l, w)) << w;
            ASSERT_EQ(a.state(l, w, 0, 5), b.state(l, w, 0, 5)) << w;
        }
    }
}

}  // namespace
}  // namespace rankscope
