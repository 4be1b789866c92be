// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/pipeline_tokenizer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/utf8.hpp"
#include "core/text/detail/byte_level.hpp"
#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

constexpr std::size_t kTokensPerBlock = 1 << 14;
// Origins within a block are 32-bit numbers; a character may become several.
constexpr std::size_t kLargestBlock = std::size_t{1} << 30;

std::vector<AddedToken> to_search(const Pipeline& pipeline, bool normalized) {
    std::vector<AddedToken> tokens;
    PieceArena arena;
    for (const AddedToken& token : pipeline.added) {
        if (token.normalized != normalized) continue;
        tokens.push_back(token);
        if (normalized && pipeline.normalizer && !token.content.empty()) {
            tokens.back().content = pipeline.normalizer->apply({token.content}, {arena}).text;
        }
    }
    return tokens;
}

}  // namespace

/// What one call of encode carries along.
struct PipelineTokenizer::Run {
    TokenSink sink;
    std::unique_ptr<Model::Scratch> scratch;
    PieceArena arena;
    std::vector<Piece> pieces;
    std::vector<Piece> next;
    bool wanted = true;
};

PipelineTokenizer::PipelineTokenizer(Pipeline pipeline, std::size_t first_block)
    : pipeline_(std::move(pipeline)),
      first_block_(first_block),
      raw_tokens_(to_search(pipeline_, false)),
      normalized_tokens_(to_search(pipeline_, true)),
      vocab_size_(pipeline_.model->vocabulary().end()) {
    for (std::size_t i = 0; i < pipeline_.added.size(); ++i) {
        added_by_id_.emplace(pipeline_.added[i].id, i);
        vocab_size_ = std::max(vocab_size_, std::int64_t{pipeline_.added[i].id} + 1);
    }
    const auto split = std::find_if(pipeline_.steps.begin(), pipeline_.steps.end(),
                                    [](const auto& step) { return !step->rewrites(); });
    piecewise_ = split != pipeline_.steps.end() && (*split)->piecewise();
}

const AddedToken* PipelineTokenizer::added(std::int32_t id) const {
    const auto found = added_by_id_.find(id);
    return found == added_by_id_.end() ? nullptr : &pipeline_.added[found->second];
}

/// Encodes what it can of text[begin, end) and returns where to go on: `begin` if the block is too small to tell.
std::size_t PipelineTokenizer::encode_block(const Piece& text, std::size_t begin, std::size_t end,
                                            const Normalizer* normalizer, Run& run) const {
    const bool complete = end == text.text.size();
    const bool continued = begin > 0;
    run.arena.clear();
    Piece block = text.part(begin, end);
    if (normalizer != nullptr) block = normalizer->apply(block, {run.arena, continued, complete});
    run.pieces.clear();
    if (!block.text.empty()) run.pieces.push_back(block);
    std::size_t next_begin = end;
    bool split = false;  // the first step that splits decides how far this block goes
    for (const auto& step : pipeline_.steps) {
        const bool first = !split && !step->rewrites();
        run.next.clear();
        for (const Piece& piece : run.pieces) {
            step->apply(piece, {run.arena, continued && !split, complete || split}, run.next);
        }
        std::erase_if(run.next, [](const Piece& piece) { return piece.text.empty(); });
        std::swap(run.pieces, run.next);
        split = split || first;
        if (!first || complete) continue;
        // The last two pieces are provisional. The rest has to begin where the normaliser can start afresh, and not
        // inside of what came from one character.
        std::size_t kept = run.pieces.size() >= 2 ? run.pieces.size() - 2 : 0;
        for (; kept > 0; --kept) {
            const Piece& before = run.pieces[kept - 1];
            const std::int64_t origin = run.pieces[kept].at(0);
            if (origin <= before.at(before.text.size() - 1)) continue;
            next_begin = text.origin == nullptr
                             ? static_cast<std::size_t>(origin - text.base)
                             : static_cast<std::size_t>(std::lower_bound(text.origin + begin, text.origin + end,
                                                                         origin - text.base) -
                                                        text.origin);
            if (normalizer == nullptr || normalizer->safe_before(text.text.substr(next_begin))) break;
        }
        if (kept == 0) return begin;
        run.pieces.resize(kept);
    }
    if (!complete && !split) return begin;
    for (const Piece& piece : run.pieces) {
        pipeline_.model->encode(piece, *run.scratch, run.sink);
        run.wanted = run.sink.flush(kTokensPerBlock);
        if (!run.wanted) break;
    }
    return next_begin;
}

/// A stretch without added tokens; `normalizer` null: it is normalised already.
void PipelineTokenizer::encode_stretch(const Piece& text, const Normalizer* normalizer, Run& run) const {
    const std::size_t size = text.text.size();
    const bool piecewise = piecewise_ && (normalizer == nullptr || normalizer->piecewise());
    std::size_t block = piecewise ? first_block_ : size;
    for (std::size_t begin = 0; begin < size && run.wanted;) {
        std::size_t end = std::min(size, begin + std::min(block, size - begin));
        const auto may_end = [&] {
            return !is_continuation(text.text[end]) &&
                   (normalizer == nullptr || normalizer->safe_before(text.text.substr(end)));
        };
        while (end < size && !may_end()) ++end;
        if (end - begin > kLargestBlock) {
            throw_input("text: found more than 1 GiB without a place where it can be split, expected words");
        }
        const std::size_t next = encode_block(text, begin, end, normalizer, run);
        // Doubling keeps the work linear when a word is longer than a block.
        block = next == begin ? 2 * block : first_block_;
        begin = next;
    }
}

/// Text between raw added tokens: normalised tokens are searched in it, where there are any.
void PipelineTokenizer::encode_between(const Piece& text, Run& run) const {
    const Normalizer* normalizer = pipeline_.normalizer.get();
    if (normalized_tokens_.empty()) return encode_stretch(text, normalizer, run);
    if (text.text.size() > kLargestBlock && normalizer != nullptr) {
        throw_input("text: found more than 1 GiB between special tokens, expected less with this tokenizer");
    }
    PieceArena arena;
    const Piece normal = normalizer == nullptr ? text : normalizer->apply(text, {arena});
    auto parts = normalized_tokens_.parts(normal.text);
    while (const auto part = parts.next()) {
        if (!run.wanted) return;
        const Piece piece = normal.part(part->begin, part->end);
        if (part->id) {
            run.sink.add(*part->id, piece.at(0));
        } else {
            encode_stretch(piece, nullptr, run);
        }
    }
}

void PipelineTokenizer::encode_blocks(std::string_view text, bool post_process, const TakeTokens& take) const {
    if (const auto bad = find_invalid_utf8(text)) {
        throw_input(fmt::format("not UTF-8: text: found an invalid byte at offset {}, expected UTF-8", *bad));
    }
    Run run{TokenSink(take), pipeline_.model->make_scratch(text.size()), {}, {}, {}};
    if (post_process) {
        for (const std::int32_t id : pipeline_.prefix) run.sink.add(id, 0);
    }
    auto parts = raw_tokens_.parts(text);
    while (const auto part = parts.next()) {
        const auto begin = static_cast<std::int64_t>(part->begin);
        if (part->id) {
            run.sink.add(*part->id, begin);
            run.wanted = run.sink.flush(kTokensPerBlock);
        } else {
            encode_between({text.substr(part->begin, part->end - part->begin), begin, nullptr}, run);
        }
        if (!run.wanted) return;
    }
    if (post_process) {
        for (const std::int32_t id : pipeline_.suffix) run.sink.add(id, static_cast<std::int64_t>(text.size()));
    }
    run.sink.flush();
}

std::vector<std::int32_t> PipelineTokenizer::encode(std::string_view text, bool post_process) const {
    std::vector<std::int32_t> ids;
    encode_blocks(text, post_process, [&](auto block, auto) {
        ids.insert(ids.end(), block.begin(), block.end());
        return true;
    });
    return ids;
}

Tokenizer::Encoding PipelineTokenizer::encode_with_offsets(std::string_view text, bool post_process) const {
    Encoding all;
    encode_blocks(text, post_process, [&](auto ids, auto begin) {
        all.ids.insert(all.ids.end(), ids.begin(), ids.end());
        all.begin.insert(all.begin.end(), begin.begin(), begin.end());
        return true;
    });
    return all;
}

std::string PipelineTokenizer::decode(std::span<const std::int32_t> ids, SpecialTokens special) const {
    const bool keep = special == SpecialTokens::Keep || (special == SpecialTokens::Default && pipeline_.keeps_special);
    std::vector<std::string> tokens;
    tokens.reserve(ids.size());
    for (const std::int32_t id : ids) {
        if (const AddedToken* token = added(id)) {
            if (keep || !token->special) tokens.push_back(token->content);
        } else if (const std::string* spelling = pipeline_.model->vocabulary().token(id)) {
            tokens.push_back(*spelling);
        }
    }
    const std::string_view separator = pipeline_.decoder ? "" : " ";
    if (pipeline_.decoder) tokens = pipeline_.decoder->apply(std::move(tokens));
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (i > 0) text += separator;
        text += tokens[i];
    }
    return text;
}

std::string PipelineTokenizer::token(std::int32_t id) const {
    if (const AddedToken* token = added(id)) return token->content;
    const std::string* spelling = pipeline_.model->vocabulary().token(id);
    return spelling == nullptr ? std::string() : *spelling;
}

std::string PipelineTokenizer::token_bytes(std::int32_t id) const {
    const std::string spelling = token(id);
    if (pipeline_.kind == "word_level" || added(id) != nullptr) return spelling;
    if (pipeline_.kind == "byte_level_bpe") return from_byte_characters(spelling).value_or(spelling);
    if (const int byte = fallback_byte(spelling); byte >= 0) return {static_cast<char>(byte)};
    return MetaspaceDecoder("\xe2\x96\x81", false).apply({spelling}).front();
}

}  // namespace rankscope::tokenization
