// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/word_level_model.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"

namespace rankscope::tokenization {

WordLevelModel::WordLevelModel(Vocabulary vocabulary, const std::string& unknown, std::string where)
    : vocabulary_(std::move(vocabulary)), unknown_(vocabulary_.find(unknown)), where_(std::move(where)) {}

void WordLevelModel::encode(const Piece& word, Scratch&, TokenSink& sink) const {
    auto id = vocabulary_.find(word.text);
    if (!id) id = unknown_;
    if (!id) {
        throw_input(fmt::format("unknown word: {}: found '{}' at byte {}, expected words of the vocabulary only, since it "
                                "has no unknown token",
                                where_, printable(std::string(word.text), 60), word.at(0)));
    }
    sink.add(*id, word.at(0));
}

}  // namespace rankscope::tokenization
