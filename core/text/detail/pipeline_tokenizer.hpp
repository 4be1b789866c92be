// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/text/detail/added_tokens.hpp"
#include "core/text/detail/decoder.hpp"
#include "core/text/detail/model.hpp"
#include "core/text/detail/normalizer.hpp"
#include "core/text/detail/pre_tokenizer.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::tokenization {

/// The parts of a tokenizer.json.
struct Pipeline {
    std::string kind;
    std::vector<AddedToken> added;
    std::unique_ptr<Normalizer> normalizer;  ///< may be null
    std::unique_ptr<Model> model;
    std::vector<std::unique_ptr<PreTokenizerStep>> steps;  ///< may refer to the model
    std::unique_ptr<Decoder> decoder;                      ///< null: tokens are joined with spaces
    std::vector<std::int32_t> prefix;                      ///< what the post-processor puts before the text
    std::vector<std::int32_t> suffix;
    bool keeps_special = true;  ///< in decoded text, when nobody says otherwise
};

/// Added tokens -> normalizer -> pre-tokenizer -> model -> post-processor, and back through the decoder.
class PipelineTokenizer final : public Tokenizer {
public:
    /// `first_block`: bytes of text to encode at a time, to begin with. The result does not depend on it.
    explicit PipelineTokenizer(Pipeline pipeline, std::size_t first_block = std::size_t{1} << 16);

    [[nodiscard]] std::string kind() const override { return pipeline_.kind; }

    [[nodiscard]] std::int64_t vocab_size() const override { return vocab_size_; }

    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text, bool post_process) const override;
    [[nodiscard]] std::string decode(std::span<const std::int32_t> ids, SpecialTokens special) const override;
    [[nodiscard]] std::string token(std::int32_t id) const override;
    [[nodiscard]] std::string token_bytes(std::int32_t id) const override;
    [[nodiscard]] Encoding encode_with_offsets(std::string_view text, bool post_process) const override;
    void encode_blocks(std::string_view text, bool post_process, const TakeTokens& take) const override;

private:
    struct Run;

    void encode_between(const Piece& text, Run& run) const;
    void encode_stretch(const Piece& text, const Normalizer* normalizer, Run& run) const;
    [[nodiscard]] std::size_t encode_block(const Piece& text, std::size_t begin, std::size_t end,
                                           const Normalizer* normalizer, Run& run) const;
    [[nodiscard]] const AddedToken* added(std::int32_t id) const;

    Pipeline pipeline_;
    std::size_t first_block_;
    AddedTokenFinder raw_tokens_;
    AddedTokenFinder normalized_tokens_;
    std::unordered_map<std::int32_t, std::size_t> added_by_id_;
    std::int64_t vocab_size_ = 0;
    bool piecewise_ = false;
};

}  // namespace rankscope::tokenization
