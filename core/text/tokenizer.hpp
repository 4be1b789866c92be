// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rankscope {

enum class SpecialTokens {
    Default,  ///< kept for byte-level and word-level, dropped for Llama style
    Keep,
    Skip,
};

/// Text <-> ids of one folder's tokenizer: tokenizer.json (byte-level BPE, Llama-style BPE, WordLevel) or
/// tokenizer.model (SentencePiece). Immutable and safe to share between threads.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    /// Error{Input}: no tokenizer file, malformed, or an id that `model_vocab_size` (when > 0) does not have.
    /// Error{Unsupported}: a known pipeline part that is not supported, by name.
    [[nodiscard]] static std::shared_ptr<const Tokenizer> open(const std::filesystem::path& folder,
                                                               std::int64_t model_vocab_size = 0);

    /// "byte_level_bpe", "sentencepiece_bpe" (tokenizer.json of that style), "sentencepiece" (tokenizer.model), "word_level".
    [[nodiscard]] virtual std::string kind() const = 0;
    /// All ids are below this.
    [[nodiscard]] virtual std::int64_t vocab_size() const = 0;
    /// Ids of `text` (valid UTF-8), with what the post-processor adds when `post_process`. Linear time up to a log factor.
    [[nodiscard]] virtual std::vector<std::int32_t> encode(std::string_view text, bool post_process = true) const = 0;
    [[nodiscard]] virtual std::string decode(std::span<const std::int32_t> ids,
                                             SpecialTokens special = SpecialTokens::Default) const = 0;
    /// The token as the vocabulary spells it ("Ġthe", "▁the", "<0x0A>").
    [[nodiscard]] virtual std::string token(std::int32_t id) const = 0;
    /// The bytes the token stands for in running text (may be no valid UTF-8 on its own).
    [[nodiscard]] virtual std::string token_bytes(std::int32_t id) const = 0;
    /// Bytes of text each id came from are needed to place marked answers: the byte offset in `text` at which every
    /// token of encode(text) begins (post-processor tokens carry the offset of their neighbour, zero width).
    struct Encoding {
        std::vector<std::int32_t> ids;
        std::vector<std::int64_t> begin;  ///< same length as ids
    };
    [[nodiscard]] virtual Encoding encode_with_offsets(std::string_view text, bool post_process = true) const = 0;

    /// Gets the next tokens and where each begins; returns false once it has had enough.
    using TakeTokens = std::function<bool(std::span<const std::int32_t> ids, std::span<const std::int64_t> begin)>;
    /// encode_with_offsets in blocks and in order, for texts whose list of tokens one does not want in memory.
    virtual void encode_blocks(std::string_view text, bool post_process, const TakeTokens& take) const;
};

}  // namespace rankscope
