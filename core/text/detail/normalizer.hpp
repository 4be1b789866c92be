// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/detail/piece.hpp"
#include "core/text/detail/regex.hpp"

namespace rankscope::tokenization {

/// Rewrites a stretch of text before it is split. Immutable.
class Normalizer {
public:
    virtual ~Normalizer() = default;
    [[nodiscard]] virtual Piece apply(const Piece& piece, const StepContext& context) const = 0;

    /// True if a text may be cut anywhere before a character that `safe_before` accepts, each part be normalised on its
    /// own (`continued` from the second on) and the results be joined.
    [[nodiscard]] virtual bool piecewise() const { return true; }

    /// `rest` is valid UTF-8 and not empty.
    [[nodiscard]] virtual bool safe_before(std::string_view) const { return true; }
};

/// Parts one after the other.
class NormalizerSequence final : public Normalizer {
public:
    explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> parts) : parts_(std::move(parts)) {}

    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;
    [[nodiscard]] bool piecewise() const override;
    [[nodiscard]] bool safe_before(std::string_view rest) const override;

private:
    std::vector<std::unique_ptr<Normalizer>> parts_;
};

/// Puts `text` before every stretch that is not empty.
class PrependNormalizer final : public Normalizer {
public:
    explicit PrependNormalizer(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;

private:
    std::string text_;
};

/// Replaces every match of a pattern by a fixed text.
class ReplaceNormalizer final : public Normalizer {
public:
    /// `single_character`: the pattern matches one certain character, so cutting the text cannot split a match.
    ReplaceNormalizer(Regex pattern, std::string content, bool single_character)
        : pattern_(std::move(pattern)), content_(std::move(content)), single_character_(single_character) {}

    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;

    [[nodiscard]] bool piecewise() const override { return single_character_; }

private:
    Regex pattern_;
    std::string content_;
    bool single_character_;
};

/// Removes white space at the ends.
class StripNormalizer final : public Normalizer {
public:
    StripNormalizer(bool left, bool right) : left_(left), right_(right) {}

    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;

    [[nodiscard]] bool piecewise() const override { return false; }

private:
    bool left_;
    bool right_;
};

class LowercaseNormalizer final : public Normalizer {
public:
    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;
};

/// Every byte becomes the character that stands for it.
class ByteLevelNormalizer final : public Normalizer {
public:
    [[nodiscard]] Piece apply(const Piece& piece, const StepContext& context) const override;
};

}  // namespace rankscope::tokenization
