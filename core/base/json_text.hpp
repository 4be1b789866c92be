// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rankscope {

/// What becomes of NaN, Infinity and -Infinity.
enum class BareWords { Null, Text };

/// Throws Error{Input} if JSON text nests deeper than 64 levels: parsers recurse, and a file of brackets must not
/// exhaust the stack. Also rewrites the bare words NaN, Infinity and -Infinity, which Python writes, since no JSON parser
/// takes them: to null, or to strings, so that who expects a number there can refuse them. Returns the text to parse.
[[nodiscard]] std::string prepare_json(std::string_view text, const std::string& where, BareWords words = BareWords::Null);

/// A key that some object of the JSON text has twice, if there is one. Parsers keep one of the two and differ in which. Text
/// that is no JSON: what was found before the error.
[[nodiscard]] std::optional<std::string> duplicate_key(std::string_view json);

}  // namespace rankscope
