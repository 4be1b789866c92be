// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/progress.hpp"

namespace rankscope {

/// A byte-level byte-pair encoding as trained: everything a tokenizer.json needs to know.
struct ByteLevelVocabulary {
    std::vector<std::string> tokens;  ///< by id, spelled in GPT-2's byte characters; the first 256 are the single bytes
    std::vector<std::pair<std::string, std::string>> merges;  ///< best first
    std::vector<std::string> special_tokens;                  ///< ids follow those of `tokens`

    [[nodiscard]] std::int64_t size() const noexcept { return std::ssize(tokens) + std::ssize(special_tokens); }
};

/// Learns merges (Sennrich, Haddow & Birch 2016, on bytes as in GPT-2) until there are `vocab_size` tokens or no pair of
/// neighbours occurs twice. Texts are split into words by GPT-2's expression; the most frequent pair of symbols merges,
/// of equally frequent ones that of the smaller ids, so the result depends on the texts alone (not on their order).
///
/// Special tokens get the last ids and are no part of the training. Error{Usage}: no room for 256 bytes and the special
/// tokens, or more than 2^20 tokens; Error{Input}: texts that are not UTF-8, or empty ones only.
[[nodiscard]] ByteLevelVocabulary train_byte_level_bpe(std::span<const std::string_view> texts, std::int64_t vocab_size,
                                                       const std::vector<std::string>& special_tokens,
                                                       const Progress& progress = {});

/// Writes tokenizer.json and tokenizer_config.json into an existing folder. The first special token is declared the end
/// of a text.
void write_byte_level_tokenizer(const std::filesystem::path& folder, const ByteLevelVocabulary& vocabulary);

}  // namespace rankscope
