// SPDX-License-Identifier: Apache-2.0
#include "core/pruning/export_config.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/error.hpp"

namespace rankscope {
namespace {

using Json = nlohmann::ordered_json;

// Python's bare words become strings no config holds, and come back when the text is written.
constexpr std::array<std::string_view, 3> kBareWords{"-Infinity", "Infinity", "NaN"};
constexpr std::string_view kMark = "\\u0001";

std::string with_words_quoted(std::string_view text) {
    std::string out;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size();) {
        if (in_string && text[i] == '\\' && i + 1 < text.size()) {
            out += text.substr(i, 2);
            i += 2;
            continue;
        }
        if (text[i] == '"') in_string = !in_string;
        std::string_view word;
        for (const std::string_view candidate : kBareWords) {
            if (!in_string && text.substr(i, candidate.size()) == candidate) {
                word = candidate;
                break;
            }
        }
        if (word.empty()) {
            out += text[i++];
        } else {
            out.append("\"").append(kMark).append(word).append("\"");
            i += word.size();
        }
    }
    return out;
}

std::string with_words_bare(std::string text) {
    for (const std::string_view word : kBareWords) {
        const std::string quoted = "\"" + std::string(kMark) + std::string(word) + "\"";
        for (std::size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at)) text.replace(at, quoted.size(), word);
    }
    return text;
}

// int(product) as Python computes it.
bool truncates_to(double product, std::int64_t expected) {
    return static_cast<std::int64_t>(product) == expected && std::llround(product) == expected;
}

double next_up(double value) {
    return std::nextafter(value, std::numeric_limits<double>::infinity());
}

}  // namespace

double exact_expand_k(std::int64_t hidden_size, std::int64_t keys) {
    const auto hidden = static_cast<double>(hidden_size);
    double factor = static_cast<double>(keys) / hidden;
    // One step is enough wherever it was tried; the bound only keeps a mistake from becoming an endless loop.
    for (int i = 0; i < 4 && !truncates_to(hidden * factor, keys); ++i) factor = next_up(factor);
    return factor;
}

double exact_expand_v(std::int64_t head_dim, std::int64_t value_dim, std::int64_t value_heads) {
    const auto width = static_cast<double>(head_dim);
    const auto heads = static_cast<double>(value_heads);
    double factor = static_cast<double>(value_dim) / width;
    const auto survives = [&] { return truncates_to(width * factor, value_dim) && truncates_to(heads * width * factor, value_heads * value_dim); };
    for (int i = 0; i < 4 && !survives(); ++i) factor = next_up(factor);
    return factor;
}

std::string exported_config(const ModelConfig& model, std::int64_t written_key_dim, const std::vector<std::int64_t>& key_dims, bool padded) {
    Json config = Json::parse(with_words_quoted(model.json), nullptr, false);
    if (!config.is_object()) throw Error(ErrorKind::Internal, "the config of an opened model is no JSON object");
    for (const LayerConfig& layer : model.layers) {
        if (!layer.prunable()) continue;
        // Unchanged geometry keeps the source's own numbers.
        if (layer.written_key_dim == written_key_dim) break;
        if (model.family == Family::DeltaNet) {
            config["expand_k"] = exact_expand_k(model.hidden_size, layer.key_heads * written_key_dim);
        } else {
            config["head_dim"] = written_key_dim;
            config["expand_v"] = exact_expand_v(written_key_dim, layer.value_dim, layer.value_heads);
        }
        break;
    }
    if (padded) {
        Json widths = Json::array();
        for (std::size_t i = 0; i < key_dims.size(); ++i) widths.push_back(model.layers[i].prunable() ? Json(key_dims[i]) : Json(nullptr));
        config["pruned_key_dims"] = widths;
    } else {
        config.erase("pruned_key_dims");
    }
    return with_words_bare(config.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

}  // namespace rankscope
