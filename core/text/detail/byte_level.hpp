// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rankscope::tokenization {

// GPT-2's spelling of bytes as printable characters: 33-126, 161-172 and 174-255 stand for themselves, the other 68 in
// ascending order for U+0100, U+0101, ...

/// How GPT-2 splits text into words before it spells their bytes (Oniguruma syntax): the expression that the ByteLevel
/// pre-tokenizer has built in.
inline constexpr const char* kByteLevelWords =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// The character (as UTF-8) that stands for a byte.
[[nodiscard]] const std::string& byte_character(unsigned char byte);

/// The byte a character stands for, nothing if it stands for none.
[[nodiscard]] std::optional<unsigned char> character_byte(char32_t character);

[[nodiscard]] std::string to_byte_characters(std::string_view bytes);

/// Nothing if a character of the (valid UTF-8) text stands for no byte.
[[nodiscard]] std::optional<std::string> from_byte_characters(std::string_view text);

}  // namespace rankscope::tokenization
