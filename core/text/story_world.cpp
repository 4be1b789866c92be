// SPDX-License-Identifier: Apache-2.0
#include "core/text/story_world.hpp"

#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/text/story_words.hpp"
#include "core/text/word_level.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace rankscope {
namespace {

// Held-out stories are counted from here on, training stories from 0.
constexpr std::uint64_t kFirstHeldOut = std::uint64_t{1} << 32;
constexpr std::int64_t kMostStories = 10'000'000;
constexpr std::int64_t kStoriesPerStep = 64;

void append(StoryCorpus& corpus, const Story& story) {
    auto answer = story.answers.begin();
    for (std::size_t i = 0; i < story.words.size(); ++i) {
        if (i > 0) corpus.text += ' ';
        if (answer != story.answers.end() && answer->token == static_cast<std::int64_t>(i)) {
            corpus.answers.push_back({static_cast<std::int64_t>(corpus.text.size()),
                                      static_cast<std::int64_t>(story.words[i].size()), answer->facts});
            ++answer;
        }
        corpus.text += story.words[i];
        corpus.nats += story.word_nats[i];
    }
    corpus.text += '\n';
    corpus.nats_first += story.word_nats.front();
    corpus.tokens += static_cast<std::int64_t>(story.words.size());
    ++corpus.stories;
}

std::string answers_json(const StoryCorpus& corpus) {
    std::string json = fmt::format("{{\"text_hash\":\"{}\",\"answers\":[", sha256_hex(corpus.text));
    const char* separator = "\n";
    for (const MarkedAnswer& answer : corpus.answers) {
        json += fmt::format("{}{{\"byte\":{},\"length\":{},\"facts\":{}}}", separator, answer.byte,
                            answer.length, answer.facts);
        separator = ",\n";
    }
    return json + "\n]}\n";
}

std::string entropy_entry(const StoryCorpus& corpus) {
    return fmt::format(
        "{{\"stories\": {}, \"tokens\": {}, \"answers\": {}, \"nats\": {:.17g}, \"nats_per_token\": {:.17g}, "
        "\"nats_per_scored_token\": {:.17g}, \"nats_per_other_token\": {:.17g}}}",
        corpus.stories, corpus.tokens, corpus.answers.size(), corpus.nats, corpus.nats_per_token(),
        corpus.nats_per_scored_token(), corpus.nats_per_other_token());
}

void write_text(const std::filesystem::path& folder, const std::string& name, const StoryCorpus& corpus) {
    write_text_file(folder / name, corpus.text);
    write_text_file(folder / (name + ".answers.json"), answers_json(corpus));
}

}  // namespace

double StoryCorpus::nats_per_token() const {
    return nats / static_cast<double>(std::max<std::int64_t>(tokens, 1));
}

double StoryCorpus::nats_per_scored_token() const {
    return (nats - nats_first) / static_cast<double>(std::max<std::int64_t>(tokens - stories, 1));
}

double StoryCorpus::nats_per_other_token() const {
    const auto others = tokens - stories - static_cast<std::int64_t>(answers.size());
    return (nats - nats_first) / static_cast<double>(std::max<std::int64_t>(others, 1));
}

StoryCorpus generate_stories(std::int64_t count, std::uint64_t seed, std::uint64_t first,
                             const Progress& progress) {
    const auto start = std::chrono::steady_clock::now();
    StoryCorpus corpus;
    for (std::int64_t i = 0; i < count; ++i) {
        if (i % kStoriesPerStep == 0) {
            const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
            const double eta =
                i == 0 ? -1 : elapsed.count() * static_cast<double>(count - i) / static_cast<double>(i);
            progress.update({static_cast<double>(i), static_cast<double>(count), "stories", eta, {}});
        }
        append(corpus, generate_story(seed, first + static_cast<std::uint64_t>(i)));
    }
    return corpus;
}

StoryWorldResult write_story_world(const std::filesystem::path& folder, const StoryWorldOptions& options,
                                   const Progress& progress) {
    for (const std::int64_t count : {options.stories, options.held_out_stories}) {
        if (count < 1 || count > kMostStories) {
            throw_usage(fmt::format("story world: number of stories: found {}, expected 1 to {}", count,
                                    kMostStories));
        }
    }
    AtomicFolder output(folder, options.force);
    StoryWorldResult result;
    result.held_out = generate_stories(options.held_out_stories, options.seed, kFirstHeldOut, progress);
    result.train = generate_stories(options.stories, options.seed, 0, progress);
    write_text(output.temporary(), "train.txt", result.train);
    write_text(output.temporary(), "held-out.txt", result.held_out);
    write_word_level_tokenizer(output.temporary(), story_vocabulary(), std::string(kStoryUnknown));
    write_text_file(output.temporary() / "entropy.json",
                    fmt::format("{{\"seed\": {},\n \"train\": {},\n \"held_out\": {}}}\n", options.seed,
                                entropy_entry(result.train), entropy_entry(result.held_out)));
    output.commit();
    return result;
}

}  // namespace rankscope
