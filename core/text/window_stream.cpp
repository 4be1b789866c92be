// SPDX-License-Identifier: Apache-2.0
#include "core/text/window_stream.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/text/detail/checked_text.hpp"

namespace rankscope {

WindowStream::WindowStream(const std::filesystem::path& file, std::shared_ptr<const Tokenizer> tokenizer,
                           const WindowOptions& options) {
    const CheckedText text(file, options);
    text_hash_ = sha256_hex(text.bytes());
    TokenWindows seen;
    length_ = text.cut(*tokenizer, seen, nullptr, [](auto&&) {});
    start_ = std::move(seen.start);
    warnings_ = std::move(seen.warnings);
    // Mapped anew: it may have been written to in between.
    source_ = [file, tokenizer = std::move(tokenizer), options](const Take& take) {
        TokenWindows again;
        CheckedText(file, options).cut(*tokenizer, again, nullptr, [&](std::vector<std::int32_t>&& row) { take(row); });
    };
}

WindowStream::WindowStream(TokenWindows windows)
    : start_(std::move(windows.start)), text_hash_(std::move(windows.text_hash)), warnings_(std::move(windows.warnings)) {
    if (!windows.rows.empty()) length_ = std::ssize(windows.rows.front());
    for (const auto& row : windows.rows) {
        if (std::ssize(row) != length_) {
            throw_usage(fmt::format("windows of different length: found {} and {} tokens", length_, row.size()),
                        "all windows of a capture have the same length");
        }
    }
    if (start_.size() != windows.rows.size()) {
        throw Error(ErrorKind::Internal, fmt::format("windows: found {} places for {} of them", start_.size(), windows.rows.size()));
    }
    source_ = [rows = std::make_shared<const std::vector<std::vector<std::int32_t>>>(std::move(windows.rows))](const Take& take) {
        for (const auto& row : *rows) take(row);
    };
}

void WindowStream::each(const Take& take) const {
    std::int64_t windows = 0;
    bool same = true;
    if (source_) {
        source_([&](std::span<const std::int32_t> window) {
            same = same && windows++ < count() && std::ssize(window) == length_;
            if (same) take(window);
        });
    }
    if (!same || windows != count()) {
        throw_input(fmt::format("the text has changed: found other than the {} windows of a moment ago", count()),
                    "start again when nothing writes to it");
    }
}

}  // namespace rankscope
