// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/detail/number_map.hpp"

namespace rankscope::tokenization {

/// An entry of `added_tokens`: found in the text before anything else happens to it.
struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool single_word = false;  ///< not inside of a word
    bool lstrip = false;       ///< takes the white space before it along
    bool rstrip = false;       ///< and that behind it
    bool normalized = false;   ///< searched in the normalised text, not in the original
    bool special = false;
};

/// Finds added tokens: the leftmost, of several at one place the longest. Linear in the text.
class AddedTokenFinder {
public:
    struct Part {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::optional<std::int32_t> id;  ///< none: text between added tokens
    };

    /// `tokens` with the contents to look for.
    explicit AddedTokenFinder(std::vector<AddedToken> tokens);

    [[nodiscard]] bool empty() const noexcept { return tokens_.empty(); }

    /// A text as a row of added tokens and what lies between them, handed out one by one: there may be millions.
    class Parts {
    public:
        Parts(const AddedTokenFinder& finder, std::string_view text) : finder_(finder), text_(text) {}

        [[nodiscard]] std::optional<Part> next();

    private:
        const AddedTokenFinder& finder_;
        std::string_view text_;
        std::size_t done_ = 0;      ///< end of the last token found
        std::size_t search_ = 0;    ///< where the search goes on
        std::optional<Part> held_;  ///< the token behind the text handed out last
    };

    [[nodiscard]] Parts parts(std::string_view text) const { return {*this, text}; }

private:
    struct Hit {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t token = 0;
    };

    [[nodiscard]] std::optional<Hit> find(std::string_view text, std::size_t from) const;

    std::vector<AddedToken> tokens_;
    NumberMap children_;                  ///< trie: node and byte -> node
    std::vector<std::int64_t> token_at_;  ///< of each node, -1 if none ends there
    std::array<bool, 256> first_{};
};

}  // namespace rankscope::tokenization
