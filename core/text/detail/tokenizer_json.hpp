// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/text/detail/pipeline_tokenizer.hpp"

namespace rankscope::tokenization {

/// Reads a tokenizer.json. Error{Input} for a malformed one, or an id that `model_vocab_size` (when > 0) does not have;
/// Error{Unsupported} for parts that this version cannot run, by name.
[[nodiscard]] Pipeline read_tokenizer_json(const std::filesystem::path& file, std::int64_t model_vocab_size);

/// Error{Input}, naming token and id, unless all ids are below `model_vocab_size` (nothing is checked when that is 0).
void check_ids(const std::filesystem::path& file, const Vocabulary& vocabulary, std::int64_t model_vocab_size);

}  // namespace rankscope::tokenization
