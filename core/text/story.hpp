// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rankscope {

/// Tokens of every story; windows of this length over a text of stories begin where stories begin.
inline constexpr std::int64_t kStoryTokens = 256;
/// Every story ends with this many facts at least ...
inline constexpr std::int64_t kStoryFactsAtLeast = 4;
/// ... and never holds more than this.
inline constexpr std::int64_t kStoryFactsAtMost = 20;

/// The answer to a question: one token.
struct StoryAnswer {
    std::int64_t token = 0;  ///< its position in the story
    std::int64_t facts = 0;  ///< how many objects had a known place when it was asked
};

/// One story: kStoryTokens words that end with a full stop.
struct Story {
    std::vector<std::string_view> words;
    std::vector<StoryAnswer> answers;
    /// -ln p of every word given all words before it: what the best possible model pays. Answers cost 0.
    std::vector<double> word_nats;
    /// Sum of -ln p over the choices the generator made. Equal to the sum of word_nats, since no story can be
    /// made in two ways.
    double choice_nats = 0;
};

/// Story number `index` of a seed: a pure function of both.
///
/// A story tells where objects are ("the lantern is in York .", "Mara sent the lantern to Ely ."), changes
/// its mind, asks ("where is the lantern ? in Ely .") and remarks on other things ("it was cold in Bath .").
/// A question is only asked about an object with a known place, and the last place told is the right answer.
/// How often a kind of sentence comes follows Polya's urn (each use makes it likelier), so stories differ
/// widely in how many facts they hold although nothing about a story is decided in secret: the text so far
/// determines every probability.
[[nodiscard]] Story generate_story(std::uint64_t seed, std::uint64_t index);

}  // namespace rankscope
