// SPDX-License-Identifier: Apache-2.0
#include "core/text/token_windows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/text/answers_file.hpp"
#include "core/text/detail/checked_text.hpp"

namespace rankscope {
namespace {

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
    const CheckedText text(file, options);
    TokenWindows windows;
    windows.text_hash = sha256_hex(text.bytes());
    const auto answers = read_answers(file, text.bytes(), windows.text_hash);
    std::vector<std::int64_t> offsets;
    text.cut(tokenizer, windows, answers ? &offsets : nullptr,
             [&](std::vector<std::int32_t>&& row) { windows.rows.push_back(std::move(row)); });
    if (answers) place_answers(*answers, offsets, windows, text.name());
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
