// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct pcre2_real_code_8;

namespace rankscope::tokenization {

/// Rewrites a regular expression of tokenizer.json (Oniguruma, Ruby syntax) for PCRE2. What cannot be said there with
/// the same meaning is Error{Unsupported}; `where` names it.
[[nodiscard]] std::string pcre2_pattern(std::string_view oniguruma, const std::string& where);

/// A compiled regular expression over valid UTF-8, with Unicode properties. Safe to share between threads.
class Regex {
public:
    enum class Found {
        Match,
        Nothing,
        Partial,  ///< what comes after the subject could make or change a match
    };

    struct Span {
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    /// `pattern` in PCRE2 syntax. Error{Unsupported} if PCRE2 cannot read it.
    Regex(const std::string& pattern, const std::string& where);

    /// First match at or after `from` (a character border). `complete` false: more text may follow the subject.
    /// Error{Input} when the pattern backtracks beyond all measure.
    [[nodiscard]] Found find(std::string_view subject, std::size_t from, bool complete, Span& span) const;

    /// True if where it matches never depends on what stands before the place where the search begins.
    [[nodiscard]] bool looks_ahead_only() const noexcept { return looks_ahead_only_; }

    [[nodiscard]] static bool compiles(const std::string& pattern);

private:
    std::shared_ptr<pcre2_real_code_8> code_;
    std::string pattern_;
    std::string where_;
    bool looks_ahead_only_ = false;
};

/// The matches of a pattern from left to right. An empty match right behind another match is none (as in Oniguruma).
class Matches {
public:
    Matches(const Regex& regex, std::string_view subject, bool complete = true)
        : regex_(regex), subject_(subject), complete_(complete) {}

    /// False when there is none left, or what follows the subject could change the next one.
    [[nodiscard]] bool next(Regex::Span& span);

private:
    const Regex& regex_;
    std::string_view subject_;
    bool complete_;
    std::size_t from_ = 0;
    std::size_t last_end_ = std::string_view::npos;
};

/// The characters of `text` as a pattern that matches just them.
[[nodiscard]] std::string quote_pattern(std::string_view text);

}  // namespace rankscope::tokenization
