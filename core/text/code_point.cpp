// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/code_point.hpp"

#include "core/base/utf8.hpp"

namespace rankscope::tokenization {
namespace {

/// Bytes of the longest beginning of a well-formed sequence, at least 1.
std::size_t maximal_part(std::string_view bytes) noexcept {
    const auto first = static_cast<unsigned char>(bytes[0]);
    if (first < 0xc2 || first > 0xf4) return 1;
    const std::size_t length = sequence_length(bytes[0]);
    std::size_t part = 1;
    while (part < length && part < bytes.size()) {
        const auto byte = static_cast<unsigned char>(bytes[part]);
        unsigned low = 0x80;
        unsigned high = 0xbf;
        if (part == 1) {
            if (first == 0xe0) low = 0xa0;
            if (first == 0xed) high = 0x9f;
            if (first == 0xf0) low = 0x90;
            if (first == 0xf4) high = 0x8f;
        }
        if (byte < low || byte > high) break;
        ++part;
    }
    return part;
}

}  // namespace

std::string replace_invalid_utf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        if (const auto bad = find_invalid_utf8(bytes)) {
            out.append(bytes.substr(0, *bad));
            bytes.remove_prefix(*bad);
            bytes.remove_prefix(maximal_part(bytes));
            out += "\xef\xbf\xbd";
        } else {
            out.append(bytes);
            break;
        }
    }
    return out;
}

}  // namespace rankscope::tokenization
