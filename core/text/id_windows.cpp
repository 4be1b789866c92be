// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/json_fault.hpp"
#include "core/base/json_text.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {
namespace {

using Json = nlohmann::json;

std::vector<std::int32_t> read_row(const Json& row, std::int64_t vocab_size, const std::string& where) {
    if (!row.is_array() || row.size() < 2) {
        throw_input(fmt::format("bad token ids: {}: found {}, expected an array of at least 2 ids", where,
                                row.is_array() ? fmt::format("{} ids", row.size()) : "no array"));
    }
    std::vector<std::int32_t> ids;
    ids.reserve(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        const Json& id = row[i];
        const bool in_range = id.is_number_unsigned() && id.get<std::uint64_t>() < static_cast<std::uint64_t>(vocab_size) &&
                              id.get<std::uint64_t>() <= INT32_MAX;
        if (!in_range) {
            const std::string found = id.is_structured() ? "an array or object"
                                                         : id.dump(-1, ' ', false, Json::error_handler_t::replace);
            throw_input(fmt::format("bad token id: {}, number {}: found {}, expected 0 to {}", where, i,
                                    printable(found, 60), vocab_size - 1));
        }
        ids.push_back(id.get<std::int32_t>());
    }
    return ids;
}

}  // namespace

TokenWindows read_id_windows(const std::filesystem::path& file, std::int64_t vocab_size, const WindowOptions& options,
                             bool equal_lengths) {
    for (const auto& limit : {options.max_windows, options.max_tokens}) {
        if (limit && *limit < 1) throw_usage(fmt::format("windows: found a limit of {}, expected at least 1", *limit));
    }
    const std::string name = printable(file.string());
    const std::string text = read_text_file(file);
    const Json document = Json::parse(prepare_json(text, name), nullptr, false);
    if (document.is_discarded()) throw_no_json("bad token ids: " + name, text);
    if (!document.is_array() || document.empty()) {
        throw_input(fmt::format("bad token ids: {}: found no array of rows, expected [[...],[...]]", name));
    }
    TokenWindows windows;
    for (std::size_t i = 0; i < document.size(); ++i) {
        windows.rows.push_back(read_row(document[i], vocab_size, fmt::format("{}: row {}", name, i)));
        const auto length = windows.rows.back().size();
        if (equal_lengths && length != windows.rows.front().size()) {
            throw_input(fmt::format("bad token ids: {}: row {}: found {} ids, expected {} as in the first row", name, i,
                                    length, windows.rows.front().size()),
                        "rows of different length are for evaluate and calibration only");
        }
        windows.start.push_back(windows.text_tokens);
        windows.text_tokens += static_cast<std::int64_t>(length);
    }
    windows.text_hash = hash_of_ids(windows.rows);
    std::size_t kept = 0;
    for (std::int64_t tokens = 0; kept < windows.rows.size(); ++kept) {
        if (options.max_windows && static_cast<std::int64_t>(kept) >= *options.max_windows) break;
        if (options.max_tokens && tokens >= *options.max_tokens) break;
        tokens += std::ssize(windows.rows[kept]);
    }
    windows.rows.resize(kept);
    windows.start.resize(kept);
    return windows;
}

}  // namespace rankscope
