// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/text/detail/regex.hpp"

namespace rankscope::tokenization {

/// A step from tokens back to text. In the end all strings are joined.
class Decoder {
public:
    virtual ~Decoder() = default;
    [[nodiscard]] virtual std::vector<std::string> apply(std::vector<std::string> tokens) const = 0;

    /// True if it turns byte characters back into bytes.
    [[nodiscard]] virtual bool byte_level() const { return false; }
};

class DecoderSequence final : public Decoder {
public:
    explicit DecoderSequence(std::vector<std::unique_ptr<Decoder>> parts) : parts_(std::move(parts)) {}

    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;
    [[nodiscard]] bool byte_level() const override;

private:
    std::vector<std::unique_ptr<Decoder>> parts_;
};

/// Byte characters to bytes, all tokens together; what is no UTF-8 then becomes U+FFFD. A token with another character
/// in it stands for itself.
class ByteLevelDecoder final : public Decoder {
public:
    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;

    [[nodiscard]] bool byte_level() const override { return true; }
};

/// Runs of <0xXX> to the bytes they name; every byte of a run that is no UTF-8 becomes U+FFFD.
class ByteFallbackDecoder final : public Decoder {
public:
    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;
};

/// All tokens to one.
class FuseDecoder final : public Decoder {
public:
    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;
};

/// Replaces every match in every token.
class ReplaceDecoder final : public Decoder {
public:
    ReplaceDecoder(Regex pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}

    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;

private:
    Regex pattern_;
    std::string content_;
};

/// Removes up to `start` leading and `stop` trailing characters `content` of every token.
class StripDecoder final : public Decoder {
public:
    StripDecoder(std::string content, std::size_t start, std::size_t stop)
        : content_(std::move(content)), start_(start), stop_(stop) {}

    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;

private:
    std::string content_;
    std::size_t start_;
    std::size_t stop_;
};

/// `replacement` to spaces; those of the first token vanish when `drops_first`.
class MetaspaceDecoder final : public Decoder {
public:
    MetaspaceDecoder(std::string replacement, bool drops_first)
        : replacement_(std::move(replacement)), drops_first_(drops_first) {}

    [[nodiscard]] std::vector<std::string> apply(std::vector<std::string> tokens) const override;

private:
    std::string replacement_;
    bool drops_first_;
};

/// The byte that a token "<0xXX>" names, or -1.
[[nodiscard]] int fallback_byte(std::string_view token) noexcept;

}  // namespace rankscope::tokenization
