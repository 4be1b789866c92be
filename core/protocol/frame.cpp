// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "core/base/error.hpp"

namespace rankscope::protocol {
namespace {

constexpr std::size_t kLength = 4;
constexpr std::size_t kMaxNoise = std::size_t{1} << 20;
constexpr std::size_t kKeptNoise = 4096;
constexpr std::string_view kName = "RANKSCOPE ";

}  // namespace

std::string greeting() {
    return fmt::format("{}{}\n", kName, kVersion);
}

Value::Bytes framed(Value::Bytes body) {
    if (body.size() > kMaxMessage) throw_resource(fmt::format("message too large: found {} bytes, expected at most {}", body.size(), kMaxMessage));
    Value::Bytes out;
    out.reserve(kLength + body.size());
    for (std::size_t i = 0; i < kLength; ++i) out.push_back(static_cast<std::uint8_t>(body.size() >> (8 * i) & 255));
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

void FrameDecoder::end_of_line() {
    // A prompt without a line end may stand in front, a terminal's carriage return behind.
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    const std::size_t name = line_.rfind(kName);
    const std::string version = name == std::string::npos ? "" : line_.substr(name + kName.size());
    const bool number = !version.empty() && version.size() < 10 && version.find_first_not_of("0123456789") == std::string::npos;
    if (number && version == std::to_string(kVersion)) {
        greeted_ = true;
    } else if (number) {
        throw_unsupported(fmt::format("engine of another protocol version: found {}, expected {}", version, kVersion),
                          "install the same version of Rankscope on both sides");
    }
    noise_ += line_ + '\n';
    if (noise_.size() > kKeptNoise) noise_.erase(0, noise_.size() - kKeptNoise);
    line_.clear();
}

std::size_t FrameDecoder::greet(std::span<const std::uint8_t> bytes) {
    std::size_t i = 0;
    while (i < bytes.size() && !greeted_) {
        const char c = static_cast<char>(bytes[i++]);
        if (++noise_bytes_ > kMaxNoise) throw_input("no engine at the other end: found a mebibyte of other output, expected the line RANKSCOPE 1");
        if (c == '\n') {
            end_of_line();
        } else {
            if (line_.size() == kKeptNoise) line_.erase(0, kKeptNoise / 2);
            line_ += c;
        }
    }
    return i;
}

void FrameDecoder::feed(std::span<const std::uint8_t> bytes) {
    if (!greeted_) bytes = bytes.subspan(greet(bytes));
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
    skip_ -= skipped;
    bytes = bytes.subspan(skipped);
    if (at_ > 0 && at_ == buffer_.size()) {
        buffer_.clear();
        at_ = 0;
    } else if (at_ > (std::size_t{1} << 16)) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
    }
    try {
        buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    } catch (const std::bad_alloc&) {
        skip_message(bytes.size());
        throw_resource("out of memory: for a message");
    }
}

// Forgets what has arrived of a message, `more` bytes of it just now. It is a large one, or there would be room for it.
void FrameDecoder::skip_message(std::size_t more) {
    std::uint64_t length = kLength;
    for (std::size_t i = 0; i < kLength && at_ + i < buffer_.size(); ++i) length += std::uint64_t{buffer_[at_ + i]} << (8 * i);
    const std::uint64_t arrived = buffer_.size() - at_ + more;
    skip_ = length > arrived ? length - arrived : 0;
    buffer_ = {};
    at_ = 0;
}

std::optional<Value::Bytes> FrameDecoder::next() {
    const std::size_t here = buffer_.size() - at_;
    if (here < kLength) return std::nullopt;
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < kLength; ++i) length |= std::uint64_t{buffer_[at_ + i]} << (8 * i);
    if (length > kMaxMessage) {
        at_ += kLength;
        const auto skipped = std::min<std::uint64_t>(length, buffer_.size() - at_);
        at_ += skipped;
        skip_ = length - skipped;
        throw_input(fmt::format("message too large: found {} bytes, expected at most {}", length, kMaxMessage));
    }
    if (here - kLength < length) return std::nullopt;
    const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(at_ + kLength);
    Value::Bytes body(begin, begin + static_cast<std::ptrdiff_t>(length));
    at_ += kLength + length;
    return body;
}

}  // namespace rankscope::protocol
