// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/protocol/value.hpp"

namespace rankscope::protocol {

/// Version of the protocol. Another one is refused by name.
inline constexpr std::int64_t kVersion = 1;
/// Longest body of a message; a longer one is skipped and reported.
inline constexpr std::size_t kMaxMessage = std::size_t{1} << 30;

/// "RANKSCOPE 1\n", the first thing an engine prints.
[[nodiscard]] std::string greeting();

/// A body with its length in front (4 bytes, little-endian). Error{Resource} above kMaxMessage.
[[nodiscard]] Value::Bytes framed(Value::Bytes body);

/// Cuts a stream of bytes into message bodies as they arrive, whatever the pieces. Memory is what has arrived of one message.
class FrameDecoder {
public:
    enum class Greeting { None, Expected };

    /// `Expected` (the window's side): whatever ssh or a shell prints before the greeting line is skipped.
    explicit FrameDecoder(Greeting greeting = Greeting::None) : greeted_(greeting == Greeting::None) {}

    /// Error{Unsupported}: the other side greets with another version, which is named; Error{Input}: a mebibyte without a
    /// greeting. After these the stream is of no use. Error{Resource}: no memory for the message, which is skipped.
    void feed(std::span<const std::uint8_t> bytes);

    /// The next complete body. Error{Input} once for a message above kMaxMessage; the decoder lives on behind it.
    [[nodiscard]] std::optional<Value::Bytes> next();

    [[nodiscard]] bool greeted() const noexcept { return greeted_; }

    /// What came before the greeting (its last 4 KiB), for the reader of an error.
    [[nodiscard]] const std::string& noise() const noexcept { return noise_; }

    /// Some of a message has arrived; at the end of the stream that means it was cut off.
    [[nodiscard]] bool within_message() const noexcept { return at_ < buffer_.size() || skip_ > 0; }

private:
    std::size_t greet(std::span<const std::uint8_t> bytes);
    void skip_message(std::size_t more);
    void end_of_line();

    bool greeted_;
    std::string line_, noise_;
    std::size_t noise_bytes_ = 0;
    Value::Bytes buffer_;
    std::size_t at_ = 0;
    std::uint64_t skip_ = 0;  // bytes of an oversized message still to come
};

}  // namespace rankscope::protocol
