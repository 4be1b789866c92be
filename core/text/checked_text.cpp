// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/checked_text.hpp"

#include <fmt/format.h>

#include "core/base/error.hpp"
#include "core/base/stop_scope.hpp"
#include "core/base/utf8.hpp"

namespace rankscope {
namespace {

const WindowOptions& checked(const WindowOptions& options) {
    if (options.window < 2) {
        throw_usage(fmt::format("windows: found a length of {} tokens, expected at least 2", options.window));
    }
    for (const auto& limit : {options.max_windows, options.max_tokens}) {
        if (limit && *limit < 1) throw_usage(fmt::format("windows: found a limit of {}, expected at least 1", *limit));
    }
    return options;
}

/// Cuts a stream of tokens into rows and hands them on; all else goes into `windows`.
class RowCutter {
public:
    RowCutter(TokenWindows& windows, const WindowOptions& options, std::vector<std::int64_t>* offsets, CheckedText::TakeRow take_row)
        : windows_(windows), options_(options), offsets_(offsets), take_row_(std::move(take_row)) {}

    /// False once a limit is reached and the token behind the last row has been seen.
    bool take(std::span<const std::int32_t> ids, std::span<const std::int64_t> begin) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (row_.empty()) {
                close_bytes(begin[i]);
                if (enough()) {
                    // Marks where the rows end: what lies behind belongs to no token of theirs.
                    if (offsets_ != nullptr) offsets_->push_back(begin[i]);
                    return false;
                }
            }
            if (row_.size() == 1) scored_from_ = begin[i];
            row_.push_back(ids[i]);
            if (offsets_ != nullptr) offsets_->push_back(begin[i]);
            ++windows_.text_tokens;
            if (std::ssize(row_) == options_.window) close_row();
        }
        return true;
    }

    /// `text_bytes`: where the last token ends, unless more tokens were to come.
    void finish(std::int64_t text_bytes) {
        if (windows_.start.empty() && row_.size() >= 2) close_row();
        close_bytes(text_bytes);
    }

    /// 0 before there is one.
    [[nodiscard]] std::int64_t first_row() const { return first_row_; }

private:
    [[nodiscard]] bool enough() const {
        const auto rows = std::ssize(windows_.start);
        return (options_.max_windows && rows >= *options_.max_windows) ||
               (options_.max_tokens && rows * options_.window >= *options_.max_tokens);
    }

    void close_row() {
        windows_.start.push_back(windows_.text_tokens - std::ssize(row_));
        if (first_row_ == 0) first_row_ = std::ssize(row_);
        take_row_(std::move(row_));
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
    std::vector<std::int64_t>* offsets_;  ///< null = not wanted
    CheckedText::TakeRow take_row_;
    std::vector<std::int32_t> row_;
    std::int64_t scored_from_ = 0, first_row_ = 0;
    bool row_open_ = false;  ///< a row is complete, but not yet known where its last token ends
};

}  // namespace

CheckedText::CheckedText(const std::filesystem::path& file, const WindowOptions& options)
    : name_(printable(file.string())), options_(checked(options)), mapped_(file) {
    if (const auto bad = find_invalid_utf8(bytes())) {
        throw_input(fmt::format("not UTF-8: {}: found an invalid byte at offset {}, expected UTF-8 text", name_, *bad),
                    "convert the text to UTF-8 first");
    }
}

std::string_view CheckedText::bytes() const noexcept {
    return {reinterpret_cast<const char*>(mapped_.bytes().data()), mapped_.bytes().size()};
}

std::int64_t CheckedText::cut(const Tokenizer& tokenizer, TokenWindows& windows, std::vector<std::int64_t>* offsets,
                              TakeRow take_row) const {
    RowCutter cutter(windows, options_, offsets, std::move(take_row));
    tokenizer.encode_blocks(bytes(), true, [&](auto ids, auto begin) {
        check_stop();
        return cutter.take(ids, begin);
    });
    windows.text_bytes = std::ssize(bytes());
    cutter.finish(windows.text_bytes);
    if (cutter.first_row() == 0) {
        throw_input(fmt::format("text too short: {}: found {} tokens, expected at least 2", name_, windows.text_tokens));
    }
    if (cutter.first_row() < options_.window) {
        windows.warnings.push_back(fmt::format("{}: found {} tokens, less than one window of {}: it is scored as one short window",
                                               name_, cutter.first_row(), options_.window));
    }
    return cutter.first_row();
}

}  // namespace rankscope
