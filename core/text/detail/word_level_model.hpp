// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/text/detail/model.hpp"

namespace rankscope::tokenization {

/// One token per word; words outside the vocabulary become the unknown token.
class WordLevelModel final : public Model {
public:
    /// `where` names the file in errors.
    WordLevelModel(Vocabulary vocabulary, const std::string& unknown, std::string where);

    [[nodiscard]] std::unique_ptr<Scratch> make_scratch(std::size_t) const override {
        return std::make_unique<Scratch>();
    }

    /// Error{Input}: a word that is not in the vocabulary, and no unknown token either.
    void encode(const Piece& word, Scratch& scratch, TokenSink& sink) const override;

    [[nodiscard]] const Vocabulary& vocabulary() const override { return vocabulary_; }

private:
    Vocabulary vocabulary_;
    std::optional<std::int32_t> unknown_;
    std::string where_;
};

}  // namespace rankscope::tokenization
