// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/detail/model.hpp"
#include "core/text/detail/number_map.hpp"
#include "core/text/detail/pre_tokenizer.hpp"

namespace rankscope::tokenization {

struct BpeOptions {
    std::string unknown;         ///< empty: characters outside the vocabulary vanish
    bool byte_fallback = false;  ///< characters outside the vocabulary become <0xXX> tokens, if all of them exist
    bool fuse_unknown = false;   ///< neighbouring unknown characters become one token
    bool ignore_merges = false;  ///< a word that is a token is that token, whatever the merges say
    bool bytes = false;          ///< words are raw bytes; the vocabulary spells them as byte characters
};

/// Byte-pair encoding: neighbouring symbols merge in the order of the merges' ranks, the leftmost first. O(n log n) in
/// the length of a word.
class BpeModel final : public Model {
public:
    using Merges = std::vector<std::pair<std::string, std::string>>;

    /// Error{Input}, naming `where`: a merge of tokens or into a token that the vocabulary does not have.
    BpeModel(Vocabulary vocabulary, const Merges& merges, const BpeOptions& options, std::string where);

    [[nodiscard]] std::unique_ptr<Scratch> make_scratch(std::size_t text_bytes) const override;
    void encode(const Piece& word, Scratch& scratch, TokenSink& sink) const override;

    [[nodiscard]] const Vocabulary& vocabulary() const override { return vocabulary_; }

    [[nodiscard]] const BpeOptions& options() const noexcept { return options_; }

    /// True if `left` and `right` (characters in UTF-8) can end up in one token next to each other, or if one of them
    /// is no token and may fuse with its neighbour.
    [[nodiscard]] bool may_join(std::string_view left, std::string_view right) const noexcept;

private:
    struct WordScratch;

    struct Symbol {
        std::int32_t id = 0;
        std::uint32_t begin = 0;  ///< byte in the word
        std::int32_t previous = -1;
        std::int32_t next = -1;
    };

    void merge_all(WordScratch& scratch) const;
    void split_characters(std::string_view word, std::vector<Symbol>& symbols) const;
    void add_character(std::string_view character, std::uint32_t begin, bool& unknown_open,
                       std::vector<Symbol>& symbols) const;

    Vocabulary vocabulary_;
    BpeOptions options_;
    std::string where_;
    NumberMap merges_;      ///< two ids -> rank, new id
    NumberMap characters_;  ///< UTF-8 of one character, packed -> id
    NumberMap neighbours_;  ///< pairs of characters inside of tokens that merges make
    std::array<std::int32_t, 256> byte_ids_{};
    std::array<std::int32_t, 256> fallback_ids_{};
    std::optional<std::int32_t> unknown_;
    std::unordered_map<std::string, std::int32_t> whole_words_;  ///< filled when merges may be ignored
};

/// Splits between characters that no merge can bring together, where whole texts would be one word otherwise: short
/// words are remembered, and a text can be encoded piece by piece.
class UnmergeableSplit final : public PreTokenizerStep {
public:
    explicit UnmergeableSplit(const BpeModel& model) : model_(model) {}

    void apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const override;

private:
    const BpeModel& model_;
};

}  // namespace rankscope::tokenization
