// SPDX-License-Identifier: Apache-2.0
#include "core/text/story_world.hpp"

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/text/story_words.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

namespace rankscope {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStories = 400;

const StoryCorpus& corpus() {
    static const StoryCorpus made = generate_stories(kStories, 7);
    return made;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

std::vector<std::string> words_of(const std::string& line) {
    std::istringstream stream(line);
    return {std::istream_iterator<std::string>(stream), {}};
}

template <class List>
bool is_one_of(const List& list, const std::string& word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

/// What a careful reader who knows no patterns makes of a story: a sentence that names an object and a town
/// puts the one into the other; after a question mark, the town is the answer for the object named before it.
struct Reading {
    struct Answer {
        std::string expected, given;
        std::size_t facts;
        std::int64_t byte;
    };

    std::vector<Answer> answers;
    std::map<std::string, std::string> places;
    std::size_t changes = 0;
};

Reading read(const std::string& line) {
    Reading reading;
    std::string object, town;
    bool question = false;
    std::int64_t byte = 0, town_byte = 0;
    for (const std::string& word : words_of(line)) {
        if (is_one_of(kStoryObjects, word)) object = word;
        if (is_one_of(kStoryTowns, word)) {
            town = word;
            town_byte = byte;
        }
        if (word == "?") question = true;
        if (word == ".") {
            if (question) {
                reading.answers.push_back({reading.places[object], town, reading.places.size(), town_byte});
            } else if (!object.empty() && !town.empty()) {
                reading.changes += reading.places.count(object);
                reading.places[object] = town;
            }
            object = town = "";
            question = false;
        }
        byte += static_cast<std::int64_t>(word.size()) + 1;
    }
    return reading;
}

TEST(StoryWorld, EveryWordHasOneRole) {
    const auto words = story_vocabulary();
    EXPECT_EQ(words.size(), 174u);
    EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
    EXPECT_EQ(words.front(), kStoryUnknown);
}

TEST(StoryWorld, EveryLineIsAStoryOf256KnownWords) {
    const auto vocabulary = story_vocabulary();
    const std::set<std::string> known(vocabulary.begin() + 1, vocabulary.end());
    const auto lines = lines_of(corpus().text);
    ASSERT_EQ(lines.size(), static_cast<std::size_t>(kStories));
    std::set<std::string> used;
    for (const std::string& line : lines) {
        const auto words = words_of(line);
        ASSERT_EQ(words.size(), static_cast<std::size_t>(kStoryTokens));
        EXPECT_EQ(words.back(), ".");
        used.insert(words.begin(), words.end());
    }
    EXPECT_EQ(used, known);
    EXPECT_EQ(corpus().tokens, kStories * kStoryTokens);
}

TEST(StoryWorld, AnIndependentReaderFindsEveryAnswer) {
    auto answer = corpus().answers.begin();
    std::int64_t line_byte = 0;
    for (const std::string& line : lines_of(corpus().text)) {
        for (const Reading::Answer& found : read(line).answers) {
            ASSERT_NE(answer, corpus().answers.end());
            EXPECT_EQ(found.given, found.expected) << line;
            EXPECT_EQ(answer->byte, line_byte + found.byte);
            EXPECT_EQ(corpus().text.substr(answer->byte, answer->length), found.expected);
            EXPECT_EQ(answer->facts, static_cast<std::int64_t>(found.facts));
            ++answer;
        }
        line_byte += static_cast<std::int64_t>(line.size()) + 1;
    }
    EXPECT_EQ(answer, corpus().answers.end());
}

TEST(StoryWorld, FactsAndOverwritesVaryFromStoryToStory) {
    std::set<std::size_t> facts;
    std::size_t changes = 0, tellings = 0;
    for (const std::string& line : lines_of(corpus().text)) {
        const Reading reading = read(line);
        facts.insert(reading.places.size());
        changes += reading.changes;
        tellings += reading.changes + reading.places.size();
    }
    EXPECT_GE(*facts.begin(), static_cast<std::size_t>(kStoryFactsAtLeast));
    EXPECT_LE(*facts.begin(), 5u);
    EXPECT_EQ(*facts.rbegin(), static_cast<std::size_t>(kStoryFactsAtMost));
    EXPECT_GE(facts.size(), 14u);
    // Often enough that "the last place told" and not "the first" has to be learnt.
    EXPECT_GT(static_cast<double>(changes), 0.1 * static_cast<double>(tellings));
}

TEST(StoryWorld, AboutEightPercentAreAnswersAndCostNothing) {
    const double share = static_cast<double>(corpus().answers.size()) / static_cast<double>(corpus().tokens);
    EXPECT_GT(share, 0.07);
    EXPECT_LT(share, 0.09);
    for (std::uint64_t index = 0; index < 50; ++index) {
        const Story story = generate_story(7, index);
        for (const StoryAnswer& answer : story.answers)
            EXPECT_EQ(story.word_nats[answer.token], 0.0);
    }
}

// Two sums that share no step: over words, marginalised over everything the sentence could still become, and
// over the generator's choices. They agree only if no text can be made in two ways.
TEST(StoryWorld, EntropyPerWordSumsToTheEntropyOfTheChoices) {
    for (std::uint64_t index = 0; index < 200; ++index) {
        const Story story = generate_story(3, index);
        double sum = 0;
        for (const double nats : story.word_nats) {
            EXPECT_GE(nats, 0);
            sum += nats;
        }
        EXPECT_NEAR(sum, story.choice_nats, 1e-9 * sum);
    }
}

// The entropy of a model that counts: the frequencies of each word after its sentence so far, objects and
// towns in classes that cost what a uniform choice costs. It ignores what the urn remembers, so it may be a
// little above.
TEST(StoryWorld, EntropyAgreesWithCountedFrequencies) {
    double slots = 0;
    std::map<std::string, std::map<std::string, double>> counts;
    for (const std::string& line : lines_of(corpus().text)) {
        std::map<std::string, std::string> places;
        std::string object, town, shape, first;
        bool question = false;
        const auto known_now = [&] { return static_cast<double>(places.size()); };
        // New against changed is part of the shape, as it is part of what the text says.
        for (const std::string& word : words_of(line)) {
            std::string symbol = word;
            double cost = 0;
            if (is_one_of(kStoryObjects, word)) {
                object = word;
                const bool known = places.count(word) > 0;
                symbol = known ? "OLD" : "NEW";
                cost = std::log(known ? known_now() : 48 - known_now());
            } else if (is_one_of(kStoryTowns, word)) {
                town = word;
                symbol = "TOWN";
                cost = question ? 0 : std::log(32.0);
            } else if (is_one_of(kStoryNames, word)) {
                symbol = "NAME";
                cost = std::log(first.empty() ? 32.0 : 31.0);
                if (shape.find("where") == std::string::npos) first = word;
            } else if (is_one_of(kStoryWeather, word)) {
                symbol = "WEATHER";
                cost = std::log(12.0);
            } else if (is_one_of(kStoryLooks, word) || is_one_of(kStoryMoods, word)) {
                symbol = is_one_of(kStoryLooks, word) ? "LOOKS" : "MOOD";
                cost = std::log(14.0);
            } else if (is_one_of(kStoryTimes, word)) {
                symbol = "TIME";
                cost = std::log(3.0);
            }
            slots += cost;
            const std::string early = known_now() < 4 ? "early" : "late";
            counts[early + shape][symbol] += 1;
            shape += " " + symbol;
            if (word == "?") question = true;
            if (word == ".") {
                if (!question && !object.empty() && !town.empty()) places[object] = town;
                object = town = shape = first = "";
                question = false;
            }
        }
    }
    double shapes = 0;
    for (const auto& [context, next] : counts) {
        double total = 0;
        for (const auto& [symbol, n] : next)
            total += n;
        for (const auto& [symbol, n] : next)
            shapes -= n * std::log(n / total);
    }
    const double counted = slots + shapes;
    EXPECT_LT(corpus().nats, counted * 1.005);
    EXPECT_GT(corpus().nats, counted * 0.95);
    EXPECT_GT(corpus().nats_per_token(), 0.6);
    EXPECT_LT(corpus().nats_per_token(), 1.0);
}

TEST(StoryWorld, AStoryDependsOnSeedAndNumberAlone) {
    const auto lines = lines_of(corpus().text);
    EXPECT_EQ(generate_stories(1, 7, 123).text, lines[123] + "\n");
    EXPECT_NE(generate_stories(1, 8, 123).text, lines[123] + "\n");
    EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), lines.size());
    // Pinned, so that models trained on a seed can always be given their text again.
    EXPECT_EQ(sha256_hex(generate_stories(100, 0).text),
              "544762bbc7bad030a725a1a4ea30a80fc78c8f73815b02d3b8d5b0d8b597e309");
}

class StoryWorldFolder : public ::testing::Test {
protected:
    void SetUp() override { fs::create_directories(root_); }

    void TearDown() override { fs::remove_all(root_); }

    const fs::path root_ = fs::temp_directory_path() / ("rankscope-story-" + std::to_string(::getpid()));
};

TEST_F(StoryWorldFolder, HoldsTextAnswersTokenizerAndEntropy) {
    const StoryWorldResult result =
        write_story_world(root_ / "world", {.stories = 30, .held_out_stories = 10, .seed = 5});
    for (const auto& [name, made] : {std::pair{"train", &result.train}, {"held-out", &result.held_out}}) {
        const std::string text = read_text_file(root_ / "world" / (std::string(name) + ".txt"));
        EXPECT_EQ(text, made->text);
        const auto marked = nlohmann::json::parse(
            read_text_file(root_ / "world" / (std::string(name) + ".txt.answers.json")));
        EXPECT_EQ(marked.at("text_hash"), sha256_hex(text));
        ASSERT_EQ(marked.at("answers").size(), made->answers.size());
        const auto& last = marked.at("answers").back();
        EXPECT_TRUE(is_one_of(kStoryTowns, text.substr(last.at("byte"), last.at("length"))));
        EXPECT_EQ(last.at("facts"), made->answers.back().facts);
    }
    EXPECT_EQ(result.train.text.find(result.held_out.text.substr(0, 200)), std::string::npos);
    const auto tokenizer = nlohmann::json::parse(read_text_file(root_ / "world/tokenizer.json"));
    EXPECT_EQ(tokenizer.at("model").at("type"), "WordLevel");
    const auto words = story_vocabulary();
    ASSERT_EQ(tokenizer.at("model").at("vocab").size(), words.size());
    for (std::size_t id = 0; id < words.size(); ++id)
        EXPECT_EQ(tokenizer.at("model").at("vocab").at(words[id]), id);
    const auto entropy = nlohmann::json::parse(read_text_file(root_ / "world/entropy.json"));
    EXPECT_EQ(entropy.at("held_out").at("tokens"), 10 * kStoryTokens);
    EXPECT_DOUBLE_EQ(entropy.at("train").at("nats_per_token"), result.train.nats_per_token());
}

TEST_F(StoryWorldFolder, IsNotOverwrittenWithoutForce) {
    StoryWorldOptions options{.stories = 2, .held_out_stories = 1};
    (void)write_story_world(root_ / "world", options);
    EXPECT_THROW((void)write_story_world(root_ / "world", options), Error);
    options.force = true;
    (void)write_story_world(root_ / "world", options);
    options.stories = 0;
    EXPECT_THROW((void)write_story_world(root_ / "other", options), Error);
    EXPECT_FALSE(fs::exists(root_ / "other"));
}

}  // namespace
}  // namespace rankscope
