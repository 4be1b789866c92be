// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/text/detail/piece.hpp"
#include "core/text/detail/regex.hpp"

namespace rankscope::tokenization {

/// One step on the way from a normalised stretch of text to words: either rewrites a piece or splits it. Immutable.
class PreTokenizerStep {
public:
    virtual ~PreTokenizerStep() = default;

    /// Appends what `piece` becomes to `out`; empty pieces are left out.
    virtual void apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const = 0;

    /// True: exactly one piece for one piece, character by character.
    [[nodiscard]] virtual bool rewrites() const { return false; }

    /// True if a text may be cut where a piece begins and the rest be split on its own with the same result.
    [[nodiscard]] virtual bool piecewise() const { return true; }
};

enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// Splits at the matches of a pattern.
class PatternSplit final : public PreTokenizerStep {
public:
    /// `invert`: what lies between matches counts as a match, and the other way round.
    PatternSplit(Regex pattern, SplitBehavior behavior, bool invert)
        : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

    void apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const override;

    [[nodiscard]] bool piecewise() const override { return pattern_.looks_ahead_only(); }

private:
    Regex pattern_;
    SplitBehavior behavior_;
    bool invert_;
};

/// Puts a space before a piece that does not begin with one (ByteLevel's add_prefix_space).
class PrefixSpace final : public PreTokenizerStep {
public:
    void apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const override;

    [[nodiscard]] bool rewrites() const override { return true; }
};

/// Bytes to the characters that stand for them, for steps that come after ByteLevel.
class ByteCharacters final : public PreTokenizerStep {
public:
    void apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const override;

    [[nodiscard]] bool rewrites() const override { return true; }
};

/// Metaspace without its splitting: spaces become `replacement`, and one is put before the piece if it has none there.
class MetaspaceText final : public PreTokenizerStep {
public:
    enum class Prepend { Always, First, Never };  ///< First: only where the whole text begins

    MetaspaceText(std::string replacement, Prepend prepend)
        : replacement_(std::move(replacement)), prepend_(prepend) {}

    void apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const override;

    [[nodiscard]] bool rewrites() const override { return true; }

private:
    std::string replacement_;
    Prepend prepend_;
};

}  // namespace rankscope::tokenization
