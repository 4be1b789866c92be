// SPDX-License-Identifier: Apache-2.0
// Writing of tokenizer.json and tokenizer_config.json.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/text/bpe_training.hpp"
#include "core/text/word_level.hpp"

namespace rankscope {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
    return Json(text).dump();
}

/// {"token": id, ...} with one token a line. Not built as a Json object: ordered ones take quadratic time.
std::string vocabulary_json(const std::vector<std::string>& tokens) {
    std::string out = "{";
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        out += fmt::format("{}\n      {}: {}", id == 0 ? "" : ",", quoted(tokens[id]), id);
    }
    return out + "\n    }";
}

Json special_token(std::int64_t id, const std::string& content) {
    return {{"id", id},          {"content", content},   {"single_word", false}, {"lstrip", false},
            {"rstrip", false},   {"normalized", false},  {"special", true}};
}

void write_files(const std::filesystem::path& folder, const Json& head, const std::string& model, const Json& config) {
    // The model comes last and as text; the rest is small enough to be dumped as it is.
    std::string text = head.dump(2);
    text.resize(text.rfind('}'));
    while (text.back() == '\n') text.pop_back();
    text += ",\n  \"model\": " + model + "\n}\n";
    write_text_file(folder / "tokenizer.json", text);
    write_text_file(folder / "tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace

void write_byte_level_tokenizer(const std::filesystem::path& folder, const ByteLevelVocabulary& vocabulary) {
    Json added = Json::array();
    for (const std::string& token : vocabulary.special_tokens) {
        added.push_back(special_token(std::ssize(vocabulary.tokens) + std::ssize(added), token));
    }
    const Json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
    const Json head = {{"version", "1.0"},           {"truncation", nullptr},        {"padding", nullptr},
                       {"added_tokens", added},      {"normalizer", nullptr},        {"pre_tokenizer", byte_level},
                       {"post_processor", byte_level}, {"decoder", byte_level}};
    std::string merges = "[";
    for (std::size_t i = 0; i < vocabulary.merges.size(); ++i) {
        const auto& [left, right] = vocabulary.merges[i];
        merges += fmt::format("{}\n      {}", i == 0 ? "" : ",", quoted(left + " " + right));
    }
    const std::string model = fmt::format(
        "{{\n    \"type\": \"BPE\",\n    \"dropout\": null,\n    \"unk_token\": null,\n"
        "    \"continuing_subword_prefix\": null,\n    \"end_of_word_suffix\": null,\n    \"fuse_unk\": false,\n"
        "    \"byte_fallback\": false,\n    \"ignore_merges\": false,\n    \"vocab\": {},\n    \"merges\": {}\n    ]\n  }}",
        vocabulary_json(vocabulary.tokens), merges);
    Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                   {"add_prefix_space", false},
                   {"clean_up_tokenization_spaces", false}};
    if (!vocabulary.special_tokens.empty()) config["eos_token"] = vocabulary.special_tokens.front();
    write_files(folder, head, model, config);
}

void write_word_level_tokenizer(const std::filesystem::path& folder, const std::vector<std::string>& words,
                                const std::string& unknown, const std::string& end_of_text) {
    std::unordered_set<std::string> seen;
    for (const std::string& word : words) {
        if (word.empty() || word.find_first_of(" \t\n\v\f\r") != std::string::npos || !seen.insert(word).second) {
            throw_usage(fmt::format("word-level tokenizer: words: found '{}', expected distinct words without white space",
                                    printable(word, 60)));
        }
    }
    Json added = Json::array();
    const auto declare = [&](const std::string& special) {
        const auto place = std::find(words.begin(), words.end(), special);
        if (place == words.end()) {
            throw_usage(fmt::format("word-level tokenizer: found no word '{}', expected it among the words",
                                    printable(special, 60)));
        }
        added.push_back(special_token(place - words.begin(), special));
    };
    declare(unknown);
    if (!end_of_text.empty()) declare(end_of_text);
    const Json head = {{"version", "1.0"},         {"truncation", nullptr},     {"padding", nullptr},
                       {"added_tokens", added},    {"normalizer", nullptr},     {"pre_tokenizer", {{"type", "WhitespaceSplit"}}},
                       {"post_processor", nullptr}, {"decoder", nullptr}};
    const std::string model = fmt::format("{{\n    \"type\": \"WordLevel\",\n    \"unk_token\": {},\n    \"vocab\": {}\n  }}",
                                          quoted(unknown), vocabulary_json(words));
    Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                   {"unk_token", unknown},
                   {"clean_up_tokenization_spaces", false}};
    if (!end_of_text.empty()) config["eos_token"] = end_of_text;
    write_files(folder, head, model, config);
}

}  // namespace rankscope
