// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/app/cli/cli_test.hpp"

namespace rankscope::test {
namespace {

class Corpus : public CliTest {};

TEST_F(Corpus, WritesAStoryWorld) {
    const Json json = run_json({"corpus", "story", "--stories", "20", "--held-out-stories", "5", "--seed", "4", "-o", path("world")});
    expect_keys(json, {"tokens", "entropy", "answers"});
    EXPECT_EQ(json["tokens"], 20 * 256);
    EXPECT_EQ(json["held_out"]["tokens"], 5 * 256);
    const Json entropy = Json::parse(read_file(path("world/entropy.json")));
    EXPECT_EQ(entropy["train"]["nats_per_token"], json["entropy"]);
    EXPECT_EQ(entropy["seed"], 4);
    const Json answers = Json::parse(read_file(path("world/train.txt.answers.json")));
    EXPECT_EQ(answers["answers"].size(), json["answers"].get<std::size_t>());
    const std::string text = read_file(path("world/train.txt"));
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
    const Json ids = run_json({"tokenize", path("world"), "--text", path("world/train.txt")});
    EXPECT_EQ(ids["ids"].size(), json["tokens"].get<std::size_t>());
}

TEST_F(Corpus, IsTheSameForASeed) {
    for (const char* name : {"a", "b"}) run_well({"corpus", "story", "--stories", "3", "--held-out-stories", "2", "--seed", "9", "-o", path(name)});
    EXPECT_EQ(read_file(path("a/train.txt")), read_file(path("b/train.txt")));
    run_well({"corpus", "story", "--stories", "3", "--held-out-stories", "2", "--seed", "10", "-o", path("c")});
    EXPECT_NE(read_file(path("a/train.txt")), read_file(path("c/train.txt")));
}

TEST_F(Corpus, ReplacesOnlyAnEarlierCorpus) {
    write("taken/notes.txt", "precious");
    const std::vector<std::string> arguments{"corpus", "story", "--stories", "2", "--held-out-stories", "1", "-o"};
    const auto to = [&](const std::string& name, bool force) {
        std::vector<std::string> all = arguments;
        all.push_back(path(name));
        if (force) all.emplace_back("--force");
        return all;
    };
    expect_refused(to("taken", false), 2, {"taken", "exists"});
    expect_refused(to("taken", true), 2, {"taken", "no corpus"});
    EXPECT_EQ(read_file(path("taken/notes.txt")), "precious");
    run_well(to("world", false));
    expect_refused(to("world", false), 2, {"world", "exists"});
    run_well(to("world", true));
    expect_refused({"corpus", "story", "--stories", "0", "-o", path("none")}, 2, {"--stories"});
}

}  // namespace
}  // namespace rankscope::test
