// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/sentencepiece_tokenizer.hpp"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/utf8.hpp"
#include "core/text/detail/decoder.hpp"

namespace rankscope::tokenization {
namespace {

constexpr std::string_view kSpaceMark = "\xe2\x96\x81";
constexpr std::string_view kPlainCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::size_t kLargestFile = std::size_t{1} << 28;
// libsentencepiece counts bytes in 32 bits and keeps some hundred bytes per character.
constexpr std::size_t kLargestBlock = std::size_t{1} << 30;

/// True if a space stands behind another character somewhere in the piece.
bool has_inner_space(std::string_view piece) {
    while (piece.starts_with(kSpaceMark)) piece.remove_prefix(kSpaceMark.size());
    return piece.find(kSpaceMark) != std::string_view::npos || piece.find(' ') != std::string_view::npos;
}

absl::string_view view_of(std::string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(const std::filesystem::path& file, std::int64_t model_vocab_size,
                                               std::size_t block)
    : processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()), block_(block) {
    const std::string where = printable(file.string());
    const auto status = processor_->LoadFromSerializedProto(read_text_file(file, kLargestFile));
    if (!status.ok()) {
        throw_input(fmt::format("bad tokenizer: {}: found no SentencePiece model ({})", where, printable(status.ToString())));
    }
    size_ = processor_->GetPieceSize();
    if (model_vocab_size > 0 && size_ > model_vocab_size) {
        throw_input(fmt::format("token outside the model's vocabulary: {}: found id {} for '{}', expected below vocab_size {}",
                                where, model_vocab_size,
                                printable(processor_->IdToPiece(static_cast<int>(model_vocab_size)), 60), model_vocab_size),
                    "the tokenizer belongs to another model");
    }
    piecewise_ = splits_at_spaces();
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

/// True if "a b" can be encoded as "a" and "b": the model puts a space before every text, no piece joins a space to what
/// stands before it, and merging is by whole-number ranks (sums of log probabilities could round differently).
bool SentencePieceTokenizer::splits_at_spaces() {
    const auto known = [&](const std::string& piece) { return !processor_->IsUnknown(processor_->PieceToId(piece)); };
    if (!known(std::string(kSpaceMark))) return false;
    // Neighbouring unknown characters become one token, so both sides of a cut must be known.
    for (const char c : kPlainCharacters) plain_[static_cast<unsigned char>(c)] = known(std::string(1, c));
    for (int id = 0; id < size_; ++id) {
        const float score = processor_->GetScore(id);
        if (has_inner_space(processor_->IdToPiece(id)) || score != std::floor(score)) return false;
    }
    std::vector<int> whole, left, right;
    if (!processor_->Encode("a b", &whole).ok() || !processor_->Encode("a", &left).ok() ||
        !processor_->Encode("b", &right).ok()) {
        return false;
    }
    left.insert(left.end(), right.begin(), right.end());
    return whole == left;
}

std::size_t SentencePieceTokenizer::block_end(std::string_view text, std::size_t begin) const {
    if (!piecewise_ || text.size() - begin <= block_) return text.size();
    const auto plain = [&](std::size_t i) { return plain_[static_cast<unsigned char>(text[i])]; };
    for (std::size_t i = begin + std::max<std::size_t>(block_, 1); i + 1 < text.size(); ++i) {
        if (text[i] == ' ' && plain(i - 1) && plain(i + 1)) return i;
    }
    return text.size();
}

void SentencePieceTokenizer::encode_blocks(std::string_view text, bool, const TakeTokens& take) const {
    if (const auto bad = find_invalid_utf8(text)) {
        throw_input(fmt::format("not UTF-8: text: found an invalid byte at offset {}, expected UTF-8", *bad));
    }
    std::vector<std::int32_t> ids;
    std::vector<std::int64_t> begins;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = block_end(text, begin);
        if (end - begin > kLargestBlock) throw_input("text: found more than 1 GiB without a place where it can be split");
        sentencepiece::ImmutableSentencePieceText pieces;
        const auto status = processor_->Encode(view_of(text.substr(begin, end - begin)), pieces.mutable_proto());
        if (!status.ok()) throw_input("text: libsentencepiece cannot encode it: " + printable(status.ToString()));
        ids.clear();
        begins.clear();
        for (std::size_t i = 0; i < pieces.pieces_size(); ++i) {
            const auto piece = pieces.pieces(static_cast<int>(i));
            ids.push_back(static_cast<std::int32_t>(piece.id()));
            begins.push_back(static_cast<std::int64_t>(begin) + piece.begin());
        }
        // The space between two blocks belongs to neither; the one that the model adds stands for it.
        if (begin > 0 && !begins.empty()) --begins.front();
        if (!ids.empty() && !take(ids, begins)) return;
        begin = end == text.size() ? end : end + 1;
    }
}

std::vector<std::int32_t> SentencePieceTokenizer::encode(std::string_view text, bool post_process) const {
    return encode_with_offsets(text, post_process).ids;
}

Tokenizer::Encoding SentencePieceTokenizer::encode_with_offsets(std::string_view text, bool post_process) const {
    Encoding all;
    encode_blocks(text, post_process, [&](auto ids, auto begin) {
        all.ids.insert(all.ids.end(), ids.begin(), ids.end());
        all.begin.insert(all.begin.end(), begin.begin(), begin.end());
        return true;
    });
    return all;
}

std::string SentencePieceTokenizer::decode(std::span<const std::int32_t> ids, SpecialTokens special) const {
    std::string text;
    std::vector<int> run;
    const auto close = [&] {
        if (!run.empty()) text += processor_->DecodeIds(run);
        run.clear();
    };
    for (const std::int32_t id : ids) {
        if (id < 0 || id >= size_) continue;
        if (special == SpecialTokens::Keep && processor_->IsControl(id)) {
            close();
            text += processor_->IdToPiece(id);
        } else {
            run.push_back(id);
        }
    }
    close();
    return text;
}

std::string SentencePieceTokenizer::token(std::int32_t id) const {
    return id < 0 || id >= size_ ? std::string() : processor_->IdToPiece(id);
}

std::string SentencePieceTokenizer::token_bytes(std::int32_t id) const {
    const std::string piece = token(id);
    if (const int byte = fallback_byte(piece); byte >= 0) return {static_cast<char>(byte)};
    return MetaspaceDecoder(std::string(kSpaceMark), false).apply({piece}).front();
}

}  // namespace rankscope::tokenization

// What open_sentencepiece (core/text/detail/sentencepiece_library.hpp) asks for.
extern "C" rankscope::Tokenizer* rankscope_open_sentencepiece(const std::filesystem::path& file, std::int64_t model_vocab_size,
                                                              std::size_t block) {
    return new rankscope::tokenization::SentencePieceTokenizer(file, model_vocab_size, block);
}
