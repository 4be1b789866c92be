// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

/// Parses "0,2-5,-1" or "all" against `count` things: ascending, unique, negative counts from the end.
/// Throws Error{Usage} naming `what` ("layer", "head", …) for anything else or out of range.
[[nodiscard]] std::vector<std::int64_t> parse_index_list(std::string_view text, std::int64_t count, const std::string& what);

}  // namespace rankscope
