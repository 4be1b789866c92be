// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <memory>

#include "core/text/tokenizer.hpp"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rankscope::tokenization {

/// A tokenizer.model, run by libsentencepiece. It has no post-processor: nothing is put before or behind a text. In a library
/// of its own: others get one from open_sentencepiece.
class SentencePieceTokenizer final : public Tokenizer {
public:
    /// `block`: bytes of text to encode at a time where the model allows it; the result does not depend on it.
    /// Error{Input}: unreadable, no SentencePiece model, or an id that `model_vocab_size` (when > 0) does not have.
    SentencePieceTokenizer(const std::filesystem::path& file, std::int64_t model_vocab_size,
                           std::size_t block);
    ~SentencePieceTokenizer() override;

    [[nodiscard]] std::string kind() const override { return "sentencepiece"; }

    [[nodiscard]] std::int64_t vocab_size() const override { return size_; }

    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool post_process) const override;
    [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, SpecialTokens special) const override;
    [[nodiscard]] std::string token(std::int32_t id) const override;
    [[nodiscard]] std::string token_bytes(std::int32_t id) const override;
    [[nodiscard]] Encoding encode_with_offsets(std::string_view text, bool post_process) const override;
    void encode_blocks(std::string_view text, bool post_process, const TakeTokens& take) const override;

private:
    [[nodiscard]] bool splits_at_spaces();
    [[nodiscard]] std::size_t block_end(std::string_view text, std::size_t begin) const;

    std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
    std::int64_t size_ = 0;
    std::size_t block_;
    bool piecewise_ = false;
    std::array<bool, 256> plain_{};  ///< characters a text may be cut between, at a single space
};

}  // namespace rankscope::tokenization
