// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/text/detail/piece.hpp"
#include "core/text/detail/token_sink.hpp"
#include "core/text/detail/vocabulary.hpp"

namespace rankscope::tokenization {

/// Words to tokens. Immutable; what a call needs to remember between words lives in a Scratch.
class Model {
public:
    /// One per call of encode.
    class Scratch {
    public:
        virtual ~Scratch() = default;
    };

    virtual ~Model() = default;
    /// `text_bytes`: how much text is to come.
    [[nodiscard]] virtual std::unique_ptr<Scratch> make_scratch(std::size_t text_bytes) const = 0;
    /// `word` is not empty.
    virtual void encode(const Piece& word, Scratch& scratch, TokenSink& sink) const = 0;
    [[nodiscard]] virtual const Vocabulary& vocabulary() const = 0;
};

}  // namespace rankscope::tokenization
