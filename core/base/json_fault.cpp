// SPDX-License-Identifier: Apache-2.0
#include "core/base/json_fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/detail/json_listener.hpp"

namespace rankscope {
namespace {

constexpr std::size_t kLongestShown = 40;

// Keeps the first error and nothing else.
class FaultWatch final : public JsonListener {
public:
    bool parse_error(std::size_t position, const std::string& last_token, const nlohmann::detail::exception& error) override {
        end = position;
        token = last_token;
        message = error.what();
        return false;
    }

    std::size_t end = 0;  ///< bytes read, the wrong one included
    std::string token, message;
};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view character_at(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    return text.substr(at, end - at);
}

// What stands where a literal was tried: a word as a whole, anything else as one character.
std::string_view word_at(std::string_view text, std::size_t at) {
    std::size_t begin = at, end = at;
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    while (end < text.size() && is_word(text[end])) ++end;
    return begin < end ? text.substr(begin, end - begin) : character_at(text, at);
}

// NaN and the infinities as something that is JSON and as long, so that places stay what they are.
std::string without_bare_words(std::string_view text) {
    std::string out(text);
    bool in_string = false;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (in_string && out[i] == '\\') {
            ++i;
        } else if (out[i] == '"') {
            in_string = !in_string;
        } else if (!in_string) {
            for (const std::string_view word : {std::string_view("-Infinity"), std::string_view("Infinity"), std::string_view("NaN")}) {
                if (text.substr(i, word.size()) != word) continue;
                std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(i), word.size(), ' ');
                out[i] = '0';
                i += word.size() - 1;
                break;
            }
        }
    }
    return out;
}

std::string between(const std::string& text, std::string_view from, std::string_view to) {
    const std::size_t begin = text.find(from);
    if (begin == std::string::npos) return {};
    const std::size_t end = text.find(to, begin + from.size());
    return text.substr(begin + from.size(), end == std::string::npos ? end : end - begin - from.size());
}

std::string wanted(const FaultWatch& fault) {
    if (fault.message.find("parsing object key") != std::string::npos || fault.message.find("parsing object separator") != std::string::npos) {
        const std::string named = between(fault.message, "; expected ", "\n");
        return named == "':'" ? "':'" : "a key in double quotes";
    }
    if (fault.message.find("while parsing object -") != std::string::npos) return "',' or '}'";
    if (fault.message.find("while parsing array -") != std::string::npos) return "',' or ']'";
    if (const std::string digit = between(fault.message, "invalid number; expected ", "; last read"); !digit.empty()) return "a " + digit;
    return fault.message.find("; expected end of input") != std::string::npos ? "the end" : "a value";
}

}  // namespace

std::string place_in_text(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, std::min(offset, text.size()));
    const std::size_t line = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    const auto column = std::count_if(before.begin() + static_cast<std::ptrdiff_t>(line), before.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
    return fmt::format("line {}, column {}", 1 + std::count(before.begin(), before.end(), '\n'), 1 + column);
}

std::string json_fault(std::string_view text) {
    FaultWatch fault;
    if (nlohmann::json::sax_parse(without_bare_words(text), &fault)) return {};
    const std::string kind = between(fault.message, " - unexpected ", "; expected");
    const bool ended = kind == "end of input" || fault.message.find("missing closing quote") != std::string::npos;
    if (ended) {
        return fmt::format("{}: found the end of the text, expected {}", place_in_text(text, text.size()),
                           kind == "end of input" ? wanted(fault) : "'\"'");
    }
    const std::size_t last = std::min(fault.end > 0 ? fault.end - 1 : 0, text.empty() ? 0 : text.size() - 1);
    if (fault.message.find("invalid string") != std::string::npos) {
        // Its own words say which of the many rules of strings it is.
        const std::string rule = between(fault.message, "invalid string: ", "; last read");
        return fmt::format("{}: found {}, expected a string: {}", place_in_text(text, last), printable(fmt::format("'{}'", character_at(text, last)), kLongestShown), printable(rule, 120));
    }
    std::size_t begin = last;
    std::string_view found = word_at(text, last);
    if (kind == "string literal" && fault.token.size() <= last + 1) {
        begin = last + 1 - fault.token.size();
        found = text.substr(begin, fault.token.size());
    } else {
        begin = static_cast<std::size_t>(found.data() - text.data());
    }
    return fmt::format("{}: found '{}', expected {}", place_in_text(text, begin), printable(std::string(found), kLongestShown), wanted(fault));
}

void throw_no_json(const std::string& what, std::string_view text) {
    const std::string fault = json_fault(text);
    const bool ended = fault.find("found the end of the text") != std::string::npos;
    throw_input(fmt::format("{}: not JSON: {}", what, fault), text.empty() ? "it is empty"
                                                              : ended      ? "it may have been cut short while it was copied"
                                                                           : "");
}

}  // namespace rankscope
