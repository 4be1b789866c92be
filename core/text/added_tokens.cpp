// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/added_tokens.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

/// What counts as part of a word beside a `single_word` token: letters, marks, decimal digits, connectors and joiners.
bool is_word_character(char32_t c) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_PC: return true;
        default: return c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f189);
    }
}

std::size_t last_character(std::string_view text, std::size_t end) {
    std::size_t begin = end - 1;
    while (begin > 0 && is_continuation(text[begin])) --begin;
    return begin;
}

}  // namespace

AddedTokenFinder::AddedTokenFinder(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)), token_at_{-1} {
    std::erase_if(tokens_, [](const AddedToken& token) { return token.content.empty(); });
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
        std::uint64_t node = 0;
        for (const char c : tokens_[i].content) {
            const std::uint64_t key = node << 8 | static_cast<unsigned char>(c);
            if (const auto* child = children_.find(key)) {
                node = *child;
            } else {
                node = token_at_.size();
                children_.set(key, node);
                token_at_.push_back(-1);
            }
        }
        token_at_[node] = static_cast<std::int64_t>(i);
        first_[static_cast<unsigned char>(tokens_[i].content[0])] = true;
    }
}

std::optional<AddedTokenFinder::Hit> AddedTokenFinder::find(std::string_view text, std::size_t from) const {
    for (std::size_t begin = from; begin < text.size(); ++begin) {
        if (!first_[static_cast<unsigned char>(text[begin])]) continue;
        std::optional<Hit> longest;
        std::uint64_t node = 0;
        for (std::size_t i = begin; i < text.size(); ++i) {
            const auto* child = children_.find(node << 8 | static_cast<unsigned char>(text[i]));
            if (child == nullptr) break;
            node = *child;
            if (token_at_[node] >= 0) longest = Hit{begin, i + 1, static_cast<std::size_t>(token_at_[node])};
        }
        if (longest) return longest;
    }
    return std::nullopt;
}

std::optional<AddedTokenFinder::Part> AddedTokenFinder::Parts::next() {
    if (held_) return std::exchange(held_, std::nullopt);
    while (const auto hit = finder_.find(text_, search_)) {
        const AddedToken& token = finder_.tokens_[hit->token];
        const bool word_before =
            hit->begin > 0 && is_word_character(code_point_at(text_, last_character(text_, hit->begin)));
        const bool word_behind = hit->end < text_.size() && is_word_character(code_point_at(text_, hit->end));
        search_ = hit->end;
        if (token.single_word && (word_before || word_behind)) continue;
        std::size_t begin = hit->begin;
        std::size_t end = hit->end;
        while (token.lstrip && begin > done_) {
            const std::size_t last = last_character(text_, begin);
            if (!is_white_space(code_point_at(text_, last))) break;
            begin = last;
        }
        while (token.rstrip && end < text_.size() && is_white_space(code_point_at(text_, end))) {
            end += sequence_length(text_[end]);
        }
        // A token may begin within white space that the one before took along: it counts, the text between does not.
        begin = std::min(std::max(begin, done_), hit->begin);
        const Part found{begin, end, token.id};
        const std::size_t before = std::exchange(done_, end);
        if (begin <= before) return found;
        held_ = found;
        return Part{before, begin, std::nullopt};
    }
    if (done_ >= text_.size()) return std::nullopt;
    const Part rest{done_, text_.size(), std::nullopt};
    done_ = text_.size();
    return rest;
}

}  // namespace rankscope::tokenization
