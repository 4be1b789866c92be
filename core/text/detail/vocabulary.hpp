// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace rankscope::tokenization {

/// Tokens and their ids. Ids need not be dense.
class Vocabulary {
public:
    Vocabulary() = default;

    /// Error{Input}, naming `where`: an id below 0 or far beyond the number of tokens, or given to two tokens.
    Vocabulary(std::vector<std::pair<std::string, std::int64_t>> tokens, const std::string& where);

    [[nodiscard]] std::optional<std::int32_t> find(std::string_view token) const;

    /// Null if no token has this id.
    [[nodiscard]] const std::string* token(std::int64_t id) const noexcept;

    /// All ids are below this.
    [[nodiscard]] std::int64_t end() const noexcept { return static_cast<std::int64_t>(slot_of_id_.size()); }

    [[nodiscard]] std::size_t size() const noexcept { return tokens_.size(); }

private:
    std::vector<std::string> tokens_;
    std::vector<std::int32_t> slot_of_id_;  ///< into tokens_, -1 for ids without a token
    std::unordered_map<std::string_view, std::int32_t> ids_;
};

}  // namespace rankscope::tokenization
