// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <nlohmann/json.hpp>

#include "app/cli/commands/commands.hpp"
#include "app/cli/context.hpp"
#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"
#include "core/base/utf8.hpp"
#include "core/text/tokenizer.hpp"

namespace rankscope::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
    std::string folder, text, string, strings, decode;
    bool has_string = false, keep_special = false, skip_special = false;
};

std::vector<std::int32_t> parse_ids(const std::string& text, std::int64_t vocab) {
    std::vector<std::int32_t> ids;
    const char* at = text.data();
    const char* end = at + text.size();
    while (true) {
        while (at != end && (*at == ' ' || *at == ',' || *at == '\n' || *at == '[' || *at == ']')) ++at;
        if (at == end) return ids;
        std::int32_t id = 0;
        const auto [next, code] = std::from_chars(at, end, id);
        if (code != std::errc() || id < 0 || id >= vocab) {
            throw_input(fmt::format("bad token id: --decode: found '{}', expected ids from 0 to {}",
                                    printable(std::string(at, std::min<std::ptrdiff_t>(end - at, 20))), vocab - 1));
        }
        ids.push_back(id);
        at = next;
    }
}

Json answer(const Tokenizer& tokenizer, const std::vector<std::int32_t>& ids, SpecialTokens special) {
    // Filled in place: a list of initialisers would copy millions of tokens.
    Json out;
    out["ids"] = ids;
    Json& tokens = out["tokens"] = Json::array();
    for (const std::int32_t id : ids) tokens.push_back(tokenizer.token(id));
    out["decoded"] = tokenizer.decode(ids, special);
    return out;
}

std::vector<std::int32_t> encode(const Tokenizer& tokenizer, const std::string& text, const std::string& where) {
    if (const auto offset = find_invalid_utf8(text)) {
        throw_input(fmt::format("not UTF-8: {}: found an invalid byte at offset {}", where, *offset),
                    "convert the text to UTF-8 first");
    }
    return tokenizer.encode(text);
}

void run(const Context& context, const Options& o) {
    const int given = !o.text.empty() + o.has_string + !o.strings.empty() + !o.decode.empty();
    if (given != 1) throw_usage("exactly one of --text, --string, --strings and --decode is needed");
    const auto tokenizer = Tokenizer::open(o.folder);
    const SpecialTokens special = o.keep_special   ? SpecialTokens::Keep
                                  : o.skip_special ? SpecialTokens::Skip
                                                   : SpecialTokens::Default;
    Json result;
    if (!o.strings.empty()) {
        const std::string text = read_text_file(o.strings);
        const Json list = Json::parse(prepare_json(text, printable(o.strings)), nullptr, false);
        if (list.is_discarded()) throw_no_json("bad strings file: " + printable(o.strings), text);
        if (!list.is_array()) throw_input("bad strings file: " + printable(o.strings) + ": expected a JSON array of strings");
        result = {{"ids", Json::array()}, {"tokens", Json::array()}, {"decoded", Json::array()}};
        for (const Json& item : list) {
            if (!item.is_string()) throw_input("bad strings file: " + printable(o.strings) + ": expected strings only");
            Json one = answer(*tokenizer, encode(*tokenizer, item.get<std::string>(), o.strings), special);
            for (const char* key : {"ids", "tokens", "decoded"}) result[key].push_back(std::move(one[key]));
        }
    } else if (!o.decode.empty()) {
        result = answer(*tokenizer, parse_ids(o.decode, tokenizer->vocab_size()), special);
    } else {
        const std::string text = o.text.empty() ? o.string : read_text_file(o.text);
        result = answer(*tokenizer, encode(*tokenizer, text, o.text.empty() ? "--string" : printable(o.text)), special);
    }
    if (context.options.json) {
        context.print_json(result);
    } else if (!o.decode.empty()) {
        context.print(result["decoded"].get<std::string>() + "\n");
    } else {
        context.print(result["ids"].dump() + "\n");
    }
}

}  // namespace

void add_tokenize(CLI::App& app, Context& context) {
    auto* command = app.add_subcommand("tokenize",
                                       "Text to ids and back.\n"
                                       "Example: rankscope-cli tokenize resources/models/books-delta --string 'It was late.' --json");
    add_common_options(*command, context);
    auto o = std::make_shared<Options>();
    command->add_option("MODEL", o->folder, "folder with tokenizer files")->required();
    command->add_option("--text", o->text, "file to tokenise");
    auto* string = command->add_option("--string", o->string, "string to tokenise");
    command->add_option("--strings", o->strings, "JSON file with an array of strings; answers arrays");
    command->add_option("--decode", o->decode, "ids to turn into text, e.g. \"1 2 3\"");
    auto* keep = command->add_flag("--keep-special", o->keep_special, "keep special tokens in decoded text");
    command->add_flag("--skip-special", o->skip_special, "drop special tokens from decoded text")->excludes(keep);
    command->callback([&context, o, string] {
        o->has_string = string->count() > 0;
        run(context, *o);
    });
}

}  // namespace rankscope::cli
