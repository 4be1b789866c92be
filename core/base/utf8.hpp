// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace rankscope {

/// Bytes of the well-formed UTF-8 sequence that `text` begins with, 0 if it begins with none (Unicode 15, table 3-7:
/// overlong forms, surrogates and values above U+10FFFF are ill-formed).
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text) noexcept;

/// Byte offset of the first ill-formed sequence, nothing if the whole text is UTF-8.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

}  // namespace rankscope
