// SPDX-License-Identifier: Apache-2.0
#include "tests/app/cli/cli_test.hpp"

#include <sys/wait.h>

#include <cstdlib>

namespace rankscope::test {
namespace {

using ::testing::HasSubstr;

const char* const kCommands[] = {"info", "tokenize", "forward", "capture", "spectra", "plan",   "scores", "evaluate",
                                 "noise", "sweep",   "bench",   "export",  "train",   "corpus", "demo",   "report", "doctor", "serve"};

class Help : public ::testing::TestWithParam<const char*> {};

TEST_P(Help, ShowsAnExampleAndTheCommonOptions) {
    const ProgramResult result = run_well({GetParam(), "--help"});
    EXPECT_THAT(result.out, HasSubstr("Example: rankscope-cli " + std::string(GetParam())));
    for (const char* option : {"--json", "--device", "--dtype", "--threads", "--seed", "--quiet", "--verbose", "--force"}) {
        EXPECT_THAT(result.out, HasSubstr(option));
    }
    EXPECT_EQ(result.err, "");
    EXPECT_LT(result.seconds, 2);
}

INSTANTIATE_TEST_SUITE_P(Commands, Help, ::testing::ValuesIn(kCommands), [](const auto& info) { return std::string(info.param); });

class Usage : public CliTest {};

TEST_F(Usage, HelpListsEveryCommand) {
    const ProgramResult result = run_well({"--help"});
    for (const char* command : kCommands) EXPECT_THAT(result.out, HasSubstr(std::string("\n  ") + command));
}

TEST_F(Usage, IsRefusedWithCode2) {
    expect_refused({}, 2, {"no command", "evaluate"});
    expect_refused({"explode"}, 2, {"unknown command", "'explode'", "evaluate"});
    expect_refused({"evaluate", golden_model("delta_net-plain"), "--tokens", "0"}, 2, {"--tokens", "found 0", "above 0"});
    expect_refused({"evaluate", golden_model("delta_net-plain"), "--window", "1"}, 2, {"--window", "found 1", "expected 2 to "});
    expect_refused({"info"}, 2, {"MODEL"});
    expect_refused({"info", golden_model("delta_net-plain"), "--wrong"}, 2, {"--wrong"});
    expect_refused({"info", golden_model("delta_net-plain"), "--threads", "many"}, 2, {"--threads"});
    expect_refused({"plan", golden_model("delta_net-plain"), "--method", "l1", "--ratio", "0.5"}, 2, {"--output"});
    expect_refused({"evaluate", golden_model("delta_net-plain")}, 2, {"--text", "--ids"});
    expect_refused({"corpus", "poem", "-o", path("x")}, 2, {"poem"});
    expect_refused({"demo", "--run", "nothing-of-that-name"}, 2, {"nothing-of-that-name"});
    EXPECT_TRUE(listing().empty());
}

// Behind `>` may be a full disk: a script must not take an empty file for an answer.
TEST_F(Usage, AnAnswerThatCannotBeWrittenIsNoSuccess) {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
    const std::filesystem::path said = path("said");
    const std::string model = golden_model("delta_net-plain");
    for (const std::string& options : {"info '" + model + "' --json", "info '" + model + "'", std::string("--help")}) {
        const std::string command = "'" + program_path().string() + "' " + options + " > /dev/full 2> '" + said.string() + "'";
        const int status = std::system(command.c_str());
        ASSERT_TRUE(WIFEXITED(status)) << options;
        EXPECT_EQ(WEXITSTATUS(status), 5) << options;
        EXPECT_THAT(read_file(said), HasSubstr("cannot write: standard output")) << options;
    }
}

// What a name from outside holds never reaches a terminal as it is.
TEST_F(Usage, ControlCharactersInNamesAreShownEscaped) {
    const ProgramResult result = run_program({"info", path("a\n\x1b[31mb")});
    EXPECT_EQ(result.code, 3);
    EXPECT_THAT(result.err, HasSubstr("a\\x0a\\x1b[31mb"));
    EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
}

// A copy of the program in a folder of its own has no librankscope_model.so beside it.
class WithoutTheModelLibrary : public CliTest {
protected:
    void SetUp() override {
        const std::filesystem::path source = program_path();
        std::filesystem::create_directories(folder_ / "there/bin");
        std::filesystem::create_directories(folder_ / "there/lib");
        options_.program = folder_ / "there/bin/rankscope-cli";
        std::filesystem::copy_file(source, options_.program);
        for (const char* name : {"librankscope_analysis.so", "librankscope_kernels.so"}) {
            const std::filesystem::path library = source.parent_path() / "../lib" / name;
            if (std::filesystem::exists(library)) std::filesystem::copy_file(library, folder_ / "there/lib" / name);
        }
        options_.environment = {{"LD_LIBRARY_PATH", ""}, {"RANKSCOPE_DATA", RANKSCOPE_SOURCE_DIR}};
    }

    ProgramResult run(const std::vector<std::string>& arguments) const { return run_program(arguments, options_); }

    ProgramOptions options_;
};

TEST_F(WithoutTheModelLibrary, WhatNeedsNoWeightsStillWorks) {
    const std::string model = golden_model("delta_net-plain");
    const std::vector<std::vector<std::string>> commands{
        {"--help"},
        {"info", model},
        {"tokenize", model, "--string", "a quiet harbour"},
        {"doctor"},
        {"plan", model, "--method", "l1", "--ratio", "0.5", "-o", path("plan.json")},
        {"scores", model, "--method", "random", "-o", path("scores.json")},
        {"export", model, "--plan", path("plan.json"), "-o", path("exported")},
        {"corpus", "story", "--stories", "3", "--held-out-stories", "2", "-o", path("world")},
        {"demo", "--list"},
    };
    for (const auto& command : commands) {
        const ProgramResult result = run(command);
        EXPECT_EQ(result.code, 0) << command.front() << ": " << result.err;
        EXPECT_LT(result.seconds, 2) << command.front();
    }
}

TEST_F(WithoutTheModelLibrary, WhatNeedsThemSaysHowToGetLibTorch) {
    const ProgramResult result = run({"evaluate", golden_model("delta_net-plain"), "--text", write("text.txt", some_text(2000))});
    EXPECT_EQ(result.code, 5);
    EXPECT_THAT(result.err, HasSubstr("librankscope_model.so"));
    EXPECT_THAT(result.err, HasSubstr("hint: rankscope-cli doctor --fetch-libtorch"));
    EXPECT_THAT(run({"doctor", "--json"}).out, HasSubstr("\"missing\""));
}

}  // namespace
}  // namespace rankscope::test
