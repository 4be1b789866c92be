// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/file.hpp"
#include "core/text/token_windows.hpp"

namespace rankscope {

/// A text that has been found to be UTF-8, and how it is to be cut.
class CheckedText {
public:
    using TakeRow = std::function<void(std::vector<std::int32_t>&&)>;

    /// Errors as read_text_windows.
    CheckedText(const std::filesystem::path& file, const WindowOptions& options);

    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    [[nodiscard]] std::string_view bytes() const noexcept;

    /// Tokenises and hands the rows on. Of `windows` it fills all but rows, hash and answers; `offsets`, where one is given, gets
    /// the byte that every token begins at, also those behind the last row. Returns the length of the first row.
    std::int64_t cut(const Tokenizer& tokenizer, TokenWindows& windows, std::vector<std::int64_t>* offsets, TakeRow take_row) const;

private:
    std::string name_;
    WindowOptions options_;
    MappedFile mapped_;
};

}  // namespace rankscope
