// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/vocabulary.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"

namespace rankscope::tokenization {
namespace {

// Room for holes; an id beyond it is damage, not a plan.
constexpr std::int64_t kMostHoles = 1 << 20;

}  // namespace

Vocabulary::Vocabulary(std::vector<std::pair<std::string, std::int64_t>> tokens, const std::string& where) {
    const std::int64_t bound = 4 * static_cast<std::int64_t>(tokens.size()) + kMostHoles;
    tokens_.reserve(tokens.size());  // the index keeps views of these strings
    ids_.reserve(tokens.size());
    for (auto& [token, id] : tokens) {
        if (id < 0 || id >= bound) {
            throw_input(fmt::format("bad token id: {}: found {} for '{}', expected 0 to {}", where, id,
                                    printable(token, 60), bound - 1));
        }
        if (id >= end()) slot_of_id_.resize(static_cast<std::size_t>(id) + 1, -1);
        std::int32_t& slot = slot_of_id_[static_cast<std::size_t>(id)];
        if (slot >= 0) {
            throw_input(fmt::format("bad token id: {}: found {} for '{}' and for '{}', expected one token per id", where, id,
                                    printable(tokens_[static_cast<std::size_t>(slot)], 60), printable(token, 60)));
        }
        slot = static_cast<std::int32_t>(tokens_.size());
        ids_.emplace(tokens_.emplace_back(std::move(token)), static_cast<std::int32_t>(id));
    }
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
}

const std::string* Vocabulary::token(std::int64_t id) const noexcept {
    if (id < 0 || id >= end() || slot_of_id_[static_cast<std::size_t>(id)] < 0) return nullptr;
    return &tokens_[static_cast<std::size_t>(slot_of_id_[static_cast<std::size_t>(id)])];
}

}  // namespace rankscope::tokenization
