// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/text/tokenizer.hpp"

namespace rankscope {

/// A marked answer: tokens [first, first + count) of a window must all be predicted right.
struct AnswerSpan {
    std::int64_t window = 0;
    std::int64_t first = 0;  ///< position in the window of the answer's first token, >= 1
    std::int64_t count = 0;
    std::int64_t facts = 0;  ///< how many facts were alive when it was asked (0 = not given)
};

/// A tokenised text cut into consecutive, non-overlapping windows, each of which starts from the zero state; the first
/// token of a window is context only. Last partial window dropped unless it is the only one.
struct TokenWindows {
    std::vector<std::vector<std::int32_t>> rows;
    std::vector<std::int64_t> start;  ///< token offset of each row in the text
    std::string text_hash;            ///< SHA-256 of the text's bytes, or of the ids (core/README.md)
    std::int64_t text_tokens = 0;     ///< tokens in the whole text, or as many as were read before a limit was reached
    std::int64_t text_bytes = 0;      ///< 0 for ids
    std::vector<AnswerSpan> answers;
    std::vector<std::string> warnings;

    [[nodiscard]] std::int64_t tokens() const noexcept;         ///< in the rows
    [[nodiscard]] std::int64_t scored_tokens() const noexcept;  ///< rows minus their first tokens
    /// Sum of bytes of the tokens that are scored; for bits per byte. 0 for ids.
    std::int64_t scored_bytes = 0;
};

struct WindowOptions {
    std::int64_t window = 512;
    std::optional<std::int64_t> max_windows;
    std::optional<std::int64_t> max_tokens;  ///< stop after the window that reaches it
};

/// Reads UTF-8 text (and `TEXT.answers.json` beside it) and tokenises it as a whole, piece by piece: beside the windows
/// themselves it takes no memory that grows with the text. Answers that no window can score (they begin with its first
/// token or cross its end) are left out, with a warning. Error{Input}: fewer than 2 tokens, invalid UTF-8 (byte offset
/// named), malformed answers or those of another text; Error{Usage}: a window below 2 tokens or limits below 1.
[[nodiscard]] TokenWindows read_text_windows(const std::filesystem::path& text, const Tokenizer& tokenizer,
                                             const WindowOptions& options);
/// Reads `[[…],[…]]`; every row is one window, whatever `options.window` says. Error{Input} for an id outside
/// [0, vocab_size), a row under 2 ids, or rows of different length when `equal_lengths`.
[[nodiscard]] TokenWindows read_id_windows(const std::filesystem::path& json, std::int64_t vocab_size,
                                           const WindowOptions& options, bool equal_lengths);
/// SHA-256 of int32 little-endian ids, each row preceded by its length.
[[nodiscard]] std::string hash_of_ids(const std::vector<std::vector<std::int32_t>>& rows);

}  // namespace rankscope
