// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

/// A stretch of text that is the answer to a question.
struct TextAnswer {
    std::int64_t begin = 0;  ///< first byte
    std::int64_t end = 0;    ///< behind its last byte; no white space at either end
    std::int64_t facts = 0;  ///< how many facts were alive when it was asked (0 = not given)
};

/// The answers in `TEXT.answers.json` beside a text, in the order of their place; nothing if there is no such file.
/// Error{Input}: malformed, of a text with another hash, or outside of the text.
[[nodiscard]] std::optional<std::vector<TextAnswer>> read_answers(const std::filesystem::path& text_file,
                                                                  std::string_view text, const std::string& text_hash);

}  // namespace rankscope
