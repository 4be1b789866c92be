// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/text/token_windows.hpp"

namespace rankscope {

/// Windows of one length that can be gone through again and again. Those of a text are tokenised anew each time: of them nothing
/// but their places (8 bytes a window) is in memory.
class WindowStream {
public:
    using Take = std::function<void(std::span<const std::int32_t> window)>;

    WindowStream() = default;
    /// Of windows that are in memory already.
    explicit WindowStream(TokenWindows windows);
    /// Goes through the text once, to check and to count. Errors as read_text_windows; answers beside the text are not looked at.
    WindowStream(const std::filesystem::path& text, std::shared_ptr<const Tokenizer> tokenizer, const WindowOptions& options);

    [[nodiscard]] std::int64_t count() const noexcept { return std::ssize(start_); }

    /// Tokens of a window; 0 without windows.
    [[nodiscard]] std::int64_t length() const noexcept { return length_; }

    [[nodiscard]] std::int64_t tokens() const noexcept { return count() * length_; }

    /// Token offset of each window in the text.
    [[nodiscard]] const std::vector<std::int64_t>& start() const noexcept { return start_; }

    [[nodiscard]] const std::string& text_hash() const noexcept { return text_hash_; }

    [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

    /// Gives every window to `take`, in order. Error{Input}: the text has changed.
    void each(const Take& take) const;

private:
    std::function<void(const Take&)> source_;
    std::vector<std::int64_t> start_;
    std::int64_t length_ = 0;
    std::string text_hash_;
    std::vector<std::string> warnings_;
};

}  // namespace rankscope
