// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace rankscope {

/// Throws Error{Input} if JSON text nests deeper than 64 levels: parsers recurse, and a file of brackets must not
/// exhaust the stack. Also rewrites the bare words NaN, Infinity and -Infinity, which Python writes, to null, since no
/// JSON parser takes them. Returns the text to parse.
[[nodiscard]] std::string prepare_json(std::string_view text, const std::string& where);

}  // namespace rankscope
