// SPDX-License-Identifier: Apache-2.0
#include "core/base/json_text.hpp"

#include "core/base/error.hpp"

namespace rankscope {

std::string prepare_json(std::string_view text, const std::string& where) {
    constexpr int kDeepest = 64;
    std::string out;
    out.reserve(text.size());
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            out += c;
            if (c == '\\' && i + 1 < text.size()) {
                out += text[++i];
            } else if (c == '"') {
                in_string = false;
            }
            continue;
        }
        if (c == '"') in_string = true;
        if (c == '{' || c == '[') {
            if (++depth > kDeepest) throw_input("bad JSON: " + where + ": nested deeper than 64 levels");
        } else if (c == '}' || c == ']') {
            --depth;
        }
        bool replaced = false;
        for (const std::string_view word : {std::string_view("-Infinity"), std::string_view("Infinity"), std::string_view("NaN")}) {
            if (text.substr(i, word.size()) == word) {
                out += "null";
                i += word.size() - 1;
                replaced = true;
                break;
            }
        }
        if (!replaced) out += c;
    }
    return out;
}

}  // namespace rankscope
