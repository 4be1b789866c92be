// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rankscope {

/// Writes tokenizer.json and tokenizer_config.json for a closed vocabulary into an existing folder: texts are split at
/// white space, the id of a word is its position in `words`. `unknown` stands for all other words and must be one of
/// `words`; `end_of_text` too, unless it is empty. Error{Usage} if they are not, or a word is empty, has white space in it
/// or comes twice.
void write_word_level_tokenizer(const std::filesystem::path& folder, const std::vector<std::string>& words,
                                const std::string& unknown, const std::string& end_of_text = {});

}  // namespace rankscope
