// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/tokenizer_json.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"
#include "core/text/detail/bpe_model.hpp"
#include "core/text/detail/pipeline_parts.hpp"
#include "core/text/detail/word_level_model.hpp"

namespace rankscope::tokenization {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargestFile = std::size_t{1} << 28;

[[noreturn]] void refuse_id(const std::string& where, const std::string& token, std::int64_t id,
                            std::int64_t model_vocab_size) {
    throw_input(fmt::format("token outside the model's vocabulary: {}: found id {} for '{}', expected below vocab_size {}",
                            where, id, printable(token, 60), model_vocab_size),
                "the tokenizer belongs to another model");
}

Json parse(const std::filesystem::path& file, const std::string& where) {
    const std::string text = read_text_file(file, kLargestFile);
    Json document = Json::parse(prepare_json(text, where), nullptr, false);
    if (document.is_discarded()) throw_no_json("bad tokenizer: " + where, text);
    return document;
}

std::vector<AddedToken> read_added_tokens(const JsonFields& root) {
    std::vector<AddedToken> tokens;
    const Json* list = root.find("added_tokens");
    if (list == nullptr) return tokens;
    if (!list->is_array()) root.fail("added_tokens", "no array", "an array");
    for (std::size_t i = 0; i < list->size(); ++i) {
        const JsonFields fields((*list)[i], fmt::format("{}: added_tokens[{}]", root.where(), i));
        const std::int64_t id = fields.integer("id");
        if (id < 0 || id >= INT32_MAX) fields.fail("id", std::to_string(id), "0 to 2147483646");
        AddedToken token;
        token.id = static_cast<std::int32_t>(id);
        token.content = fields.string("content");
        token.special = fields.boolean("special", false);
        token.single_word = fields.boolean("single_word", false);
        token.lstrip = fields.boolean("lstrip", false);
        token.rstrip = fields.boolean("rstrip", false);
        token.normalized = fields.boolean("normalized", !token.special);
        tokens.push_back(std::move(token));
    }
    return tokens;
}

Vocabulary read_vocabulary(const JsonFields& model) {
    const Json& vocab = model.at("vocab");
    if (!vocab.is_object()) model.fail("vocab", "no object", "an object of tokens and ids");
    const std::string where = model.where() + ".vocab";
    std::vector<std::pair<std::string, std::int64_t>> tokens;
    tokens.reserve(vocab.size());
    for (const auto& [token, id] : vocab.items()) {
        if (!id.is_number_integer() || (id.is_number_unsigned() && id.get<std::uint64_t>() > INT32_MAX)) {
            throw_input(fmt::format("bad token id: {}: found {} for '{}', expected an integer below 2^31", where,
                                    printable(id.dump(-1, ' ', false, Json::error_handler_t::replace), 60),
                                    printable(token, 60)));
        }
        tokens.emplace_back(token, id.get<std::int64_t>());
    }
    return {std::move(tokens), where};
}

BpeModel::Merges read_merges(const JsonFields& model) {
    BpeModel::Merges merges;
    const Json& list = model.array("merges");
    merges.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Json& merge = list[i];
        const auto fail = [&] { model.fail(fmt::format("merges[{}]", i), "something else", "\"left right\" or [left, right]"); };
        if (merge.is_array()) {
            if (merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string()) fail();
            merges.emplace_back(merge[0].get<std::string>(), merge[1].get<std::string>());
        } else {
            const std::string text = merge.is_string() ? merge.get<std::string>() : "";
            const std::size_t space = text.find(' ');
            if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) fail();
            merges.emplace_back(text.substr(0, space), text.substr(space + 1));
        }
    }
    return merges;
}

/// Old files do not name the type of their model.
std::string model_type(const JsonFields& model) {
    if (model.find("type") != nullptr) return model.string("type");
    if (model.find("merges") != nullptr) return "BPE";
    if (model.find("unk_id") != nullptr) return "Unigram";
    if (model.find("max_input_chars_per_word") != nullptr) return "WordPiece";
    return "WordLevel";
}

std::unique_ptr<BpeModel> read_bpe(const JsonFields& model, bool bytes, const std::string& where) {
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (const std::string value = model.string(key, ""); !value.empty()) {
            throw_unsupported(fmt::format("unsupported tokenizer: {}: {}: found '{}', expected none", model.where(), key,
                                          printable(value, 60)));
        }
    }
    BpeOptions options;
    options.unknown = model.string("unk_token", "");
    options.byte_fallback = model.boolean("byte_fallback", false);
    options.fuse_unknown = model.boolean("fuse_unk", false);
    options.ignore_merges = model.boolean("ignore_merges", false);
    options.bytes = bytes;
    return std::make_unique<BpeModel>(read_vocabulary(model), read_merges(model), options, where);
}

}  // namespace

void check_ids(const std::filesystem::path& file, const Vocabulary& vocabulary, std::int64_t model_vocab_size) {
    if (model_vocab_size <= 0) return;
    for (std::int64_t id = model_vocab_size; id < vocabulary.end(); ++id) {
        if (const std::string* token = vocabulary.token(id)) {
            refuse_id(printable(file.string()), *token, id, model_vocab_size);
        }
    }
}

Pipeline read_tokenizer_json(const std::filesystem::path& file, std::int64_t model_vocab_size) {
    const std::string where = printable(file.string());
    const Json document = parse(file, where);
    const JsonFields root(document, where);
    Pipeline pipeline;
    pipeline.added = read_added_tokens(root);
    bool byte_level = false;
    if (root.find("normalizer") != nullptr) {
        pipeline.normalizer = make_normalizer(root.object("normalizer"));
        byte_level = root.at("normalizer").dump(-1, ' ', true).find("\"ByteLevel\"") != std::string::npos;
    }
    PreTokenizerParts parts;
    if (root.find("pre_tokenizer") != nullptr) parts = make_pre_tokenizer(root.object("pre_tokenizer"));
    pipeline.steps = std::move(parts.steps);
    if (root.find("decoder") != nullptr) pipeline.decoder = make_decoder(root.object("decoder"));
    if (root.find("post_processor") != nullptr) {
        PostProcessing around = make_post_processing(root.object("post_processor"));
        pipeline.prefix = std::move(around.prefix);
        pipeline.suffix = std::move(around.suffix);
    }
    const JsonFields model = root.object("model");
    const std::string type = model_type(model);
    if (type == "BPE") {
        auto bpe = read_bpe(model, parts.bytes, where);
        byte_level = byte_level || parts.byte_level || (pipeline.decoder && pipeline.decoder->byte_level());
        pipeline.kind = byte_level ? "byte_level_bpe" : "sentencepiece_bpe";
        pipeline.keeps_special = byte_level;
        // A word that may be looked up whole must stay whole.
        if (!byte_level && !bpe->options().ignore_merges) pipeline.steps.push_back(std::make_unique<UnmergeableSplit>(*bpe));
        pipeline.model = std::move(bpe);
    } else if (type == "WordLevel") {
        if (parts.bytes) pipeline.steps.push_back(std::make_unique<ByteCharacters>());
        pipeline.kind = "word_level";
        pipeline.model =
            std::make_unique<WordLevelModel>(read_vocabulary(model), model.string("unk_token", "<unk>"), where);
    } else {
        throw_unsupported(fmt::format("unsupported tokenizer: {}: found type '{}', expected BPE or WordLevel",
                                      model.where(), printable(type, 60)));
    }
    check_ids(file, pipeline.model->vocabulary(), model_vocab_size);
    for (const AddedToken& token : pipeline.added) {
        if (model_vocab_size > 0 && token.id >= model_vocab_size) refuse_id(where, token.content, token.id, model_vocab_size);
    }
    return pipeline;
}

}  // namespace rankscope::tokenization
