// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.hpp"

#include <fmt/format.h>

#include "core/base/utf8.hpp"

namespace rankscope {

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
        } else {
            out.append(text, at, length);
            at += length;
        }
    }
    return out;
}

}  // namespace rankscope
