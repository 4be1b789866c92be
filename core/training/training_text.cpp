// SPDX-License-Identifier: Apache-2.0
#include "core/training/training_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/random.hpp"
#include "core/base/utf8.hpp"

namespace rankscope {
namespace {

std::string hash_of(const std::vector<std::vector<std::int32_t>>& documents) {
    Sha256 hash;
    for (const auto& document : documents) {
        const auto size = static_cast<std::int64_t>(document.size());
        hash.update(std::as_bytes(std::span(&size, 1)));
        hash.update(std::as_bytes(std::span(document)));
    }
    return hash.hex();
}

void append_checked(std::vector<std::vector<std::int32_t>>& documents, std::vector<std::int32_t> ids,
                    std::int64_t vocab_size, const std::string& where) {
    for (const std::int32_t id : ids) {
        if (id < 0 || id >= vocab_size) {
            throw_input(fmt::format("token outside the vocabulary: {}: found id {}, expected below vocab_size {}",
                                    where, id, vocab_size),
                        "raise vocab_size in the configuration to that of the tokenizer");
        }
    }
    if (!ids.empty()) documents.push_back(std::move(ids));
}

}  // namespace

TrainingText::TrainingText(const std::vector<std::vector<std::int32_t>>& documents,
                           std::optional<std::int32_t> end_of_text, WindowAlignment align, std::int64_t length,
                           std::uint64_t seed)
    : length_(length), seed_(seed), hash_(hash_of(documents)) {
    for (const auto& document : documents) {
        const auto begin = static_cast<std::int64_t>(ids_.size());
        ids_.insert(ids_.end(), document.begin(), document.end());
        const auto end = static_cast<std::int64_t>(ids_.size());
        if (align == WindowAlignment::None) {
            if (end_of_text) ids_.push_back(*end_of_text);
            continue;
        }
        // A piece of one token has nothing to predict.
        for (std::int64_t first = begin; end - first >= 2; first += length) lines_.push_back({first, end});
    }
    if (align == WindowAlignment::Line) {
        windows_ = static_cast<std::int64_t>(lines_.size());
        if (windows_ == 0) throw_input("training text: found no line of two tokens or more");
        return;
    }
    if (tokens() <= length) {
        throw_input(fmt::format("training text too short: found {} tokens, expected more than 'training.length' {}",
                                tokens(), length),
                    "give more text or a smaller training.length");
    }
    windows_ = std::max<std::int64_t>(1, (tokens() - 1) / length - 1);
}

void TrainingText::begin_epoch(std::int64_t epoch) const {
    if (epoch == epoch_) return;
    Random random(seed_, static_cast<std::uint64_t>(epoch));
    // What the windows leave over (between one and two windows, in a long text) is the room the offset has.
    offset_ = lines_.empty() ? static_cast<std::int64_t>(random.below(
                                   static_cast<std::uint64_t>(tokens() - windows_ * length_)))
                             : 0;
    order_.resize(static_cast<std::size_t>(windows_));
    std::iota(order_.begin(), order_.end(), std::int64_t{0});
    random.shuffle(order_);
    epoch_ = epoch;
}

void TrainingText::window(std::int64_t index, std::span<std::int64_t> inputs, std::span<std::int64_t> targets) const {
    begin_epoch(index / windows_);
    const std::int64_t chosen = order_[static_cast<std::size_t>(index % windows_)];
    const Piece piece = lines_.empty() ? Piece{offset_ + chosen * length_, tokens()}
                                       : lines_[static_cast<std::size_t>(chosen)];
    for (std::int64_t i = 0; i < length_; ++i) {
        const std::int64_t at = piece.begin + i;
        const auto slot = static_cast<std::size_t>(i);
        inputs[slot] = at < piece.end ? ids_[static_cast<std::size_t>(at)] : 0;
        targets[slot] = at + 1 < piece.end ? ids_[static_cast<std::size_t>(at + 1)] : kNoTarget;
    }
}

std::vector<std::vector<std::int32_t>> read_documents(const std::vector<std::filesystem::path>& files,
                                                      const Tokenizer& tokenizer, WindowAlignment align,
                                                      std::int64_t vocab_size, const Progress& progress) {
    std::vector<std::vector<std::int32_t>> documents;
    double done = 0;
    for (const auto& file : files) {
        progress.update({done++, static_cast<double>(files.size()), "files", -1, "tokenizing"});
        const std::string name = printable(file.string());
        const std::string text = read_text_file(file);
        if (const auto offset = find_invalid_utf8(text)) {
            throw_input(fmt::format("invalid UTF-8: {}: found at byte {}", name, *offset),
                        "convert the text to UTF-8 first");
        }
        if (align == WindowAlignment::None) {
            append_checked(documents, tokenizer.encode(text, false), vocab_size, name);
            continue;
        }
        const std::string_view all = text;
        for (std::size_t begin = 0; begin < all.size();) {
            const std::size_t end = std::min(all.find('\n', begin), all.size());
            append_checked(documents, tokenizer.encode(all.substr(begin, end - begin), false), vocab_size, name);
            begin = end + 1;
            if ((documents.size() & 0xff) == 0) progress.check();
        }
    }
    return documents;
}

}  // namespace rankscope
