// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.hpp"
#include "core/text/story.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

/// An answer by its place in the text.
struct MarkedAnswer {
    std::int64_t byte = 0;    ///< offset of its first byte
    std::int64_t length = 0;  ///< bytes
    std::int64_t facts = 0;   ///< objects with a known place when it was asked
};

/// Stories, one per line of kStoryTokens words, with what is known about them.
struct StoryCorpus {
    std::string text;
    std::vector<MarkedAnswer> answers;  ///< in the order of the text
    std::int64_t stories = 0;
    std::int64_t tokens = 0;
    double nats = 0;        ///< entropy: sum of -ln p over all tokens
    double nats_first = 0;  ///< of that, what the first tokens of the stories cost (no window scores them)

    [[nodiscard]] double nats_per_token() const;
    /// Per scored token, when windows are stories: their first token is context only.
    [[nodiscard]] double nats_per_scored_token() const;
    /// Per scored token that is no answer (answers cost nothing).
    [[nodiscard]] double nats_per_other_token() const;
};

/// Stories `first` ... `first + count - 1` of a seed.
[[nodiscard]] StoryCorpus generate_stories(std::int64_t count, std::uint64_t seed, std::uint64_t first = 0,
                                           const Progress& progress = {});

struct StoryWorldOptions {
    std::int64_t stories = 12000;  ///< to train on: about 3 million tokens
    std::int64_t held_out_stories = 200;
    std::uint64_t seed = 0;
    bool force = false;
};

struct StoryWorldResult {
    StoryCorpus train, held_out;
};

/// Writes a folder: train.txt and held-out.txt, each with .answers.json beside it, a word-level tokenizer and
/// entropy.json. Training and held-out stories never share a story number. Error{Usage}: counts below 1 or
/// above 10 million, or the folder exists and `force` is false.
[[nodiscard]] StoryWorldResult write_story_world(const std::filesystem::path& folder,
                                                 const StoryWorldOptions& options,
                                                 const Progress& progress = {});

}  // namespace rankscope
