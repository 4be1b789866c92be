// SPDX-License-Identifier: Apache-2.0
#include "core/base/json_text.hpp"

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/detail/json_listener.hpp"

namespace rankscope {
namespace {

// Sees the keys go by and keeps nothing else. (The parser's own callbacks would do, but they look through all elder
// siblings at the end of every object.)
class KeyWatch final : public JsonListener {
public:
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

    bool start_object(std::size_t) override {
        keys_.emplace_back();
        return true;
    }

    bool end_object() override {
        keys_.pop_back();
        return true;
    }

    bool key(string_t& name) override {
        if (keys_.back().insert(name).second) return true;
        found = name;
        return false;
    }

    std::optional<std::string> found;

private:
    std::vector<std::unordered_set<std::string>> keys_;
};

}  // namespace

std::optional<std::string> duplicate_key(std::string_view json) {
    KeyWatch watch;
    nlohmann::json::sax_parse(json, &watch);
    return watch.found;
}


std::string prepare_json(std::string_view text, const std::string& where, BareWords words) {
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
                if (words == BareWords::Text) {
                    out.append(1, '"').append(word).append(1, '"');
                } else {
                    out.append("null");
                }
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
