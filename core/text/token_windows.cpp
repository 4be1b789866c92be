// SPDX-License-Identifier: Apache-2.0
#include "core/text/token_windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/file.hpp"
#include "core/base/hash.hpp"
#include "core/base/stop_scope.hpp"
#include "core/base/utf8.hpp"
#include "core/text/answers_file.hpp"

namespace rankscope {
namespace {

void check(const WindowOptions& options) {
    if (options.window < 2) {
        throw_usage(fmt::format("windows: found a length of {} tokens, expected at least 2", options.window));
    }
    for (const auto& limit : {options.max_windows, options.max_tokens}) {
        if (limit && *limit < 1) throw_usage(fmt::format("windows: found a limit of {}, expected at least 1", *limit));
    }
}

/// Cuts a stream of tokens into rows.
class RowCutter {
public:
    RowCutter(TokenWindows& windows, const WindowOptions& options, bool keep_offsets)
        : windows_(windows), options_(options), keep_offsets_(keep_offsets) {}

    /// False once a limit is reached and the token behind the last row has been seen.
    bool take(std::span<const std::int32_t> ids, std::span<const std::int64_t> begin) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (row_.empty()) {
                close_bytes(begin[i]);
                if (enough()) {
                    // Marks where the rows end: what lies behind belongs to no token of theirs.
                    if (keep_offsets_) offsets_.push_back(begin[i]);
                    return false;
                }
            }
            if (row_.size() == 1) scored_from_ = begin[i];
            row_.push_back(ids[i]);
            if (keep_offsets_) offsets_.push_back(begin[i]);
            ++windows_.text_tokens;
            if (std::ssize(row_) == options_.window) close_row();
        }
        return true;
    }

    /// `text_bytes`: where the last token ends, unless more tokens were to come.
    void finish(std::int64_t text_bytes) {
        if (windows_.rows.empty() && row_.size() >= 2) close_row();
        close_bytes(text_bytes);
    }

    /// The byte each token begins at, also those behind the last row.
    [[nodiscard]] std::span<const std::int64_t> offsets() const { return offsets_; }

private:
    [[nodiscard]] bool enough() const {
        const auto rows = std::ssize(windows_.rows);
        return (options_.max_windows && rows >= *options_.max_windows) ||
               (options_.max_tokens && rows * options_.window >= *options_.max_tokens);
    }

    void close_row() {
        windows_.start.push_back(windows_.text_tokens - std::ssize(row_));
        windows_.rows.push_back(std::move(row_));
        row_.clear();
        row_open_ = true;
    }

    /// The last token of a row ends where the next one begins.
    void close_bytes(std::int64_t end) {
        if (row_open_) windows_.scored_bytes += end - scored_from_;
        row_open_ = false;
    }

    TokenWindows& windows_;
    const WindowOptions& options_;
    bool keep_offsets_;
    std::vector<std::int32_t> row_;
    std::vector<std::int64_t> offsets_;
    std::int64_t scored_from_ = 0;
    bool row_open_ = false;  ///< a row is complete, but not yet known where its last token ends
};

/// Turns places in the text into places in the windows. `begin`: first byte of every token read.
void place_answers(const std::vector<TextAnswer>& answers, std::span<const std::int64_t> begin, TokenWindows& windows,
                   const std::string& name) {
    const std::int64_t window = std::ssize(windows.rows.front());
    const std::int64_t in_rows = windows.tokens();
    std::int64_t left_out = 0;
    for (const TextAnswer& answer : answers) {
        // Of several tokens that begin at one byte all but the last are empty.
        const auto first = std::upper_bound(begin.begin(), begin.end(), answer.begin) - begin.begin() - 1;
        const auto last = std::lower_bound(begin.begin(), begin.end(), answer.end) - begin.begin() - 1;
        if (last >= in_rows || first >= in_rows) {
            if (first >= 0 && first < in_rows) ++left_out;
            continue;
        }
        if (first < 0 || last < first || first % window == 0 || first / window != last / window) {
            ++left_out;
            continue;
        }
        windows.answers.push_back({first / window, first % window, last - first + 1, answer.facts});
    }
    if (left_out > 0) {
        windows.warnings.push_back(fmt::format("{}: {} of {} answers begin a window or cross its end and are not scored", name,
                                               left_out, left_out + std::ssize(windows.answers)));
    }
}

}  // namespace

std::int64_t TokenWindows::tokens() const noexcept {
    std::int64_t count = 0;
    for (const auto& row : rows) count += std::ssize(row);
    return count;
}

std::int64_t TokenWindows::scored_tokens() const noexcept {
    return tokens() - std::ssize(rows);
}

TokenWindows read_text_windows(const std::filesystem::path& file, const Tokenizer& tokenizer,
                               const WindowOptions& options) {
    check(options);
    const std::string name = printable(file.string());
    const MappedFile mapped(file);
    const std::string_view text(reinterpret_cast<const char*>(mapped.bytes().data()), mapped.bytes().size());
    if (const auto bad = find_invalid_utf8(text)) {
        throw_input(fmt::format("not UTF-8: {}: found an invalid byte at offset {}, expected UTF-8 text", name, *bad),
                    "convert the text to UTF-8 first");
    }
    TokenWindows windows;
    windows.text_hash = sha256_hex(text);
    windows.text_bytes = std::ssize(text);
    const auto answers = read_answers(file, text, windows.text_hash);
    RowCutter cutter(windows, options, answers.has_value());
    tokenizer.encode_blocks(text, true, [&](auto ids, auto begin) {
        check_stop();
        return cutter.take(ids, begin);
    });
    cutter.finish(windows.text_bytes);
    if (windows.rows.empty()) {
        throw_input(fmt::format("text too short: {}: found {} tokens, expected at least 2", name, windows.text_tokens));
    }
    const std::int64_t first_row = std::ssize(windows.rows.front());
    if (first_row < options.window) {
        windows.warnings.push_back(fmt::format("{}: found {} tokens, less than one window of {}: it is scored as one short "
                                               "window",
                                               name, first_row, options.window));
    }
    if (answers) place_answers(*answers, cutter.offsets(), windows, name);
    return windows;
}

std::string hash_of_ids(const std::vector<std::vector<std::int32_t>>& rows) {
    Sha256 hash;
    std::vector<std::byte> bytes;
    for (const auto& row : rows) {
        bytes.clear();
        const auto put = [&](std::uint32_t value) {
            for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::byte>(value >> shift & 0xff));
        };
        put(static_cast<std::uint32_t>(row.size()));
        for (const std::int32_t id : row) put(static_cast<std::uint32_t>(id));
        hash.update(bytes);
    }
    return hash.hex();
}

}  // namespace rankscope
