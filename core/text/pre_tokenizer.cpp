// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/pre_tokenizer.hpp"

#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/normalizer.hpp"

namespace rankscope::tokenization {
namespace {

struct Segment {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool match = false;
};

/// The text as a row of matches and what lies between them. Matches may be empty.
std::vector<Segment> segments_of(const Regex& pattern, std::string_view text, bool complete, bool invert) {
    std::vector<Segment> segments;
    std::size_t done = 0;
    Regex::Span match;
    for (Matches matches(pattern, text, complete); matches.next(match); done = match.end) {
        if (done < match.begin) segments.push_back({done, match.begin, invert});
        segments.push_back({match.begin, match.end, !invert});
    }
    if (done < text.size()) segments.push_back({done, text.size(), invert});
    return segments;
}

}  // namespace

void PatternSplit::apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const {
    const std::vector<Segment> segments = segments_of(pattern_, piece.text, context.complete, invert_);
    std::size_t begin = 0;  // of the piece in the making
    const auto close = [&](std::size_t end) {
        if (begin < end) out.push_back(piece.part(begin, end));
        begin = end;
    };
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const Segment& segment = segments[i];
        const bool before = i > 0 && segments[i - 1].match;
        switch (behavior_) {
            case SplitBehavior::Isolated: close(segment.begin); break;
            case SplitBehavior::Removed:
                close(segment.begin);
                if (segment.match) begin = segment.end;
                break;
            case SplitBehavior::Contiguous:
                if (i > 0 && segment.match != before) close(segment.begin);
                break;
            case SplitBehavior::MergedWithPrevious:
                if (!segment.match || before) close(segment.begin);
                break;
            case SplitBehavior::MergedWithNext:
                if (segment.match || !before) close(segment.begin);
                break;
        }
    }
    if (begin < piece.text.size()) out.push_back(piece.part(begin, piece.text.size()));
}

void PrefixSpace::apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const {
    if (context.continued || piece.text.starts_with(' ')) {
        out.push_back(piece);
        return;
    }
    out.push_back(PrependNormalizer(" ").apply(piece, context));
}

void ByteCharacters::apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const {
    out.push_back(ByteLevelNormalizer().apply(piece, context));
}

void MetaspaceText::apply(const Piece& piece, const StepContext& context, std::vector<Piece>& out) const {
    PieceRewriter rewriter(piece, context.arena);
    const bool begins_with_it = piece.text.starts_with(' ') || piece.text.starts_with(replacement_);
    const bool wanted = prepend_ == Prepend::Always || (prepend_ == Prepend::First && piece.at(0) == 0);
    if (wanted && !begins_with_it && !context.continued) rewriter.replace(0, 0, replacement_);
    for (std::size_t at = piece.text.find(' '); at != std::string_view::npos; at = piece.text.find(' ', at + 1)) {
        rewriter.replace(at, at + 1, replacement_);
    }
    out.push_back(rewriter.finish());
}

}  // namespace rankscope::tokenization
