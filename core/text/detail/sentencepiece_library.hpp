// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/text/tokenizer.hpp"

namespace rankscope::tokenization {

/// A tokenizer.model (SentencePieceTokenizer), from librankscope_sentencepiece.so, which is opened when the first one is
/// needed and stays. libsentencepiece and LibTorch export a name in common, FLAGS_minloglevel, for objects of different size:
/// linked into one program, one of them would write over what belongs to the other. Opened like this, neither sees the other's.
/// `block`, Error{Input}: as SentencePieceTokenizer. Error{Resource}: the library, or libsentencepiece itself, is not there.
[[nodiscard]] std::shared_ptr<const Tokenizer> open_sentencepiece(const std::filesystem::path& file, std::int64_t model_vocab_size,
                                                                  std::size_t block = std::size_t{1} << 16);

}  // namespace rankscope::tokenization
