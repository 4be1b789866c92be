// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "core/text/detail/decoder.hpp"
#include "core/text/detail/json_fields.hpp"
#include "core/text/detail/normalizer.hpp"
#include "core/text/detail/pre_tokenizer.hpp"

namespace rankscope::tokenization {

// The objects of a tokenizer.json that form its pipeline. All: Error{Unsupported}, naming the type, for one that is not
// known; Error{Input} for a malformed one.

[[nodiscard]] std::unique_ptr<Normalizer> make_normalizer(const JsonFields& fields);

struct PreTokenizerParts {
    std::vector<std::unique_ptr<PreTokenizerStep>> steps;
    bool bytes = false;  ///< ends with ByteLevel: words stay raw bytes, the model spells them as byte characters
    bool byte_level = false;  ///< ByteLevel occurs anywhere
};

[[nodiscard]] PreTokenizerParts make_pre_tokenizer(const JsonFields& fields);

[[nodiscard]] std::unique_ptr<Decoder> make_decoder(const JsonFields& fields);

/// Ids that the post-processor puts before and behind one text.
struct PostProcessing {
    std::vector<std::int32_t> prefix;
    std::vector<std::int32_t> suffix;
};

[[nodiscard]] PostProcessing make_post_processing(const JsonFields& fields);

}  // namespace rankscope::tokenization
