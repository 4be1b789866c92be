// SPDX-License-Identifier: Apache-2.0
#include "core/checkpoint/padded_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/json_text.hpp"

namespace rankscope {
namespace {

std::vector<std::optional<std::int64_t>> read_widths(const ModelConfig& config, const std::string& where) {
    const auto json = nlohmann::json::parse(prepare_json(config.json, where), nullptr, false);
    if (!json.contains("pruned_key_dims") || json["pruned_key_dims"].is_null()) return {};
    const auto& list = json["pruned_key_dims"];
    const auto refuse = [&](const std::string& what) { throw_input(fmt::format("bad config: {}: pruned_key_dims: {}", where, what)); };
    if (!list.is_array() || list.size() != config.layers.size()) {
        refuse(fmt::format("expected one entry per layer ({})", config.layers.size()));
    }
    std::vector<std::optional<std::int64_t>> widths;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const LayerConfig& layer = config.layers[i];
        if (list[i].is_null() != !layer.prunable()) refuse(fmt::format("layer {}: expected null for attention and a width for the others", i));
        if (list[i].is_null()) {
            widths.emplace_back(std::nullopt);
            continue;
        }
        if (!list[i].is_number_integer() || list[i].get<double>() < 1 || list[i].get<double>() > static_cast<double>(layer.written_key_dim)) {
            refuse(fmt::format("layer {}: expected an integer from 1 to {}", i, layer.written_key_dim));
        }
        widths.emplace_back(list[i].get<std::int64_t>());
    }
    return widths;
}

bool is_zero(std::span<const std::byte> bytes, DType dtype) {
    // Minus zero is zero too: the sign bit is the highest of each (little-endian) element.
    const std::size_t size = size_of(dtype);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const bool top = i % size == size - 1;
        if ((bytes[i] & (top ? std::byte{0x7f} : std::byte{0xff})) != std::byte{0}) return false;
    }
    return true;
}

// Rows h*W .. h*W + K' - 1 of every head; nothing if some row behind them is not zero.
std::optional<PaddedTensor> cut(const std::string& name, const TensorView& full, std::int64_t heads, std::int64_t width, bool must_be_zero) {
    const std::int64_t written = full.shape[0] / heads;
    const std::size_t row = full.bytes.size() / static_cast<std::size_t>(full.shape[0]);
    PaddedTensor out;
    out.name = name;
    out.bytes = std::make_shared<std::vector<std::byte>>(static_cast<std::size_t>(heads * width) * row);
    for (std::int64_t h = 0; h < heads; ++h) {
        const auto head = full.bytes.subspan(static_cast<std::size_t>(h * written) * row, static_cast<std::size_t>(written) * row);
        if (must_be_zero && !is_zero(head.subspan(static_cast<std::size_t>(width) * row), full.dtype)) return std::nullopt;
        std::memcpy(out.bytes->data() + static_cast<std::size_t>(h * width) * row, head.data(), static_cast<std::size_t>(width) * row);
    }
    out.view = full;
    out.view.shape[0] = heads * width;
    out.view.bytes = *out.bytes;
    return out;
}

}  // namespace

std::vector<PaddedTensor> slice_padded_export(ModelConfig& config, const std::string& where,
                                              const std::function<const TensorView&(const std::string&)>& tensor,
                                              std::vector<std::string>& warnings) {
    std::vector<PaddedTensor> out;
    const auto widths = read_widths(config, where);
    for (std::size_t i = 0; i < widths.size(); ++i) {
        LayerConfig& layer = config.layers[i];
        if (!widths[i] || *widths[i] == layer.written_key_dim) continue;
        const std::string attn = "model.layers." + std::to_string(i) + ".attn.";
        if (config.qk_activation == QkActivation::Elu) {
            warnings.push_back(fmt::format("layer {}: pruned_key_dims says {} channels, but zero rows count with qk_activation elu; read at full width {}", i, *widths[i], layer.written_key_dim));
            continue;
        }
        // Whatever the convolution of a zero channel says, it gives zero.
        std::vector<std::string> names{"q_proj", "k_proj"};
        if (config.use_short_conv) names.insert(names.end(), {"q_conv1d", "k_conv1d"});
        std::vector<PaddedTensor> cuts;
        for (const std::string& name : names) {
            auto one = cut(attn + name + ".weight", tensor(attn + name + ".weight"), layer.key_heads, *widths[i], name.ends_with("_proj"));
            if (one) cuts.push_back(std::move(*one));
        }
        if (cuts.size() != names.size()) {
            warnings.push_back(fmt::format("layer {}: pruned_key_dims says {} channels, but the rows behind them are not zero; read at full width {}", i, *widths[i], layer.written_key_dim));
            continue;
        }
        layer.key_dim = *widths[i];
        std::move(cuts.begin(), cuts.end(), std::back_inserter(out));
    }
    return out;
}

ModelConfig parse_exported_config(const std::string& text, const std::filesystem::path& where) {
    ModelConfig config = parse_model_config(text, where);
    // Zero rows count there: such a folder is read at full width.
    if (config.qk_activation == QkActivation::Elu) return config;
    const auto widths = read_widths(config, where.string());
    for (std::size_t i = 0; i < widths.size(); ++i) {
        if (widths[i]) config.layers[i].key_dim = *widths[i];
    }
    return config;
}

}  // namespace rankscope
