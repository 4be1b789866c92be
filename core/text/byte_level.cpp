// SPDX-License-Identifier: Apache-2.0
#include "core/text/detail/byte_level.hpp"

#include <array>

#include "core/text/detail/code_point.hpp"

namespace rankscope::tokenization {
namespace {

constexpr std::size_t kCharacters = 0x144;

struct Table {
    std::array<std::string, 256> character;
    std::array<int, kCharacters> byte{};

    Table() {
        byte.fill(-1);
        char32_t next = 0x100;
        for (int i = 0; i < 256; ++i) {
            const bool printable = (i >= 33 && i <= 126) || (i >= 161 && i <= 172) || i >= 174;
            const char32_t c = printable ? static_cast<char32_t>(i) : next++;
            append_code_point(character[static_cast<std::size_t>(i)], c);
            byte[c] = i;
        }
    }
};

const Table& table() {
    static const Table instance;
    return instance;
}

}  // namespace

const std::string& byte_character(unsigned char byte) {
    return table().character[byte];
}

std::optional<unsigned char> character_byte(char32_t character) {
    if (character >= kCharacters || table().byte[character] < 0) return std::nullopt;
    return static_cast<unsigned char>(table().byte[character]);
}

std::string to_byte_characters(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) out += byte_character(static_cast<unsigned char>(c));
    return out;
}

std::optional<std::string> from_byte_characters(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); i += sequence_length(text[i])) {
        const auto byte = character_byte(code_point_at(text, i));
        if (!byte) return std::nullopt;
        out.push_back(static_cast<char>(*byte));
    }
    return out;
}

}  // namespace rankscope::tokenization
