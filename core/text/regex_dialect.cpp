// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/base/error.hpp"
#include "core/text/detail/code_point.hpp"
#include "core/text/detail/regex.hpp"

namespace rankscope::tokenization {
namespace {

constexpr std::string_view kWord = "\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}";
constexpr std::string_view kHexDigits = "0-9a-fA-F";

/// Long names of general categories and Ruby's own names, which PCRE2 spells otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 20> kPropertyNames = {{
    {"Letter", "L"},           {"Mark", "M"},           {"Number", "N"},
    {"Punctuation", "P"},      {"Symbol", "S"},         {"Separator", "Z"},
    {"Other", "C"},            {"Uppercase_Letter", "Lu"}, {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"}, {"Modifier_Letter", "Lm"}, {"Other_Letter", "Lo"},
    {"Decimal_Number", "Nd"},  {"Letter_Number", "Nl"}, {"Other_Number", "No"},
    {"Nonspacing_Mark", "Mn"}, {"Spacing_Mark", "Mc"},  {"Alpha", "Alphabetic"},
    {"Digit", "Nd"},           {"Space", "White_Space"},
}};

class Translator {
public:
    Translator(std::string_view pattern, const std::string& where) : in_(pattern), where_(where) {}

    std::string run() {
        while (at_ < in_.size()) {
            const char c = in_[at_];
            if (c == '\\') {
                escape();
            } else if (in_class_) {
                class_character(c);
            } else if (c == '[') {
                open_class();
            } else if (c == '(' && rest().starts_with("(?")) {
                group();
            } else if (c == '{') {
                repeat();
            } else {
                copy(1);
            }
        }
        return std::move(out_);
    }

private:
    [[nodiscard]] std::string_view rest() const { return in_.substr(at_); }

    [[noreturn]] void refuse(const std::string& what) const {
        throw_unsupported(fmt::format("regular expression: {}: found {} in '{}', expected a pattern that PCRE2 can express",
                                      where_, what, printable(std::string(in_))));
    }

    void copy(std::size_t count) {
        out_ += rest().substr(0, count);
        at_ += count;
    }

    void put(std::string_view text, std::size_t consumed) {
        out_ += text;
        at_ += consumed;
    }

    /// \w and \h mean other sets in Oniguruma.
    void put_set(std::string_view set, bool negated) {
        if (in_class_ && negated) refuse("a negated set inside a class");
        const std::string whole = in_class_ ? std::string(set) : fmt::format("[{}{}]", negated ? "^" : "", set);
        put(whole, 2);
    }

    void escape() {
        if (at_ + 1 == in_.size()) refuse("a lone backslash");
        switch (in_[at_ + 1]) {
            // PCRE2's own \s counts U+180E, which is no white space since Unicode 6.3.
            case 's': return put("\\p{White_Space}", 2);
            case 'S': return put("\\P{White_Space}", 2);
            case 'w': return put_set(kWord, false);
            case 'W': return put_set(kWord, true);
            case 'h': return put_set(kHexDigits, false);
            case 'H': return put_set(kHexDigits, true);
            case 'u': {
                const std::string_view digits = in_.substr(std::min(in_.size(), at_ + 2), 4);
                if (digits.size() != 4 || digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
                    refuse("\\u without four hexadecimal digits");
                }
                return put(fmt::format("\\x{{{}}}", digits), 6);
            }
            case 'p':
            case 'P': return property();
            default: return copy(1 + sequence_length(in_[at_ + 1]));
        }
    }

    void property() {
        const std::size_t close = in_.find('}', at_);
        if (at_ + 2 >= in_.size() || in_[at_ + 2] != '{' || close == std::string_view::npos) return copy(2);
        std::string_view name = in_.substr(at_ + 3, close - at_ - 3);
        bool negated = in_[at_ + 1] == 'P';
        if (name.starts_with('^')) {
            negated = !negated;
            name.remove_prefix(1);
        }
        std::string ours(name);
        for (const auto& [theirs, short_name] : kPropertyNames) {
            if (name == theirs) ours = short_name;
        }
        // Without "sc:" PCRE2 takes a script's extensions too; Oniguruma does not.
        if (ours.size() > 2 && Regex::compiles("\\p{sc:" + ours + "}")) ours = fmt::format("sc:{}", ours);
        put(fmt::format("\\{}{{{}}}", negated ? 'P' : 'p', ours), close + 1 - at_);
    }

    void open_class() {
        in_class_ = true;
        copy(rest().starts_with("[^") ? 2 : 1);
        if (rest().starts_with("]")) copy(1);
    }

    void class_character(char c) {
        if (c == ']') {
            in_class_ = false;
            copy(1);
        } else if (rest().starts_with("&&")) {
            refuse("an intersection of classes");
        } else if (rest().starts_with("[:")) {
            const std::size_t close = rest().find(":]");
            if (close == std::string_view::npos) refuse("an open [: class");
            copy(close + 2);
        } else if (c == '[') {
            refuse("a class inside a class");
        } else {
            copy(1);
        }
    }

    /// Ruby's (?m) is what others call (?s): the dot matches newlines.
    void group() {
        copy(2);
        const std::size_t end = rest().find_first_not_of("imx-");
        if (end == std::string_view::npos || end == 0 || (rest()[end] != ':' && rest()[end] != ')')) return;
        for (const char flag : std::string(rest().substr(0, end))) put(std::string(1, flag == 'm' ? 's' : flag), 1);
    }

    void repeat() {
        if (rest().starts_with("{,")) {
            put("{0,", 2);
            return;
        }
        const std::size_t close = rest().find('}');
        const bool counts = close != std::string_view::npos && close > 1 &&
                            rest().substr(1, close - 1).find_first_not_of("0123456789,") == std::string_view::npos;
        // Possessive in PCRE2, a repeat of a repeat in Ruby.
        if (counts && rest().substr(close + 1).starts_with('+')) refuse("{n,m}+");
        copy(1);
    }

    std::string_view in_;
    std::string where_;
    std::string out_;
    std::size_t at_ = 0;
    bool in_class_ = false;
};

}  // namespace

std::string pcre2_pattern(std::string_view oniguruma, const std::string& where) {
    return Translator(oniguruma, where).run();
}

}  // namespace rankscope::tokenization
