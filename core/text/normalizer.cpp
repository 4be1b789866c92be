// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/normalizer.hpp"

#include <utf8proc.h>

#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {

Piece NormalizerSequence::apply(const Piece& piece, const StepContext& context) const {
    Piece current = piece;
    for (const auto& part : parts_) current = part->apply(current, context);
    return current;
}

bool NormalizerSequence::piecewise() const {
    for (const auto& part : parts_) {
        if (!part->piecewise()) return false;
    }
    return true;
}

bool NormalizerSequence::safe_before(std::string_view rest) const {
    for (const auto& part : parts_) {
        if (!part->safe_before(rest)) return false;
    }
    return true;
}

Piece PrependNormalizer::apply(const Piece& piece, const StepContext& context) const {
    if (context.continued || piece.text.empty()) return piece;
    PieceRewriter out(piece, context.arena);
    out.replace(0, 0, text_);
    return out.finish();
}

Piece ReplaceNormalizer::apply(const Piece& piece, const StepContext& context) const {
    PieceRewriter out(piece, context.arena);
    Regex::Span match;
    for (Matches matches(pattern_, piece.text); matches.next(match);) out.replace(match.begin, match.end, content_);
    return out.finish();
}

Piece StripNormalizer::apply(const Piece& piece, const StepContext&) const {
    std::size_t begin = 0;
    std::size_t end = piece.text.size();
    while (left_ && begin < end && is_white_space(code_point_at(piece.text, begin))) {
        begin += sequence_length(piece.text[begin]);
    }
    while (right_ && begin < end) {
        std::size_t last = end - 1;
        while (last > begin && is_continuation(piece.text[last])) --last;
        if (!is_white_space(code_point_at(piece.text, last))) break;
        end = last;
    }
    return piece.part(begin, end);
}

Piece LowercaseNormalizer::apply(const Piece& piece, const StepContext& context) const {
    PieceRewriter out(piece, context.arena);
    std::string lower;
    for (std::size_t i = 0; i < piece.text.size();) {
        const std::size_t length = sequence_length(piece.text[i]);
        const char32_t c = code_point_at(piece.text, i);
        const auto small = static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c)));
        if (c == 0x130) {
            // The only character whose lower case is two: i and a dot above.
            out.replace(i, i + length, "i\xcc\x87");
        } else if (small != c) {
            lower.clear();
            append_code_point(lower, small);
            out.replace(i, i + length, lower);
        }
        i += length;
    }
    return out.finish();
}

Piece ByteLevelNormalizer::apply(const Piece& piece, const StepContext& context) const {
    PieceRewriter out(piece, context.arena);
    for (std::size_t i = 0; i < piece.text.size(); ++i) {
        const std::string& character = byte_character(static_cast<unsigned char>(piece.text[i]));
        if (character.size() != 1 || character[0] != piece.text[i]) out.replace(i, i + 1, character);
    }
    return out.finish();
}

}  // namespace rankscope::tokenization
