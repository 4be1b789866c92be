// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.hpp"

#include <fmt/format.h>

#include "core/base/utf8.hpp"

namespace rankscope {
namespace {

// What a terminal obeys instead of showing it: the second block of control characters (U+0080 to U+009F), line and
// paragraph separators, and marks that turn the direction of writing around.
bool is_control(std::string_view sequence) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(sequence[i]); };
    if (sequence.size() == 2) return at(0) == 0xc2 && at(1) < 0xa0;
    if (sequence.size() != 3 || at(0) != 0xe2) return false;
    const unsigned low = (at(1) & 63u) << 6 | (at(2) & 63u);  // of U+2xxx
    return low == 0x00e || low == 0x00f || (low >= 0x028 && low <= 0x02e) || (low >= 0x066 && low <= 0x069);
}

}  // namespace

int exit_code(ErrorKind kind) noexcept {
    switch (kind) {
        case ErrorKind::Usage: return 2;
        case ErrorKind::Input: return 3;
        case ErrorKind::Unsupported: return 4;
        case ErrorKind::Resource: return 5;
        case ErrorKind::Internal: return 1;
    }
    return 1;
}

void throw_usage(const std::string& message, std::string hint) {
    throw Error(ErrorKind::Usage, message, std::move(hint));
}

void throw_input(const std::string& message, std::string hint) {
    throw Error(ErrorKind::Input, message, std::move(hint));
}

void throw_unsupported(const std::string& message, std::string hint) {
    throw Error(ErrorKind::Unsupported, message, std::move(hint));
}

void throw_resource(const std::string& message, std::string hint) {
    throw Error(ErrorKind::Resource, message, std::move(hint));
}

std::string printable(const std::string& text, std::size_t limit) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        if (out.size() >= limit) return out + "...";
        const std::size_t length = utf8_sequence_length(std::string_view(text).substr(at));
        const auto byte = static_cast<unsigned char>(text[at]);
        if (length == 0 || byte < 0x20 || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
            ++at;
        } else if (is_control(std::string_view(text).substr(at, length))) {
            for (std::size_t i = 0; i < length; ++i) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at++]));
        } else {
            out.append(text, at, length);
            at += length;
        }
    }
    return out;
}

}  // namespace rankscope
