// SPDX-License-Identifier: Apache-2.0
#include "core/text/answers_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"

namespace rankscope {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";

[[noreturn]] void fail(const std::string& where, const std::string& found, const std::string& expected) {
    throw_input(fmt::format("bad answers: {}: found {}, expected {}", where, found, expected));
}

std::int64_t count_of(const Json& answer, const char* key, const std::string& where) {
    const auto found = answer.find(key);
    if (found == answer.end() || !found->is_number_integer() ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > INT64_MAX) || found->get<std::int64_t>() < 0) {
        fail(where, fmt::format("no usable '{}'", key), "an integer, 0 or more");
    }
    return found->get<std::int64_t>();
}

TextAnswer read_answer(const Json& answer, std::string_view text, const std::string& where) {
    if (!answer.is_object()) fail(where, "no object", "{\"byte\", \"length\", \"facts\"}");
    const std::int64_t begin = count_of(answer, "byte", where);
    const std::int64_t length = count_of(answer, "length", where);
    const auto size = std::ssize(text);
    if (length < 1 || begin > size || length > size - begin) {
        fail(where, fmt::format("byte {}, length {}", begin, length), fmt::format("a place within the text's {} bytes", size));
    }
    const std::string_view marked = text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
    const std::size_t first = marked.find_first_not_of(kWhiteSpace);
    if (first == std::string_view::npos) fail(where, "white space", "a place with words");
    const std::size_t last = marked.find_last_not_of(kWhiteSpace);
    return {begin + static_cast<std::int64_t>(first), begin + static_cast<std::int64_t>(last) + 1,
            answer.contains("facts") ? count_of(answer, "facts", where) : 0};
}

}  // namespace

std::optional<std::vector<TextAnswer>> read_answers(const std::filesystem::path& text_file, std::string_view text,
                                                    const std::string& text_hash) {
    std::filesystem::path file = text_file;
    file += ".answers.json";
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored)) return std::nullopt;
    const std::string where = printable(file.string());
    const std::string json = read_text_file(file);
    const Json document = Json::parse(prepare_json(json, where), nullptr, false);
    if (document.is_discarded()) throw_no_json("bad answers: " + where, json);
    if (!document.is_object()) fail(where, "no JSON object", "{\"text_hash\", \"answers\"}");
    const auto hash = document.find("text_hash");
    if (hash == document.end() || !hash->is_string()) fail(where, "no 'text_hash'", "the SHA-256 of the text");
    if (hash->get_ref<const std::string&>() != text_hash) {
        throw_input(fmt::format("answers of another text: {}: found text_hash {}, expected {}", where,
                                printable(hash->get<std::string>(), 80), text_hash),
                    "the text was changed after its answers had been marked; mark them again or remove the file");
    }
    const auto list = document.find("answers");
    if (list == document.end() || !list->is_array()) fail(where, "no array 'answers'", "[{\"byte\", \"length\", \"facts\"}, ...]");
    std::vector<TextAnswer> answers;
    answers.reserve(list->size());
    for (std::size_t i = 0; i < list->size(); ++i) {
        answers.push_back(read_answer((*list)[i], text, fmt::format("{}: answers[{}]", where, i)));
    }
    std::stable_sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    return answers;
}

}  // namespace rankscope
