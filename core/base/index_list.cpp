// SPDX-License-Identifier: Apache-2.0
#include "core/base/index_list.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <set>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

std::optional<std::int64_t> parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

}  // namespace

std::vector<std::int64_t> parse_index_list(std::string_view text, std::int64_t count, const std::string& what) {
    const auto refuse = [&](std::string_view part, const std::string& expected) {
        throw_usage(fmt::format("bad {} list: '{}': found '{}', expected {}", what, printable(std::string(text)),
                                printable(std::string(part)), expected),
                    "examples: 0,2-5,-1 or all");
    };
    std::set<std::int64_t> chosen;
    if (text == "all") {
        for (std::int64_t i = 0; i < count; ++i) chosen.insert(i);
        return {chosen.begin(), chosen.end()};
    }
    std::string_view rest = text;
    while (true) {
        const std::size_t comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        // A dash after the first character separates a range; a leading one is a sign.
        const std::size_t dash = part.find('-', 1);
        const auto first = parse_integer(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parse_integer(part.substr(dash + 1));
        if (!first || !last) refuse(part, "an index or a range");
        const std::int64_t low = *first < 0 ? *first + count : *first;
        const std::int64_t high = *last < 0 ? *last + count : *last;
        if (low < 0 || high >= count || low > high) {
            refuse(part, count > 0 ? fmt::format("indices from 0 to {}", count - 1) : "nothing: there is none");
        }
        for (std::int64_t i = low; i <= high; ++i) chosen.insert(i);
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    return {chosen.begin(), chosen.end()};
}

}  // namespace rankscope
