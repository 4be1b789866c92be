// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope::tokenization {

/// A stretch of text on its way through the pipeline, and where each of its bytes came from.
struct Piece {
    std::string_view text;
    std::int64_t base = 0;                  ///< offset in the user's text that `origin` counts from
    const std::uint32_t* origin = nullptr;  ///< one entry per byte of `text`, never falling; null: byte i is base + i

    /// Offset in the user's text of byte `i`.
    [[nodiscard]] std::int64_t at(std::size_t i) const noexcept {
        return base + (origin == nullptr ? static_cast<std::int64_t>(i) : std::int64_t{origin[i]});
    }

    [[nodiscard]] Piece part(std::size_t begin, std::size_t end) const noexcept {
        const std::string_view inner = text.substr(begin, end - begin);
        if (origin == nullptr) return {inner, base + static_cast<std::int64_t>(begin), nullptr};
        return {inner, base, origin + begin};
    }
};

/// Owns the texts that pipeline steps had to rewrite, for as long as their pieces are in use.
class PieceArena {
public:
    struct Owned {
        std::string text;
        std::vector<std::uint32_t> origin;
    };

    [[nodiscard]] Owned& add() { return owned_.emplace_back(); }

    void clear() { owned_.clear(); }

private:
    std::deque<Owned> owned_;
};

/// Rewrites a piece from left to right and keeps track of origins. A piece that nothing happens to is not copied.
class PieceRewriter {
public:
    PieceRewriter(const Piece& piece, PieceArena& arena) : piece_(piece), arena_(arena) {}

    /// Puts `text` in place of bytes [begin, end); calls come in ascending order. New bytes originate at `begin`.
    void replace(std::size_t begin, std::size_t end, std::string_view text);
    [[nodiscard]] Piece finish();

private:
    void copy_to(std::size_t end);
    [[nodiscard]] std::uint32_t relative(std::size_t i) const noexcept;

    Piece piece_;
    PieceArena& arena_;
    PieceArena::Owned* out_ = nullptr;
    std::size_t done_ = 0;
};

/// What a step may know besides the piece itself.
struct StepContext {
    PieceArena& arena;
    bool continued = false;  ///< the piece goes on from an earlier one of the same stretch: nothing is put before it
    bool complete = true;    ///< nothing follows; otherwise the last two pieces of a split are provisional
};

}  // namespace rankscope::tokenization
