// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/progress.hpp"
#include "core/text/tokenizer.hpp"
#include "core/training/training_options.hpp"

namespace rankscope {

/// Target of a position that is not scored.
inline constexpr std::int64_t kNoTarget = -1;

/// Texts to train on, tokenised once and kept as ids, and the windows cut from them.
///
/// Windows are drawn without replacement: every epoch cuts the text into windows at a new offset and visits them in a
/// new order. Window number i is a pure function of (text, seed, i), which makes a resumed run exact.
class TrainingText {
public:
    /// `documents`: ids of each document; with an `end_of_text` id it is put behind each of them (WindowAlignment::None).
    /// Error{Input}: not enough tokens for one window.
    TrainingText(const std::vector<std::vector<std::int32_t>>& documents, std::optional<std::int32_t> end_of_text,
                 WindowAlignment align, std::int64_t length, std::uint64_t seed);

    [[nodiscard]] std::int64_t tokens() const noexcept { return static_cast<std::int64_t>(ids_.size()); }

    [[nodiscard]] std::int64_t windows_per_epoch() const noexcept { return windows_; }

    /// SHA-256 over ids and borders of the documents.
    [[nodiscard]] const std::string& hash() const noexcept { return hash_; }

    /// Window number `index` >= 0, counted over all epochs: `length` inputs, and for each the id that follows or kNoTarget
    /// (behind the end of a line).
    void window(std::int64_t index, std::span<std::int64_t> inputs, std::span<std::int64_t> targets) const;

private:
    struct Piece {
        std::int64_t begin = 0;
        std::int64_t end = 0;  ///< of the document: no target lies beyond
    };

    void begin_epoch(std::int64_t epoch) const;

    std::vector<std::int32_t> ids_;
    std::vector<Piece> lines_;  ///< WindowAlignment::Line only
    std::int64_t length_ = 0;
    std::int64_t windows_ = 0;
    std::uint64_t seed_ = 0;
    std::string hash_;
    mutable std::int64_t epoch_ = -1;
    mutable std::int64_t offset_ = 0;
    mutable std::vector<std::int64_t> order_;
};

/// Tokenises files as documents; with WindowAlignment::Line each of their lines. Post-processor tokens are not added.
/// Error{Input}: invalid UTF-8 (byte offset named), an id that a vocabulary of `vocab_size` does not have.
[[nodiscard]] std::vector<std::vector<std::int32_t>> read_documents(const std::vector<std::filesystem::path>& files,
                                                                    const Tokenizer& tokenizer, WindowAlignment align,
                                                                    std::int64_t vocab_size,
                                                                    const Progress& progress);

}  // namespace rankscope
