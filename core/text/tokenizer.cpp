// SPDX-License-Identifier: Apache-2.0
#include "core/text/tokenizer.hpp"

#include "core/base/error.hpp"
#include "core/text/detail/sentencepiece_library.hpp"
#include "core/text/detail/tokenizer_json.hpp"

namespace rankscope {

std::shared_ptr<const Tokenizer> Tokenizer::open(const std::filesystem::path& folder, std::int64_t model_vocab_size) {
    std::error_code ignored;
    const std::string where = printable(folder.string());
    if (!std::filesystem::is_directory(folder, ignored)) {
        throw_input("no tokenizer: " + where + ": found no folder of this name");
    }
    const auto has = [&](const char* name) { return std::filesystem::exists(folder / name, ignored); };
    if (has("tokenizer.json")) {
        return std::make_shared<tokenization::PipelineTokenizer>(
            tokenization::read_tokenizer_json(folder / "tokenizer.json", model_vocab_size));
    }
    if (has("tokenizer.model")) {
        return tokenization::open_sentencepiece(folder / "tokenizer.model", model_vocab_size);
    }
    for (const char* other : {"tiktoken.model", "rwkv_vocab_v20230424.txt", "vocab.txt"}) {
        if (has(other)) {
            throw_unsupported("unsupported tokenizer: " + where + ": found " + other +
                              ", expected tokenizer.json or tokenizer.model");
        }
    }
    throw_input("no tokenizer: " + where + ": found neither tokenizer.json nor tokenizer.model",
                "copy the tokenizer files of the model into the folder, or give token ids instead of text");
}

void Tokenizer::encode_blocks(std::string_view text, bool post_process, const TakeTokens& take) const {
    const Encoding all = encode_with_offsets(text, post_process);
    if (!all.ids.empty()) take(all.ids, all.begin);
}

}  // namespace rankscope
