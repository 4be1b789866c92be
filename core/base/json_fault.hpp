// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rankscope {

/// "line 3, column 7": where byte `offset` of the text lies. Both count from 1, a column is one character of UTF-8.
/// Beyond the end: where the text ends.
[[nodiscard]] std::string place_in_text(std::string_view text, std::size_t offset);

/// Where the text of a file stops being JSON: "line 3, column 7: found ']', expected a value". The words NaN, Infinity and
/// -Infinity pass, as in prepare_json(). Empty: it is JSON.
[[nodiscard]] std::string json_fault(std::string_view text);

/// Throws Error{Input} "WHAT: not JSON: line 3, column 7: found ']', expected a value", and says so where the text ends too
/// early. `what` names the kind of file and the file; `text` is what stands in it, before prepare_json().
[[noreturn]] void throw_no_json(const std::string& what, std::string_view text);

}  // namespace rankscope
