// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/bpe_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "core/base/error.hpp"
#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

constexpr std::size_t kMostRememberedWords = std::size_t{1} << 14;
constexpr std::size_t kLongestRememberedWord = 48;
constexpr std::size_t kLongestWord = std::size_t{1} << 30;

constexpr std::uint64_t pair_of(std::uint32_t high, std::uint32_t low) noexcept {
    return std::uint64_t{high} << 32 | low;
}

std::uint64_t pair_of_ids(std::int32_t left, std::int32_t right) noexcept {
    return pair_of(static_cast<std::uint32_t>(left), static_cast<std::uint32_t>(right));
}

/// The bytes of one character in a number.
std::uint32_t packed(std::string_view character) noexcept {
    std::uint32_t value = 0;
    for (const char c : character) value = value << 8 | static_cast<unsigned char>(c);
    return value;
}

bool is_one_character(std::string_view text) noexcept {
    return !text.empty() && sequence_length(text[0]) == text.size();
}

}  // namespace

struct BpeModel::WordScratch final : Model::Scratch {
    struct Remembered {
        std::string word;
        std::vector<std::pair<std::int32_t, std::uint32_t>> tokens;  ///< id, first byte
    };

    std::vector<Symbol> symbols;
    std::vector<std::uint64_t> queue;  ///< heap: rank, position of the left symbol
    std::vector<Remembered> remembered;
};

BpeModel::BpeModel(Vocabulary vocabulary, const Merges& merges, const BpeOptions& options, std::string where)
    : vocabulary_(std::move(vocabulary)), options_(options), where_(std::move(where)), merges_(merges.size()) {
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        const auto& [left, right] = merges[rank];
        const std::string merged = left + right;
        const auto id_of = [&](const std::string& token) {
            const auto id = vocabulary_.find(token);
            if (!id) {
                throw_input(fmt::format("bad merge: {}: model.merges[{}]: found '{}', expected a token of model.vocab",
                                        where_, rank, printable(token, 60)));
            }
            return *id;
        };
        const std::int32_t new_id = id_of(merged);
        merges_.set(pair_of_ids(id_of(left), id_of(right)),
                    pair_of(static_cast<std::uint32_t>(rank), static_cast<std::uint32_t>(new_id)));
        for (std::size_t i = 0; i + sequence_length(merged[i]) < merged.size();) {
            const std::size_t next = i + sequence_length(merged[i]);
            const auto a = std::string_view(merged).substr(i, next - i);
            const auto b = std::string_view(merged).substr(next, sequence_length(merged[next]));
            neighbours_.set(pair_of(packed(a), packed(b)), 1);
            i = next;
        }
    }
    for (std::int64_t id = 0; id < vocabulary_.end(); ++id) {
        const std::string* token = vocabulary_.token(id);
        if (token == nullptr) continue;
        if (is_one_character(*token)) characters_.set(packed(*token), static_cast<std::uint64_t>(id));
        if (!options_.ignore_merges) continue;
        const auto word = options_.bytes ? from_byte_characters(*token) : std::optional(*token);
        if (word) whole_words_.emplace(*word, static_cast<std::int32_t>(id));
    }
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto& character = byte_character(static_cast<unsigned char>(byte));
        byte_ids_[byte] = vocabulary_.find(character).value_or(-1);
        fallback_ids_[byte] =
            options_.byte_fallback ? vocabulary_.find(fmt::format("<0x{:02X}>", byte)).value_or(-1) : -1;
    }
    if (!options_.unknown.empty()) {
        unknown_ = vocabulary_.find(options_.unknown);
        if (!unknown_) {
            throw_input(fmt::format("bad unknown token: {}: model.unk_token: found '{}', expected a token of model.vocab",
                                    where_, printable(options_.unknown, 60)));
        }
    }
}

std::unique_ptr<Model::Scratch> BpeModel::make_scratch(std::size_t text_bytes) const {
    auto scratch = std::make_unique<WordScratch>();
    scratch->remembered.resize(std::clamp(text_bytes / 8, std::size_t{1}, kMostRememberedWords));
    return scratch;
}

bool BpeModel::may_join(std::string_view left, std::string_view right) const noexcept {
    const std::uint32_t a = packed(left);
    const std::uint32_t b = packed(right);
    if (neighbours_.find(pair_of(a, b)) != nullptr) return true;
    return characters_.find(a) == nullptr || characters_.find(b) == nullptr;
}

void BpeModel::add_character(std::string_view character, std::uint32_t begin, bool& unknown_open,
                             std::vector<Symbol>& symbols) const {
    const auto add = [&](std::int32_t id, std::uint32_t at) {
        const auto index = static_cast<std::int32_t>(symbols.size());
        symbols.push_back({id, at, index - 1, index + 1});
    };
    if (const auto* id = characters_.find(packed(character))) {
        unknown_open = false;
        add(static_cast<std::int32_t>(*id), begin);
        return;
    }
    const auto fallback = [&](char c) { return fallback_ids_[static_cast<unsigned char>(c)]; };
    if (std::all_of(character.begin(), character.end(), [&](char c) { return fallback(c) >= 0; })) {
        unknown_open = false;
        // A byte character stands for one byte of the word, whatever its own length.
        for (std::uint32_t i = 0; i < character.size(); ++i) add(fallback(character[i]), options_.bytes ? begin : begin + i);
        return;
    }
    if (!unknown_ || (unknown_open && options_.fuse_unknown)) return;
    add(*unknown_, begin);
    unknown_open = true;
}

void BpeModel::split_characters(std::string_view word, std::vector<Symbol>& symbols) const {
    symbols.clear();
    bool unknown_open = false;
    for (std::size_t i = 0; i < word.size();) {
        const auto begin = static_cast<std::uint32_t>(i);
        if (options_.bytes) {
            const auto byte = static_cast<unsigned char>(word[i++]);
            if (byte_ids_[byte] < 0) {
                add_character(byte_character(byte), begin, unknown_open, symbols);
                continue;
            }
            unknown_open = false;
            const auto index = static_cast<std::int32_t>(symbols.size());
            symbols.push_back({byte_ids_[byte], begin, index - 1, index + 1});
        } else {
            const std::size_t length = sequence_length(word[i]);
            add_character(word.substr(i, length), begin, unknown_open, symbols);
            i += length;
        }
    }
    if (!symbols.empty()) symbols.back().next = -1;
}

void BpeModel::merge_all(WordScratch& scratch) const {
    auto& symbols = scratch.symbols;
    auto& queue = scratch.queue;
    queue.clear();
    // A pair is named by rank and position of its left symbol; the smallest comes first, so equal ranks merge from left
    // to right. Entries are never removed: one whose pair has changed meanwhile is skipped when it comes up.
    const auto merge_at = [&](std::int32_t left) -> const std::uint64_t* {
        const Symbol& symbol = symbols[static_cast<std::size_t>(left)];
        if (symbol.next < 0) return nullptr;
        return merges_.find(pair_of_ids(symbol.id, symbols[static_cast<std::size_t>(symbol.next)].id));
    };
    const auto entry = [](std::uint64_t merge, std::int32_t left) {
        return pair_of(static_cast<std::uint32_t>(merge >> 32), static_cast<std::uint32_t>(left));
    };
    for (std::int32_t i = 0; i < std::ssize(symbols); ++i) {
        if (const auto* merge = merge_at(i)) queue.push_back(entry(*merge, i));
    }
    std::make_heap(queue.begin(), queue.end(), std::greater<>());
    const auto push = [&](std::int32_t left) {
        if (left < 0) return;
        if (const auto* merge = merge_at(left)) {
            queue.push_back(entry(*merge, left));
            std::push_heap(queue.begin(), queue.end(), std::greater<>());
        }
    };
    while (!queue.empty()) {
        const std::uint64_t top = queue.front();
        std::pop_heap(queue.begin(), queue.end(), std::greater<>());
        queue.pop_back();
        const auto left = static_cast<std::int32_t>(top & 0xffffffffu);
        Symbol& symbol = symbols[static_cast<std::size_t>(left)];
        if (symbol.id < 0) continue;
        const auto* merge = merge_at(left);
        if (merge == nullptr || *merge >> 32 != top >> 32) continue;
        Symbol& right = symbols[static_cast<std::size_t>(symbol.next)];
        symbol.id = static_cast<std::int32_t>(*merge & 0xffffffffu);
        symbol.next = right.next;
        right.id = -1;
        if (symbol.next >= 0) symbols[static_cast<std::size_t>(symbol.next)].previous = left;
        push(symbol.previous);
        push(left);
    }
}

void BpeModel::encode(const Piece& word, Scratch& any, TokenSink& sink) const {
    auto& scratch = static_cast<WordScratch&>(any);
    const std::string_view text = word.text;
    if (text.size() > kLongestWord) throw_input("word too long: " + where_ + ": found more than 1 GiB without a place to split");
    if (options_.ignore_merges) {
        if (const auto whole = whole_words_.find(std::string(text)); whole != whole_words_.end()) {
            sink.add(whole->second, word.at(0));
            return;
        }
    }
    WordScratch::Remembered* slot = nullptr;
    if (text.size() <= kLongestRememberedWord) {
        slot = &scratch.remembered[std::hash<std::string_view>()(text) % scratch.remembered.size()];
        if (slot->word == text) {
            for (const auto& [id, begin] : slot->tokens) sink.add(id, word.at(begin));
            return;
        }
        slot->word = text;
        slot->tokens.clear();
    }
    split_characters(text, scratch.symbols);
    merge_all(scratch);
    for (const Symbol& symbol : scratch.symbols) {
        if (symbol.id < 0) continue;
        if (slot != nullptr) slot->tokens.emplace_back(symbol.id, symbol.begin);
        sink.add(symbol.id, word.at(symbol.begin));
    }
}

void UnmergeableSplit::apply(const Piece& piece, const StepContext&, std::vector<Piece>& out) const {
    const std::string_view text = piece.text;
    std::size_t begin = 0;
    std::size_t left = 0;
    for (std::size_t i = sequence_length(text[0]); i < text.size();) {
        const std::size_t length = sequence_length(text[i]);
        if (!model_.may_join(text.substr(left, i - left), text.substr(i, length))) {
            out.push_back(piece.part(begin, i));
            begin = i;
        }
        left = i;
        i += length;
    }
    out.push_back(piece.part(begin, text.size()));
}

}  // namespace rankscope::tokenization
